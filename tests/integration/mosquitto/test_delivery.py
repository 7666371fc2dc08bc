"""Nothing is lost through a real broker: recorders that die, share, or come late."""

import asyncio
import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.delivery.mqtt import MqttClient
from ingest.delivery.outbox import Outbox
from ingest.delivery.publisher import Publisher
from ingest.delivery.recorder import Recorder
from ingest.records import PostureState, Revision, Second
from ingest.settings import OutboxSettings
from ingest.store.sqlite import SqliteStore

ROOT = Path(__file__).parents[3]
SHORT = ("--records", "2000", "--kills", "2", "--outage", "1", "--timeout", "60")
START_S = 1_700_000_000


def second(n, session=1, **changes):
    fields = {
        "t_s": START_S + n,
        "session": session,
        "rule": "r1",
        "calibration": None,
        "state": PostureState.SITTING,
        "confidence": 1.0,
        "sagittal_deg": 1.0,
        "frontal_deg": 0.0,
        "up": (1.0, 0.0, 0.0),
        "acc_sd_ms2": 0.0,
        "gyro_rms_rads": None,
        "travel_m": 0.0,
        "log_odds": (0.0, 0.0, 0.0, 0.0),
        "coverage": 1.0,
    }
    return Second(**(fields | changes))


@contextlib.contextmanager
def outbox_at(path, origin="gateway-1", **settings):
    outbox = Outbox(path, origin=origin, settings=OutboxSettings(**settings))
    yield outbox
    outbox.close()


@contextlib.asynccontextmanager
async def publishing(outbox, connection, wearer="w1"):
    async with MqttClient(connection, client_id=f"gw-{outbox.origin}-{wearer}") as mqtt:
        publisher = Publisher(outbox, mqtt, wearer=wearer)
        assert await mqtt.wait_connected(60)
        running = asyncio.create_task(publisher.run())
        yield publisher
        running.cancel()


def rows(path, wearer="w1"):
    with contextlib.closing(SqliteStore(path, read_only=True)) as store:
        return store.seconds(wearer, "lumbar", (START_S - 10, START_S + 100_000))


def recording(broker, path, name="recorder", **options):
    return Recorder(broker.connection(), lambda: SqliteStore(path), {}, name=name, **options)


@pytest.mark.parametrize(("broker", "store"), [("mosquitto", "influx"), ("embedded", "sqlite")])
def test_nothing_is_lost_or_doubled_when_everything_is_killed(system_program, broker, store):
    if broker == "mosquitto":
        system_program("mosquitto")
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.faults", *SHORT, "--broker", broker, "--store", store],
        cwd=ROOT,
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    (result,) = json.loads(ended.stdout)
    assert (result["stored"], result["lost"], result["duplicates"]) == (2000, 0, 0)
    assert result["kills"] == {"gateway": 2, "recorder": 2, "broker": 2}


async def both_have_stored(replicas):
    while not all(one.stats.stored for one in replicas):  # noqa: ASYNC110 - another thread
        await asyncio.sleep(0.005)


def die(replica):
    """Break its connection with messages in hand; it stores nothing more."""
    client = replica._session._client
    client.on_disconnect = None
    client._reconnect_on_failure = False
    client._sock_close()
    replica._arrivals._waiting.clear()
    replica._arrivals.stop()


async def test_replicas_that_share_lose_and_double_nothing_when_one_dies(
    mosquitto, tmp_path, monkeypatch
):
    monkeypatch.setattr("ingest.delivery.publisher.REPUBLISH_S", 0.5)
    history = tmp_path / "history.sqlite"
    with outbox_at(tmp_path / "outbox.sqlite") as outbox:
        outbox.append([second(n) for n in range(4000)])
        async with contextlib.AsyncExitStack() as stack:
            replicas = []
            for name in ("a", "b"):
                replica = recording(mosquitto, history, name, share="recorders")
                replicas.append(await stack.enter_async_context(replica))
            async with publishing(outbox, mosquitto.connection()) as publisher:
                async with asyncio.timeout(60):
                    await both_have_stored(replicas)
                    die(replicas[0])
                    await publisher.drained()
        assert outbox.depth == 0
    stored = [row.t_s - START_S for row in rows(history)]
    assert stored == list(range(4000))


