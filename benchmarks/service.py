"""`python -m benchmarks.service [--seconds S] [--json]`: what one wearer's whole service costs.

Everything in one process as `lumbar up` has it (link, pipeline, outbox, broker, recorder, monitor),
reading a strap at 50 Hz, ten samples a notification, through bleak's own client code. The packets
are made beforehand and what handing them over takes is subtracted, so the strap is not counted. A
subscriber in a process of its own stands for a screen and tells when each angle reached it.

Prints the share of a core, the resident memory, and how long a notification takes until its angle
is handed to MQTT and until the subscriber has it; then, with the strap on the virtual radio, how
long samples take from the strap's buffer to the subscriber.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from benchmarks.link.radio import NullRadio
from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MqttClient
from ingest.topics import ANGLE
from sensor.link import StrapLink
from sensor.profiles import lumbar_wire as wire
from sensor.profiles.lumbar_imu import LumbarImu
from sensor.sample import Floats, ImuBatch
from sensor.settings import StrapSettings
from sensor.source import SampleSource
from sensor.timeline import Timeline
from sensor.virtual.firmware import StrapFirmware
from tui.wiring.services import run_everything
from tui.wiring.simulated import demo_household

RATE_HZ = 50.0
PER_PACKET = 10
SETTLE_S = 25.0  # imports, the first connection and the first reference are not the steady state
MEASURED_S = 60.0
TOKEN = "benchmark"
SCREEN = """
import sys, time
import paho.mqtt.client as paho
port, user, password, topic = sys.argv[1:]
screen = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="screen")
screen.username_pw_set(user, password)
screen.on_connect = lambda client, *_: client.subscribe(topic, qos=0)
screen.on_message = lambda *_: print(time.monotonic(), flush=True)
screen.connect("127.0.0.1", int(port))
screen.loop_forever()
"""


def simulate(file: Path, seconds: float) -> None:
    """Write what a strap measures while its wearer walks and then sits."""
    from sensor.virtual.day import SimulatedDay, Step

    script = (Step("walk", SETTLE_S), Step("sit", seconds + 10.0))
    day = SimulatedDay(script, seed=5, start_s=0.0, rate_hz=RATE_HZ)
    batches = [event for event in day.batches(PER_PACKET) if isinstance(event, ImuBatch)]
    np.savez(
        file,
        acc=np.concatenate([batch.acc for batch in batches]),
        gyro=np.concatenate([batch.gyro for batch in batches if batch.gyro is not None]),
    )


class Bench:
    """Feeds a service in real time and notes what goes in, comes out and is used."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as made:
            self._acc, self._gyro = made["acc"], made["gyro"]
        self._radio = NullRadio(StrapFirmware(rate_hz=RATE_HZ, ring_s=0), "B1")
        self._strap_s = 0.0
        self.notified: list[float] = []
        self.published: list[float] = []
        self.link = partial(
            StrapLink,
            profiles=[LumbarImu()],
            settings=StrapSettings(rate_hz=RATE_HZ),
            radio=self._radio.radio,
        )

    async def pump(self, seconds: float) -> float:
        """Let the strap measure for some seconds; return the CPU seconds of everything else."""
        packets = round(seconds * RATE_HZ / PER_PACKET)
        first, begin = len(self.notified), time.monotonic()
        cpu_s, strap_s = time.process_time(), self._strap_s
        for n in range(first, first + packets):
            due = begin + (n - first + 1) * PER_PACKET / RATE_HZ
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._push(n * PER_PACKET)
        return time.process_time() - cpu_s - (self._strap_s - strap_s)

    def _push(self, first: int) -> None:
        begin = time.thread_time()
        part = slice(first, first + PER_PACKET)
        t = np.arange(first, first + PER_PACKET) / RATE_HZ
        packets = self._radio.firmware.sample(ImuBatch(t, self._acc[part], self._gyro[part]))
        self._strap_s += time.thread_time() - begin
        self.notified.append(time.monotonic())
        if self._radio.client is not None:
            for packet in packets:
                self._radio.client.notify(wire.DATA, packet)

    def watch(self, publish: Callable[..., None]) -> Callable[..., None]:
        """Return MqttClient.publish that notes when an angle is handed over."""

        def noting(client: MqttClient, topic: str, *args: Any, **options: Any) -> None:
            if topic.endswith(ANGLE_END):
                self.published.append(time.monotonic())
            publish(client, topic, *args, **options)

        return noting


ANGLE_END = "/" + ANGLE.of("x").rsplit("/", 1)[1]


def screen(connection: Connection, topic: str) -> subprocess.Popen[str]:
    """Start a subscriber that prints when each message reached it."""
    words = [str(connection.port), connection.username, connection.password, topic]
    return subprocess.Popen(
        [sys.executable, "-c", SCREEN, *words], stdout=subprocess.PIPE, text=True
    )


