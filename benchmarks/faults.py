"""Kill everything at random and count what was lost, by comparing the truth with the store.

A gateway produces numbered records, a recorder stores them; gateway, recorder and broker are
separate processes that are killed with SIGKILL, by PID, at random moments, and the store is locked
for a while. Beside our recorder runs what most people write: paho's subscriber as it comes, which
acknowledges before it stores; it is killed together with ours.

    python benchmarks/faults.py [--records 20000] [--kills 10] [--broker mosquitto|embedded|both]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import queue
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ingest.broker import EmbeddedBroker
from ingest.connection import Connection
from ingest.errors import StoreError
from ingest.mqtt import MqttClient
from ingest.outbox import Outbox, OutboxItem
from ingest.publisher import Publisher
from ingest.recorder import Recorder
from ingest.records import Bout, Event, EventKind, PostureState, Second
from ingest.settings import OutboxSettings
from ingest.store.sqlite import SqliteStore

START_S = 1_700_000_000
TICK_S = 0.02
TOKEN = "0123456789abcdef" * 4
KINDS = {"mark": EventKind("mark", {"n": int}, frozenset({"n"}))}
ROLES = ("gateway", "recorder", "broker")


def record(n: int) -> OutboxItem:
    """Return the record number `n`: mostly seconds, some bouts and events."""
    if n % 20 == 0:
        return Event(kind="mark", t_ms=(START_S + n) * 1000, data={"n": n})
    if n % 20 == 10:
        start_ms = (START_S + n) * 1000
        return Bout(
            start_ms=start_ms,
            end_ms=start_ms + 1000,
            session=1,
            state=PostureState.SITTING,
            rule="r1",
        )
    return Second(
        t_s=START_S + n,
        session=1,
        rule="r1",
        calibration=None,
        state=PostureState.SITTING,
        confidence=1.0,
        sagittal_deg=1.0,
        frontal_deg=0.0,
        up=(1.0, 0.0, 0.0),
        acc_sd_ms2=0.0,
        gyro_rms_rads=None,
        travel_m=0.0,
        log_odds=(0.0, 0.0, 0.0, 0.0),
        coverage=1.0,
    )


# --- the processes that are killed ---------------------------------------------------------------


async def gateway(folder: Path, connection: Connection, records: int, rate: float) -> None:
    """Produce records from where the checkpoint says, until all of them are confirmed."""
    outbox = Outbox(folder / "outbox.sqlite", origin="gateway-1", settings=OutboxSettings())
    n = int(outbox.checkpoint() or b"0")
    async with MqttClient(connection, client_id="gateway") as mqtt:
        publisher = Publisher(outbox, mqtt, wearer="w1")
        running = asyncio.create_task(publisher.run())
        due = float(n)
        while n < records:
            due += rate * TICK_S
            upto = min(records, int(due))
            outbox.append([record(i) for i in range(n, upto)], checkpoint=str(upto).encode())
            n = upto
            await asyncio.sleep(TICK_S)
        await publisher.drained()
        running.cancel()
    outbox.close()


async def recorder(folder: Path, connection: Connection) -> None:
    """Record until killed; the store is tried again quickly."""

    def retry(_attempt: int, _error: StoreError) -> float:
        return 0.2

    store = folder / "history.sqlite"
    async with Recorder(
        connection, lambda: SqliteStore(store), KINDS, name="recorder", retry=retry
    ):
        await asyncio.Event().wait()


async def embedded_broker(port: int) -> None:
    """Be a broker until killed."""
    async with EmbeddedBroker(token=TOKEN, port=port):
        await asyncio.Event().wait()


def plain(folder: Path, connection: Connection) -> None:
    """Store what paho's subscriber hands over, as its examples do: acknowledged at delivery."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    sql = sqlite3.connect(folder / "plain.sqlite", isolation_level=None, check_same_thread=False)
    sql.execute("PRAGMA journal_mode = WAL")
    sql.execute("CREATE TABLE IF NOT EXISTS seen (n INTEGER)")
    client = Client(CallbackAPIVersion.VERSION2, client_id="plain", clean_session=False)
    if connection.username:
        client.username_pw_set(connection.username, connection.password)
    waiting: queue.SimpleQueue[tuple[int]] = queue.SimpleQueue()
    client.on_connect = lambda c, *_: c.subscribe("lumbar/w1/plain", 1)
    client.on_message = lambda _client, _userdata, message: waiting.put(_number(message.payload))
    client.reconnect_delay_set(1, 1)
    client.connect_async(connection.host, connection.port)
    client.loop_start()
    while True:
        time.sleep(0.25)
        batch = [waiting.get() for _ in range(waiting.qsize())]
        sql.executemany("INSERT INTO seen VALUES (?)", batch)


