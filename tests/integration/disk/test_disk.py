"""A disk that is full or read-only: said clearly, nothing lost, better without a restart."""

import asyncio
import contextlib
import os
import shutil
import subprocess

import pytest

from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.mqtt import MqttClient
from ingest.delivery.outbox import Outbox
from ingest.delivery.publisher import Publisher
from ingest.delivery.recorder import Recorder
from ingest.errors import StoreUnavailableError
from ingest.records import PostureState, Second
from ingest.settings import OutboxSettings
from ingest.store.sqlite import SqliteStore

START_S = 1_700_000_000


def seconds(from_n, to_n):
    shared = {
        "session": 1,
        "rule": "r1",
        "calibration": None,
        "state": PostureState.SITTING,
        "confidence": 0.123456789,
        "sagittal_deg": 1.0,
        "frontal_deg": 0.0,
        "up": (1.0, 0.0, 0.0),
        "acc_sd_ms2": 0.0,
        "gyro_rms_rads": None,
        "travel_m": 0.0,
        "log_odds": (0.0, 0.0, 0.0, 0.0),
        "coverage": 1.0,
    }
    return [Second(t_s=START_S + n, **shared) for n in range(from_n, to_n)]


class Disk:
    """A file system of 1 MiB that can be filled and made read-only."""

    def __init__(self, folder):
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self):
        file = os.open(self._filler, os.O_CREAT | os.O_WRONLY)
        with contextlib.suppress(OSError):
            while os.write(file, b"\0" * 4096):
                pass
        os.close(file)

    def free(self):
        self._filler.unlink()

    def writable(self, yes):
        mode = "rw" if yes else "ro"
        command = ["mount", "-o", f"remount,{mode}", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a file system of its own needs root on Linux")
    yield Disk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def outbox(disk):
    made = Outbox(disk.folder / "outbox.sqlite", origin="o", settings=OutboxSettings())
    yield made
    made.close()


def append_until_trouble(outbox):
    n = 0
    while not outbox.trouble and n < 20_000:
        outbox.append(seconds(n, n + 20), checkpoint=str(n + 20).encode())
        n += 20
    return n


def test_a_full_disk_holds_records_in_memory_and_takes_them_when_there_is_space(disk, outbox):
    outbox.append(seconds(0, 20))
    disk.fill()
    n = append_until_trouble(outbox) + 20
    assert "free some space" in outbox.trouble
    outbox.append(seconds(n - 20, n), checkpoint=str(n).encode())
    disk.free()
    outbox.append([])
    assert outbox.trouble == ""
    kept = [item.t_s - START_S for _, item in outbox.read(after=0, limit=50_000)]
    assert kept[20:] == list(range(n))
    assert outbox.checkpoint() == str(n).encode()


@contextlib.asynccontextmanager
async def recording(history, outbox):
    """A recorder that writes to `history`, and a publisher that empties `outbox` into it."""
    async with contextlib.AsyncExitStack() as stack:
        broker = await stack.enter_async_context(EmbeddedBroker(token="t" * 32))
        recorder = Recorder(
            broker.connection, lambda: SqliteStore(history), {}, name="r", retry=lambda *_: 0.05
        )
        await stack.enter_async_context(recorder)
        mqtt = MqttClient(broker.connection, client_id="gateway")
        await stack.enter_async_context(mqtt)
        await stack.enter_async_context(asyncio.timeout(60))
        publisher = Publisher(outbox, mqtt, wearer="w1")
        await mqtt.wait_connected(60)
        running = asyncio.create_task(publisher.run())
        yield recorder, publisher
        running.cancel()


@pytest.fixture
def safe_outbox(tmp_path):
    """An outbox on the ordinary disk."""
    made = Outbox(tmp_path / "outbox.sqlite", origin="o", settings=OutboxSettings())
    yield made
    made.close()


def stored(history):
    with contextlib.closing(SqliteStore(history, read_only=True)) as store:
        rows = store.seconds("w1", "lumbar", (START_S, START_S + 100_000))
    return [row.t_s - START_S for row in rows]


async def test_a_store_on_a_full_disk_confirms_nothing_until_there_is_space(disk, safe_outbox):
    history = disk.folder / "history.sqlite"
    async with recording(history, safe_outbox) as (recorder, publisher):
        safe_outbox.append(seconds(0, 20))
        await publisher.drained()
        disk.fill()
        n = 20
        while not recorder.stats.trouble:
            safe_outbox.append(seconds(n, n + 200))
            n += 200
            publisher.flush()
            await asyncio.sleep(0.05)
        assert safe_outbox.depth > 0
        disk.free()
        await publisher.drained()
        assert recorder.stats.trouble == ""
    assert stored(history) == list(range(n))


async def test_a_store_on_a_read_only_disk_is_waited_for(disk, safe_outbox):
    history = disk.folder / "history.sqlite"
    SqliteStore(history).close()
    disk.writable(False)
    safe_outbox.append(seconds(0, 20))
    async with recording(history, safe_outbox) as (recorder, publisher):
        while not recorder.stats.trouble:  # noqa: ASYNC110 - the recorder's thread signals nothing
            await asyncio.sleep(0.01)
        assert safe_outbox.depth == 20
        disk.writable(True)
        await publisher.drained()
    assert stored(history) == list(range(20))


def test_an_outbox_on_a_read_only_disk_is_refused_in_words(disk):
    disk.writable(False)
    with pytest.raises(StoreUnavailableError, match="writable"):
        Outbox(disk.folder / "other.sqlite", origin="o", settings=OutboxSettings())
