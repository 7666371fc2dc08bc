"""How fast records travel: recorder against a bare subscriber, replicas, and a backlog.

    python benchmarks/delivery.py [--messages 10000] [--repeats 5] [--hours 24]

Needs a mosquitto. Each subscriber is a process of its own; what is reported is messages a second
between the first and the last message it took.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ingest.connection import Connection
from ingest.messages import EventMessage, block_of, decode, encode
from ingest.mqtt import MqttClient
from ingest.outbox import Outbox
from ingest.publisher import Publisher
from ingest.recorder import Recorder
from ingest.records import Event, EventKind, PostureState, Second
from ingest.settings import OutboxSettings
from ingest.store.sqlite import SqliteStore

START_S = 1_700_000_000
KINDS = {"mark": EventKind("mark", {"n": int})}


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


def bare(port: int, messages: int) -> None:
    """Take the messages as paho's examples do, and do nothing with them."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    times: list[float] = []

    def on_message(client: Client, _userdata: object, _message: object) -> None:
        times.append(time.perf_counter())
        if len(times) == messages:
            client.disconnect()

    client = Client(CallbackAPIVersion.VERSION2, client_id="bare")
    client.on_connect = lambda c, *_: c.subscribe("lumbar/w1/seconds", 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.loop_forever()
    print(messages / (times[-1] - times[0]), flush=True)


async def record(port: int, folder: Path, messages: int, name: str, share: str) -> None:
    """Record into SQLite until all replicas together have stored everything."""
    path = folder / "history.sqlite"
    recorder = Recorder(
        Connection(port=port), lambda: SqliteStore(path), KINDS, name=name, share=share
    )
    async with recorder:
        while not recorder._session.connected:  # noqa: ASYNC110 - paho signals nothing
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        print("ready", flush=True)
        began = last = 0.0
        stored = 0
        while stored < messages and (not last or time.perf_counter() - last < 2.0):
            if recorder.stats.stored != stored:
                stored, last = recorder.stats.stored, time.perf_counter()
                began = began or last
            await asyncio.sleep(0.002)
    print(stored / max(1e-9, last - began), stored, flush=True)


def rate_of(role: str, options: argparse.Namespace, replicas: int = 1) -> float:
    """Return the messages a second of one trial, summed over replicas."""
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as port:
        share = "recorders" if replicas > 1 else ""
        common = ["--port", str(port), "--folder", name, "--messages", str(options.messages)]
        children = [
            subprocess.Popen(
                [sys.executable, __file__, "--role", role, "--name", f"r{i}", *common]
                + (["--share", share] if share else []),
                stdout=subprocess.PIPE,
                text=True,
            )
            for i in range(replicas)
        ]
        for child in children:
            assert child.stdout is not None and child.stdout.readline().strip() == "ready"
        subprocess.run([sys.executable, __file__, "--role", "flood", *common], check=True)
        answers = [child.communicate(timeout=120)[0].split() for child in children]
        return sum(float(answer[0]) for answer in answers)


async def backlog(options: argparse.Namespace) -> dict[str, float]:
    """Return how fast hours of records drain, and how long a live record takes meanwhile."""
    seconds = int(options.hours * 3600)
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as port:
        folder = Path(name)
        outbox = Outbox(folder / "outbox.sqlite", origin="gw", settings=OutboxSettings())
        for n in range(0, seconds, 3600):
            outbox.append([second(i) for i in range(n, n + 3600)])
        connection = Connection(port=port)
        store = folder / "history.sqlite"
        async with (
            Recorder(connection, lambda: SqliteStore(store), KINDS, name="r"),
            MqttClient(connection, client_id="screen") as screen,
            MqttClient(connection, client_id="gateway") as mqtt,
        ):
            screen.subscribe("lumbar/w1/event", 1)
            await screen.wait_connected(10)
            publisher = Publisher(outbox, mqtt, wearer="w1")
            await mqtt.wait_connected(10)
            await asyncio.sleep(0.5)
            began = time.perf_counter()
            tasks = [asyncio.create_task(publisher.run()), asyncio.create_task(_live(outbox))]
            watching = asyncio.create_task(_delays(screen))
            while outbox.depth > 2:  # noqa: ASYNC110 - live records keep coming
                await asyncio.sleep(0.01)
            wall_s = time.perf_counter() - began
            for task in (*tasks, watching):
                task.cancel()
            delays = _measured
        outbox.close()
    return {
        "hours": options.hours,
        "wall_s": round(wall_s, 2),
        "times_real_time": round(seconds / wall_s),
        "live_delay_max_ms": round(max(delays) * 1000, 1),
        "live_delay_median_ms": round(statistics.median(delays) * 1000, 1),
    }


_measured: list[float] = []


async def _live(outbox: Outbox) -> None:
    while True:
        now_us = time.perf_counter_ns() // 1000
        outbox.append([Event(kind="mark", t_ms=START_S * 1000, data={"n": now_us})])
        await asyncio.sleep(0.1)


async def _delays(screen: MqttClient) -> None:
    async for incoming in screen.messages():
        message = decode(EventMessage, incoming.payload, topic=incoming.topic)
        sent_us = int(message.event.data["n"])  # type: ignore[arg-type]
        _measured.append(time.perf_counter() - sent_us / 1e6)


@contextlib.contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """Run a mosquitto on a private port; its queue is not limited."""
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
        yield port
    finally:
        child.kill()
        child.wait()


def main() -> int:
    """Print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--hours", type=float, default=24.0)
    for hidden, kind in (("role", str), ("folder", Path), ("port", int), ("name", str)):
        parser.add_argument(f"--{hidden}", type=kind, help=argparse.SUPPRESS)
    parser.add_argument("--share", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    match options.role:
        case "flood":
            flood(options.port, options.messages)
        case "bare":
            bare(options.port, options.messages)
        case "record":
            asyncio.run(
                record(options.port, options.folder, options.messages, options.name, options.share)
            )
        case _:
            _report(options)
    return 0


def _report(options: argparse.Namespace) -> None:
    rates: dict[str, list[float]] = {"bare": [], "record": [], "two replicas": []}
    for _ in range(options.repeats):
        rates["bare"].append(rate_of("bare", options))
        rates["record"].append(rate_of("record", options))
        rates["two replicas"].append(rate_of("record", options, replicas=2))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    result: dict[str, object] = {
        "messages": options.messages,
        "per_s": {name: round(value) for name, value in medians.items()},
        "recorder_to_bare": round(medians["record"] / medians["bare"], 2),
        "two_replicas_to_one": round(medians["two replicas"] / medians["record"], 2),
        "backlog": asyncio.run(backlog(options)),
    }
    for name, value in medians.items():
        print(f"{name:<14} {value:>8.0f} messages/s", file=sys.stderr)
    print(json.dumps(result))


if __name__ == "__main__":
    raise SystemExit(main())