def plain_gateway(connection: Connection, records: int, rate: float) -> None:
    """Publish the same numbers once each, QoS 1, as its examples do; nobody kills this one."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id="plain-gateway", clean_session=False)
    if connection.username:
        client.username_pw_set(connection.username, connection.password)
    client.reconnect_delay_set(1, 1)
    client.connect_async(connection.host, connection.port)
    client.loop_start()
    began = time.monotonic()
    for n in range(records):
        client.publish("lumbar/w1/plain", json.dumps({"n": n}), qos=1)
        time.sleep(max(0.0, began + n / rate - time.monotonic()))
    while client._out_messages:
        time.sleep(0.1)
    client.disconnect()


def _number(payload: bytes) -> tuple[int]:
    return (int(json.loads(payload)["n"]),)


# --- the driver ----------------------------------------------------------------------------------


class Process:
    """A role in a process of its own, which can be killed and started again."""

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self.kills = 0
        self._child = self._spawn()

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def kill(self) -> None:
        """Kill it with SIGKILL, by PID, and start it again."""
        self._child.send_signal(signal.SIGKILL)
        self._child.wait()
        self.kills += 1
        self._child = self._spawn()

    def stop(self) -> None:
        self._child.kill()
        self._child.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run(options: argparse.Namespace, broker: str) -> dict[str, object]:
    """Run one broker's trial and return the counts."""
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="lumbar-faults-") as name:
        folder, port = Path(name), free_port()
        # Records are still being produced when the last kill comes.
        rate = options.records / max(1.0, 3 * options.kills * 0.8)
        command = _command(broker, folder, port, options.records, rate)
        processes = {
            "broker": Process(_broker_command(broker, folder, port)),
        }
        for role in ("recorder", "gateway", "plain", "plain_gateway"):
            processes[role] = Process([*command, "--role", role])
        began = time.monotonic()
        try:
            _torment(processes, folder, options, rng)
            _wait_for(processes["gateway"], options.timeout)
            _wait_for(processes["plain_gateway"], 30)
            time.sleep(1.0)
        finally:
            for process in processes.values():
                process.stop()
        return {
            "broker": broker,
            "records": options.records,
            "kills": {role: processes[role].kills for role in ROLES},
            "outage_s": options.outage,
            "wall_s": round(time.monotonic() - began, 1),
            **_compare(folder / "history.sqlite", options.records),
            **_compare_plain(folder / "plain.sqlite", options.records),
        }


def _torment(
    processes: dict[str, Process], folder: Path, options: argparse.Namespace, rng: random.Random
) -> None:
    """Kill each role as often as asked, in random order, with one store outage in between."""
    victims = [role for role in ROLES for _ in range(options.kills)]
    rng.shuffle(victims)
    time.sleep(1.5)
    for index, victim in enumerate(victims):
        if index == len(victims) // 2:
            _hold_store(folder / "history.sqlite", options.outage)
        time.sleep(rng.uniform(0.2, 1.4))
        processes[victim].kill()
        if victim == "recorder":
            processes["plain"].kill()


