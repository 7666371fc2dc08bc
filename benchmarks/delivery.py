"""How fast a recorder takes what waits for it, beside a bare subscriber, and what that costs.

    python -m benchmarks.delivery [--messages 10000] [--repeats 5]

Needs a mosquitto. Subscribers are stopped while the broker's queue is filled and then let loose, so
that the sender takes no part: one record a message, QoS 1, the hardest case. `bare 5` and `bare
3.1.1` are paho's subscriber as its examples have it; it stores nothing. Rates are messages a second
from the first to the last; CPU is that of each process meanwhile. The sides take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.delivery.columns import block_of
from ingest.delivery.connection import Connection
from ingest.delivery.recorder import Recorder
from ingest.messages import encode
from ingest.records import EventKind, PostureState, Second
from ingest.store.sqlite import SqliteStore

START_S = 1_700_000_000
KINDS = {"mark": EventKind("mark", {"n": int})}
SIDES = ("bare 3.1.1", "bare 5", "recorder", "two replicas")
CPU_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Trial:
    """What one trial showed.

    Attributes:
        per_s: messages a second, all subscribers together.
        cpu_us: CPU of the subscribers for each message, in microseconds.
        broker_us: CPU of the broker for each message, in microseconds.
        share: messages taken, of those sent.
    """

    per_s: float
    cpu_us: float
    broker_us: float
    share: float


def second(n: int) -> Second:
    """Return the second number `n`."""
    return Second(
        t_s=START_S + n,
        session=1,
        rule="r1",
        calibration="c1",
        state=PostureState.SITTING,
        confidence=0.987,
        sagittal_deg=12.34,
        frontal_deg=-1.23,
        up=(0.987, 0.0123, 0.123),
        acc_sd_ms2=0.0345,
        gyro_rms_rads=0.0123,
        travel_m=0.001,
        log_odds=(0.0, -3.21, -4.56, -7.89),
        coverage=1.0,
    )


def flood(port: int, messages: int) -> None:
    """Publish `messages` blocks of one second each, QoS 1, as fast as the broker takes them."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id="flood")
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for n in range(messages):
        block = block_of([(n + 1, second(n))], origin="o", epoch="e")
        client.publish("lumbar/w1/seconds", encode(block), qos=1)
    while client._out_messages:
        time.sleep(0.01)
    client.disconnect()


def bare(port: int, messages: int, *, five: bool) -> None:
    """Take the messages as paho's examples do, and do nothing with them."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

    times: list[float] = []
    cpu: list[float] = []

    def on_message(client: Client, _userdata: object, _message: object) -> None:
        times.append(time.perf_counter())
        if len(times) in {1, messages}:
            cpu.append(time.process_time())
        if len(times) == messages:
            client.disconnect()

    version = MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311
    client = Client(CallbackAPIVersion.VERSION2, client_id="bare", protocol=version)
    client.on_connect = lambda c, *_: c.subscribe("lumbar/w1/seconds", 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.loop_forever()
    print(times[0], times[-1], cpu[1] - cpu[0], messages, flush=True)


async def record(port: int, folder: Path, messages: int, name: str, share: str) -> None:
    """Record into SQLite until everything is stored, or nothing more comes for two seconds."""
    path = folder / "history.sqlite"
    recorder = Recorder(
        Connection(port=port), lambda: SqliteStore(path), KINDS, name=name, share=share
    )
    async with recorder:
        while not recorder._session.subscribed:  # noqa: ASYNC110 - paho signals nothing
            await asyncio.sleep(0.01)
        print("ready", flush=True)
        began = last = cpu = used = 0.0
        stored = 0
        while stored < messages and (not last or time.perf_counter() - last < 2.0):
            if recorder.stats.stored != stored:
                stored, last, used = recorder.stats.stored, time.perf_counter(), time.process_time()
            elif recorder.stats.messages and not began:
                began, cpu = time.perf_counter(), time.process_time()
            await asyncio.sleep(0.001)
    print(began or last, last, used - cpu, stored, flush=True)


def trial(side: str, messages: int) -> Trial:
    """Fill the broker's queue for the stopped subscribers of a side, then let them loose."""
    replicas = 2 if side == "two replicas" else 1
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as (port, broker):
        common = ["--port", str(port), "--folder", name, "--messages", str(messages)]
        mode = ["--share", "recorders"] if replicas > 1 else []
        children = [_child(side, ["--name", f"r{i}", *common, *mode]) for i in range(replicas)]
        for child in children:
            assert child.stdout is not None and child.stdout.readline().strip() == "ready"
            child.send_signal(signal.SIGSTOP)
        subprocess.run([sys.executable, __file__, "--role", "flood", *common], check=True)
        before_s = _cpu_s(broker)
        for child in children:
            child.send_signal(signal.SIGCONT)
        answers = [child.communicate(timeout=120)[0].split() for child in children]
        broker_s = _cpu_s(broker) - before_s
    began, last, cpu, taken = ([float(a[i]) for a in answers] for i in range(4))
    total = sum(taken)
    return Trial(
        per_s=total / (max(last) - min(began)),
        cpu_us=sum(cpu) / total * 1e6,
        broker_us=broker_s / total * 1e6,
        share=total / messages,
    )


