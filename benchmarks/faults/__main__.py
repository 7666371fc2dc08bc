"""Kill everything at random and count what was lost, by comparing the truth with the store.

A gateway produces numbered records, a recorder stores them; gateway, recorder and broker are
separate processes that are killed with SIGKILL, by PID, at random moments, and the store is locked
for a while. Beside our recorder runs what most people write: paho's subscriber as it comes, which
acknowledges before it stores; it is killed together with ours.

    python -m benchmarks.faults [--records 20000] [--kills 10] [--broker mosquitto|embedded|both]
        [--store sqlite|influx] [--replicas 1]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from benchmarks.faults.roles import START_S, open_store

ROLES = [sys.executable, "-m", "benchmarks.faults.roles"]
DOUBLE = Path(__file__).parents[2] / "tests" / "store" / "influx2"


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


class Place(Protocol):
    """A store that can be taken away."""

    address: str

    def hold(self, seconds: float) -> None:
        """Take the store away for some time."""


class SqlitePlace:
    """A SQLite file, really locked, as a backup or a stuck disk would."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "history.sqlite")

    def hold(self, seconds: float) -> None:
        while not Path(self.address).exists():
            time.sleep(0.1)
        sql = sqlite3.connect(self.address, isolation_level=None, timeout=30)
        with contextlib.closing(sql):
            sql.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds)
            sql.execute("ROLLBACK")


class InfluxPlace:
    """The InfluxDB double of the tests, which stops listening and refuses on open connections."""

    def __init__(self, double: object) -> None:
        self._double = double
        self.address = double.url

    def hold(self, seconds: float) -> None:
        self._double.fail_next = [503] * 100_000
        self._double.stop()
        time.sleep(seconds)
        self._double.fail_next = []
        self._double.start()


@contextlib.contextmanager
def _influx(_folder: Path) -> Iterator[Place]:
    sys.path.insert(0, str(DOUBLE))
    from influx_double import InfluxDouble

    with InfluxDouble() as double:
        yield InfluxPlace(double)


@contextlib.contextmanager
def _sqlite(folder: Path) -> Iterator[Place]:
    yield SqlitePlace(folder)


PLACES = {"sqlite": _sqlite, "influx": _influx}


def run(options: argparse.Namespace, broker: str) -> dict[str, object]:
    """Run one broker's trial and return the counts."""
    rng = random.Random(options.seed)
    with (
        tempfile.TemporaryDirectory(prefix="lumbar-faults-") as name,
        PLACES[options.store](Path(name)) as place,
    ):
        folder, port = Path(name), free_port()
        recorders = [f"recorder-{n}" if n else "recorder" for n in range(options.replicas)]
        victims = ["gateway", "broker", *recorders]
        # Records are still being produced when the last kill comes.
        rate = options.records / max(1.0, len(victims) * options.kills * 0.8)
        command = _command(broker, folder, port, options.records, rate)
        command += ["--store", place.address]
        processes = {"broker": Process(_broker_command(broker, folder, port))}
        processes |= _started(command, recorders)
        began = time.monotonic()
        try:
            _torment(processes, victims, place, options, rng)
            _wait_for(processes["gateway"], options.timeout)
            _wait_for(processes["plain_gateway"], 30)
            time.sleep(1.0)
        finally:
            for process in processes.values():
                process.stop()
        return {
            "broker": broker,
            "store": options.store,
            "records": options.records,
            "kills": {role: processes[role].kills for role in victims},
            "outage_s": options.outage,
            "wall_s": round(time.monotonic() - began, 1),
            **_compare(place.address, options.records),
            **_compare_plain(folder / "plain.sqlite", options.records),
        }


def _started(command: list[str], recorders: list[str]) -> dict[str, Process]:
    """Start everybody but the broker; several recorders share their subscription."""
    share = ["--share", "recorders"] if len(recorders) > 1 else []
    started = {
        name: Process([*command, "--role", "recorder", "--name", name, *share])
        for name in recorders
    }
    for role in ("gateway", "plain", "plain_gateway"):
        started[role] = Process([*command, "--role", role])
    return started


def _torment(
    processes: dict[str, Process],
    victims: list[str],
    place: Place,
    options: argparse.Namespace,
    rng: random.Random,
) -> None:
    """Kill each victim as often as asked, in random order, with one store outage in between."""
    deaths = [victim for victim in victims for _ in range(options.kills)]
    rng.shuffle(deaths)
    time.sleep(1.5)
    for index, victim in enumerate(deaths):
        if index == len(deaths) // 2:
            place.hold(options.outage)
        time.sleep(rng.uniform(0.2, 1.4))
        processes[victim].kill()
        if victim == "recorder":
            processes["plain"].kill()


def _wait_for(process: Process, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while process.running and time.monotonic() < deadline:
        time.sleep(0.1)


def _compare(place: str, records: int) -> dict[str, int]:
    """Compare the rows of our store with the truth."""
    window = (START_S - 1, START_S + records + 1)
    with contextlib.closing(open_store(place)) as store:
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
        return [*ROLES, "--role", "broker", "--port", str(port)]
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
        *ROLES,
        *("--broker", broker, "--folder", str(folder), "--port", str(port)),
        *("--records", str(records), "--rate", str(rate)),
    ]


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
    parser.add_argument("--store", choices=("sqlite", "influx"), default="sqlite")
    parser.add_argument("--replicas", type=int, default=1, help="recorders that share a filter")
    parser.add_argument("--outage", type=float, default=5.0, help="seconds the store is locked")
    parser.add_argument("--timeout", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    brokers = ("mosquitto", "embedded") if options.broker == "both" else (options.broker,)
    results = [run(options, broker) for broker in brokers]
    print(_table(results), file=sys.stderr)
    print(json.dumps(results))
    return int(any(result["lost"] or result["duplicates"] for result in results))


if __name__ == "__main__":
    raise SystemExit(main())