def _hold_store(path: Path, seconds: float) -> None:
    """Really lock the store, as a backup or a stuck disk would."""
    while not path.exists():
        time.sleep(0.1)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as sql:
        sql.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        sql.execute("ROLLBACK")


def _wait_for(process: Process, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while process.running and time.monotonic() < deadline:
        time.sleep(0.1)


def _compare(path: Path, records: int) -> dict[str, int]:
    """Compare the rows of our store with the truth."""
    window = (START_S - 1, START_S + records + 1)
    with contextlib.closing(SqliteStore(path, read_only=True)) as store:
        rows = [second.t_s - START_S for second in store.seconds("w1", "lumbar", window)]
        rows += [b.start_ms // 1000 - START_S for b in store.bouts("w1", "lumbar", window)]
        rows += [int(e.event.data["n"]) for e in store.events("w1", window)]
    return {
        "stored": len(rows),
        "lost": len(set(range(records)) - set(rows)),
        "duplicates": len(rows) - len(set(rows)),
    }


def _compare_plain(path: Path, records: int) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(path)) as sql:
        rows = [n for (n,) in sql.execute("SELECT n FROM seen")]
    return {
        "plain_stored": len(rows),
        "plain_lost": len(set(range(records)) - set(rows)),
        "plain_duplicates": len(rows) - len(set(rows)),
    }


def free_port() -> int:
    """Return a port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _broker_command(broker: str, folder: Path, port: int) -> list[str]:
    if broker == "embedded":
        return [sys.executable, __file__, "--role", "broker", "--port", str(port)]
    configuration = folder / "mosquitto.conf"
    configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    return [_mosquitto(), "-c", str(configuration)]


def _mosquitto() -> str:
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit("there is no mosquitto here: install it, or use --broker embedded")
    return found


def _command(broker: str, folder: Path, port: int, records: int, rate: float) -> list[str]:
    return [
        sys.executable,
        __file__,
        *("--broker", broker, "--folder", str(folder), "--port", str(port)),
        *("--records", str(records), "--rate", str(rate)),
    ]


def _be(options: argparse.Namespace) -> None:
    """Be one of the processes."""
    if options.broker == "embedded":
        connection = Connection.embedded(port=options.port, token=TOKEN)
    else:
        connection = Connection(port=options.port)
    match options.role:
        case "gateway":
            asyncio.run(gateway(options.folder, connection, options.records, options.rate))
        case "recorder":
            asyncio.run(recorder(options.folder, connection))
        case "broker":
            asyncio.run(embedded_broker(options.port))
        case "plain":
            plain(options.folder, connection)
        case "plain_gateway":
            plain_gateway(connection, options.records, options.rate)


def _table(results: list[dict[str, object]]) -> str:
    lines = [
        f"{'broker':<10} {'records':>8} {'kills':>6} {'lost':>6} {'twice':>6} {'plain lost':>11}"
    ]
    for result in results:
        kills = sum(result["kills"].values())
        lines.append(
            f"{result['broker']:<10} {result['records']:>8} {kills:>6} {result['lost']:>6}"
            f" {result['duplicates']:>6} {result['plain_lost']:>11}"
        )
    return "\n".join(lines)


def main() -> int:
    """Run the trials and print a table and JSON; 0 when nothing was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=10, help="of each role")
    parser.add_argument("--broker", choices=("mosquitto", "embedded", "both"), default="both")
    parser.add_argument("--outage", type=float, default=5.0, help="seconds the store is locked")
    parser.add_argument("--timeout", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    for hidden, kind in (("role", str), ("folder", Path), ("port", int), ("rate", float)):
        parser.add_argument(f"--{hidden}", type=kind, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        _be(options)
        return 0
    brokers = ("mosquitto", "embedded") if options.broker == "both" else (options.broker,)
    results = [run(options, broker) for broker in brokers]
    print(_table(results), file=sys.stderr)
    print(json.dumps(results))
    return int(any(result["lost"] or result["duplicates"] for result in results))


if __name__ == "__main__":
    raise SystemExit(main())