async def measured(file: Path, folder: Path, seconds: float) -> dict[str, float]:
    """Run the service for a while and return its figures, the radio not counted."""
    bench = Bench(file)
    MqttClient.publish = bench.watch(MqttClient.publish)  # type: ignore[method-assign]
    timeline = Timeline.live()
    async with serving(folder, bench.link(timeline=timeline), timeline) as received:
        await bench.pump(SETTLE_S)
        begin = time.monotonic()
        cpu_s = await bench.pump(seconds)
        taken_s, rss_mib = time.monotonic() - begin, resident_mib()
    return {
        "core_percent": 100 * cpu_s / taken_s,
        "rss_mib": rss_mib,
        **quantiles("published", after(bench.notified, bench.published, begin)),
        **quantiles("screen", after(bench.notified, received, begin)),
    }


async def over_the_air(file: Path, folder: Path, seconds: float) -> dict[str, float]:
    """Return how long samples take from the strap's buffer over the virtual radio to a screen."""
    from sensor.virtual.radio import VirtualRadio
    from sensor.virtual.strap import VirtualStrap

    timeline = Timeline.live()
    with np.load(file) as made:
        batches = packets_of(made["acc"], made["gyro"], timeline.now())
    strap = VirtualStrap(timeline=timeline, batches=batches, serial="B2", rate_hz=RATE_HZ)
    sent, sample = [], strap.firmware.sample

    def noting(batch: ImuBatch) -> list[bytes]:
        sent.append(time.monotonic())
        return sample(batch)

    strap.firmware.sample = noting  # type: ignore[method-assign]
    async with VirtualRadio() as virtual, strap.advertising(virtual):
        settings = StrapSettings(rate_hz=RATE_HZ)
        link = StrapLink(
            timeline=timeline, profiles=[LumbarImu()], settings=settings, radio=virtual.radio
        )
        async with serving(folder, link, timeline) as received:
            await asyncio.sleep(SETTLE_S)
            begin = time.monotonic()
            await asyncio.sleep(seconds)
    return quantiles("strap_to_screen", after(sent, received, begin))


def packets_of(acc: Floats, gyro: Floats, start_s: float) -> Iterator[ImuBatch]:
    """Yield the samples in batches of a packet's size from `start_s` on."""
    for first in range(0, len(acc), PER_PACKET):
        part = slice(first, first + PER_PACKET)
        t = start_s + np.arange(first, first + PER_PACKET) / RATE_HZ
        yield ImuBatch(t[: len(acc) - first], acc[part], gyro[part])


@asynccontextmanager
async def serving(
    folder: Path, source: SampleSource, timeline: Timeline
) -> AsyncIterator[list[float]]:
    """Run all services around the block; the list is filled at its end, by what a screen saw."""
    home = demo_household(folder, zone=ZoneInfo("UTC"))
    received: list[float] = []
    async with EmbeddedBroker(token=TOKEN) as broker:
        everything = run_everything(home, broker.connection, source=source, timeline=timeline)
        services = asyncio.create_task(everything)
        watching = screen(broker.connection, ANGLE.of(home.wearer))
        yield received
        watching.terminate()
        received += [float(line) for line in watching.communicate()[0].split()]
        services.cancel()
        await asyncio.gather(services, return_exceptions=True)


def after(causes: Sequence[float], effects: Sequence[float], begin: float) -> list[float]:
    """Return how long after the newest cause each effect came, in ms, from `begin` on."""
    return [1000 * (at - causes[bisect_right(causes, at) - 1]) for at in effects if at > begin]


def quantiles(name: str, waits_ms: Sequence[float]) -> dict[str, float]:
    """Return median and 99th percentile of at least a hundred waits."""
    cuts = statistics.quantiles(waits_ms, n=100)
    return {f"{name}_p50_ms": cuts[49], f"{name}_p99_ms": cuts[98], f"{name}_n": len(waits_ms)}


def resident_mib() -> float:
    """Return the resident memory of this process; Linux only."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def main() -> None:
    """Print the figures, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=MEASURED_S)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--simulate", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.simulate is not None:
        simulate(options.simulate, options.seconds)
        return
    with tempfile.TemporaryDirectory(prefix="lumbar-service-") as temporary:
        file, folder = Path(temporary) / "strap.npz", Path(temporary) / "data"
        for name in ("null", "radio"):
            (folder / name).mkdir(parents=True)
        words = ["--simulate", str(file), "--seconds", str(options.seconds)]
        # In a process of its own: what the simulation needs is no part of the service.
        subprocess.run([sys.executable, "-m", "benchmarks.service", *words], check=True)
        figures = asyncio.run(measured(file, folder / "null", options.seconds))
        figures |= asyncio.run(over_the_air(file, folder / "radio", options.seconds))
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:20} {value:.2f}")


if __name__ == "__main__":
    main()