async def test_a_recorder_that_was_away_gets_what_the_broker_kept_and_what_it_lost(
    mosquitto, tmp_path, monkeypatch
):
    monkeypatch.setattr("ingest.delivery.publisher.REPUBLISH_S", 0.5)
    history = tmp_path / "history.sqlite"
    with outbox_at(tmp_path / "outbox.sqlite") as outbox:
        async with publishing(outbox, mosquitto.connection()) as publisher:
            for part in range(3):
                async with recording(mosquitto, history), asyncio.timeout(60):
                    outbox.append([second(n) for n in range(part * 200, part * 200 + 100)])
                    publisher.flush()
                    await publisher.drained()
                outbox.append([second(n) for n in range(part * 200 + 100, part * 200 + 200)])
                publisher.flush()
                await asyncio.sleep(0.1)
                if part == 1:
                    mosquitto.kill()
                    mosquitto.start()
            async with recording(mosquitto, history), asyncio.timeout(60):
                await publisher.drained()
    assert [row.t_s - START_S for row in rows(history)] == list(range(600))


async def test_a_wearer_who_moves_to_another_gateway_leaves_nothing_behind(mosquitto, tmp_path):
    history = tmp_path / "history.sqlite"
    async with recording(mosquitto, history):
        with (
            outbox_at(tmp_path / "1.sqlite", "gateway-1") as first,
            outbox_at(tmp_path / "2.sqlite", "gateway-2") as other,
        ):
            session = first.session_ms(START_S * 1000)
            first.append([second(n, session) for n in range(100)])
            session = other.session_ms((START_S + 90) * 1000)
            other.append([second(n, session, state=PostureState.STANDING) for n in range(90, 200)])
            async with (
                publishing(first, mosquitto.connection()) as one,
                publishing(other, mosquitto.connection()) as two,
                asyncio.timeout(60),
            ):
                await one.drained()
                await two.drained()
    kept = rows(history)
    assert [row.t_s - START_S for row in kept] == list(range(200))
    assert [row.state for row in kept[88:92]] == ["sitting", "sitting", "standing", "standing"]


async def test_a_deleted_outbox_starts_a_new_epoch_and_doubles_nothing(mosquitto, tmp_path):
    history = tmp_path / "history.sqlite"
    async with recording(mosquitto, history):
        for name in ("before", "after"):
            with outbox_at(tmp_path / f"{name}.sqlite") as outbox:
                outbox.append([second(n) for n in range(50)])
                async with (
                    publishing(outbox, mosquitto.connection()) as publisher,
                    asyncio.timeout(60),
                ):
                    await publisher.drained()
    assert [row.t_s - START_S for row in rows(history)] == list(range(50))


async def test_revisions_shuffled_and_doubled_leave_the_newest(mosquitto, tmp_path):
    history = tmp_path / "history.sqlite"

    def revision(rev, state):
        seconds = [second(n, session=1, state=state) for n in range(10)]
        to_s = START_S + 10
        return Revision(from_s=START_S, to_s=to_s, rev=rev, seconds=seconds, bouts=[])

    one = revision(1, PostureState.STANDING)
    two = revision(2, PostureState.MOVING)
    three = revision(3, PostureState.LYING)
    with outbox_at(tmp_path / "outbox.sqlite") as outbox:
        outbox.append([second(n) for n in range(20)])
        outbox.append([two, three, one, two, one, three, two])
        async with (
            recording(mosquitto, history),
            publishing(outbox, mosquitto.connection()) as publisher,
            asyncio.timeout(60),
        ):
            await publisher.drained()
    states = [str(row.state) for row in rows(history)]
    assert states == ["lying"] * 10 + ["sitting"] * 10