def _child(side: str, arguments: list[str]) -> subprocess.Popen[str]:
    role = side if side.startswith("bare") else "record"
    command = [sys.executable, __file__, "--role", role, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CPU_TICKS


@contextlib.contextmanager
def mosquitto(folder: Path) -> Iterator[tuple[int, int]]:
    """Run a mosquitto whose queue is not limited; give its port and its process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    configuration = folder / "mosquitto.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
    )
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit("this needs a mosquitto")
    child = subprocess.Popen(
        [found, "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(0.3)
        yield port, child.pid
    finally:
        child.kill()
        child.wait()


def summary(trials: dict[str, list[Trial]]) -> dict[str, object]:
    """Return medians, their spread, and what they mean for more cores than there are."""
    rates = {side: [t.per_s for t in trials[side]] for side in SIDES}
    one = statistics.median(t.cpu_us for t in trials["recorder"])
    broker = statistics.median(t.broker_us for t in trials["two replicas"])
    ratios: dict[str, list[float]] = {}
    for name, of, to in (
        ("recorder_to_bare_5", "recorder", "bare 5"),
        ("recorder_to_bare_3.1.1", "recorder", "bare 3.1.1"),
        ("two_replicas_to_one", "two replicas", "recorder"),
    ):
        pairs = [a / b for a, b in zip(rates[of], rates[to], strict=True)]
        ratios[name] = [round(f(pairs), 2) for f in (min, statistics.median, max)]
    return {
        "per_s": {
            side: [round(f(v)) for f in (min, statistics.median, max)] for side, v in rates.items()
        },
        "cpu_us": {
            side: round(statistics.median(t.cpu_us for t in trials[side]), 1) for side in SIDES
        },
        "broker_us": {
            side: round(statistics.median(t.broker_us for t in trials[side]), 1) for side in SIDES
        },
        "least_share_taken": {side: round(min(t.share for t in trials[side]), 3) for side in SIDES},
        "ratios_min_median_max": ratios,
        "estimate_per_s_of_one_recorder_with_a_core_of_its_own": round(1e6 / one),
        "estimate_replicas_that_one_broker_core_feeds": round(one / broker, 1) if broker else None,
    }


def main() -> int:
    """Print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    for hidden, kind in (("role", str), ("folder", Path), ("port", int), ("name", str)):
        parser.add_argument(f"--{hidden}", type=kind, help=argparse.SUPPRESS)
    parser.add_argument("--share", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    match options.role:
        case "flood":
            flood(options.port, options.messages)
        case "bare 3.1.1" | "bare 5":
            bare(options.port, options.messages, five=options.role == "bare 5")
        case "record":
            asyncio.run(
                record(options.port, options.folder, options.messages, options.name, options.share)
            )
        case _:
            _report(options)
    return 0


def _report(options: argparse.Namespace) -> None:
    trials: dict[str, list[Trial]] = {side: [] for side in SIDES}
    for _ in range(options.repeats):
        for side in SIDES:
            trials[side].append(trial(side, options.messages))
    for side in SIDES:
        per_s = statistics.median(t.per_s for t in trials[side])
        cpu_us = statistics.median(t.cpu_us for t in trials[side])
        print(f"{side:<14} {per_s:>8.0f} messages/s {cpu_us:>6.1f} us CPU", file=sys.stderr)
    load = [round(value, 1) for value in os.getloadavg()]
    print(json.dumps({"messages": options.messages, "load": load, **summary(trials)}))


if __name__ == "__main__":
    raise SystemExit(main())
