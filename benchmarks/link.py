"""What the link costs, how fast it heals, and whether it stays small.

    python benchmarks/link.py cpu [--seconds 20] [--straps 1 4 16]
    python benchmarks/link.py faults          (needs dbus-daemon; about five minutes)
    python benchmarks/link.py chaos [--hours 12]

`cpu` gives the share of a core that client, decoder and clock take at 100 Hz packed by ten, beyond
the radio: the same packets through the same backend into an empty callback are subtracted. `faults`
is the long form of tests/sensor/test_link_bluez.py. `chaos` loses the link at random for simulated
hours and compares every sample with the truth.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from link_radio import NullRadio

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakebluez import private_bus
from linktrial import LAPS, STEP_MS2, Ledger, Trial, open_files, resident_bytes

from sensor.link import StrapLink
from sensor.profiles.lumbar_imu import LumbarImu
from sensor.sample import ImuBatch
from sensor.settings import StrapSettings
from sensor.source import LinkState
from sensor.timeline import Timeline, TimelineOrigin
from sensor.virtual.firmware import StrapFirmware

RATE_HZ = 100.0
PACKET = 10
MIB = 1024**2
START_S = 1_700_000_000.0
LONGEST_AWAY = 3000  # packets: five minutes


def batch_at(start_s: float, number: int) -> ImuBatch:
    index = np.arange(number, number + PACKET)
    acc = np.zeros((PACKET, 3))
    acc[:, 0] = (index % LAPS) * STEP_MS2
    acc[:, 2] = 9.8
    return ImuBatch(t=start_s + index / RATE_HZ, acc=acc, gyro=acc * 0.1)


def new_link(radio: NullRadio, timeline: Timeline) -> StrapLink:
    return StrapLink(
        timeline=timeline,
        profiles=[LumbarImu()],
        settings=StrapSettings(rate_hz=RATE_HZ),
        radio=radio.radio,
    )


async def pump(radios: list[NullRadio], seconds: float, sent: list[float]) -> float:
    """Push packets in real time and return the CPU seconds used, all of the process."""
    start = time.monotonic()
    cpu = time.process_time()
    for packet in range(int(seconds * RATE_HZ / PACKET)):
        await asyncio.sleep(max(0.0, start + (packet + 1) * PACKET / RATE_HZ - time.monotonic()))
        batch = batch_at(START_S, packet * PACKET)
        for radio in radios:
            sent.append(time.perf_counter())
            radio.push(batch)
    await asyncio.sleep(0.05)
    return time.process_time() - cpu


async def with_links(straps: int, seconds: float) -> tuple[float, list[float]]:
    timeline = Timeline.live()
    radios = [NullRadio(StrapFirmware(rate_hz=RATE_HZ, ring_s=0), f"N{i}") for i in range(straps)]
    sent: list[float] = []
    waits: list[list[float]] = [[] for _ in radios]

    async def read(index: int) -> None:
        async for event in new_link(radios[index], timeline).events():
            if isinstance(event, ImuBatch):
                waits[index].append(time.perf_counter())

    readers = [asyncio.create_task(read(i)) for i in range(straps)]
    for radio in radios:
        await streaming(radio)
    cpu = await pump(radios, seconds, sent)
    for task in readers:
        task.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    delays = [
        got - sent[packet * straps + index]
        for index, times in enumerate(waits)
        for packet, got in enumerate(times)
    ]
    return cpu, delays


async def radio_only(straps: int, seconds: float) -> float:
    radios = [NullRadio(StrapFirmware(rate_hz=RATE_HZ, ring_s=0), f"N{i}") for i in range(straps)]
    for radio in radios:
        client = radio.radio.client("x", disconnected_callback=None)
        await client.connect(False)
        await client.start_notify(_data(client), lambda _: None)
        radio.firmware.control(b"\x01")
    return await pump(radios, seconds, [])


def _data(client: object) -> object:
    from sensor.profiles import lumbar_wire as wire

    services = client.services  # type: ignore[attr-defined]
    return services.get_characteristic(wire.DATA.uuid)


def cpu_rows(straps: list[int], seconds: float) -> list[dict[str, float]]:
    rows = []
    for count in straps:
        bare = asyncio.run(radio_only(count, seconds))
        cpu, delays = asyncio.run(with_links(count, seconds))
        cuts = statistics.quantiles(delays, n=100)
        rows.append(
            {
                "straps": count,
                "core_percent": 100 * (cpu - bare) / seconds,
                "core_percent_per_strap": 100 * (cpu - bare) / seconds / count,
                "latency_p50_ms": 1000 * cuts[49],
                "latency_p99_ms": 1000 * cuts[98],
                "rss_mib": resident_bytes() / MIB,
            }
        )
    return rows


Heal = Callable[[Trial], Awaitable[None]]


async def link_loss(trial: Trial) -> None:
    trial.fake.in_reach = False
    trial.fake.lose_link()
    await asyncio.sleep(random.uniform(0.1, 3.0))
    trial.fake.in_reach = True


async def adapter_off(trial: Trial) -> None:
    trial.fake.power(on=False)
    await asyncio.sleep(random.uniform(0.5, 6.0))
    trial.fake.power(on=True)


async def daemon_kill(trial: Trial) -> None:
    await trial.fake.kill()
    await trial.lost()
    await asyncio.sleep(random.uniform(0.1, 4.0))
    await trial.fake.start()


async def stall(trial: Trial) -> None:
    trial.fake.stalled = True
    await trial.lost()
    await asyncio.sleep(random.uniform(0.1, 4.0))
    trial.fake.stalled = False


async def busy(trial: Trial) -> None:
    trial.fake.fail("Connect", "org.bluez.Error.InProgress", 3)
    trial.fake.fail("StartDiscovery", "org.bluez.Error.InProgress", 2)
    trial.fake.lose_link()


async def doubled(trial: Trial) -> None:
    trial.fake.copies = 3
    await asyncio.sleep(2)
    trial.fake.copies = 1


FAULTS: dict[str, tuple[int, Heal]] = {
    "link loss": (20, link_loss),
    "adapter off": (5, adapter_off),
    "daemon killed": (5, daemon_kill),
    "stall": (5, stall),
    "InProgress": (5, busy),
    "notified thrice": (5, doubled),
}


async def faults(bus_address: str) -> dict[str, object]:
    trial = Trial(bus_address)
    slowest: dict[str, float] = {}
    async with trial.running():
        await trial.streaming_again(within_s=20)
        await asyncio.sleep(1)
        files, tasks = open_files(), len(asyncio.all_tasks())
        for name, (times, cause) in FAULTS.items():
            for _ in range(times):
                await cause(trial)
                healed_s = await trial.streaming_again(within_s=30)
                slowest[name] = max(slowest.get(name, 0.0), healed_s)
                await asyncio.sleep(1)
        left = {
            "tasks": len(asyncio.all_tasks()) - tasks,
            "files": open_files() - files,
        }
    ledger = trial.ledger
    counts = trial.link.decoding.clock.counts if trial.link.decoding else None
    return {
        "slowest_s": {name: round(value, 2) for name, value in slowest.items()},
        "causes": {name: times for name, (times, _) in FAULTS.items()},
        "repeated": ledger.repeated,
        "wrong_gaps": ledger.wrong_gaps,
        "gaps": len(ledger.gaps),
        "samples": ledger.samples,
        "lost": sum(ledger.gaps),
        "unaccounted": trial.numbered() - ledger.samples - sum(ledger.gaps),
        "duplicates_dropped": counts.duplicates if counts else None,
        "left_behind": left,
    }


class SimulatedClock:
    """A monotonic clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Chaos:
    """A strap that is lost about once a simulated minute, and what the link makes of it."""

    hours: float
    rng: random.Random
    radio: NullRadio
    ledger: Ledger = field(default_factory=Ledger)
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    connected: int = 0
    losses: int = 0
    away: int = 0
    rss: list[int] = field(default_factory=list)

    async def read(self) -> None:
        timeline = Timeline(TimelineOrigin.LIVE, START_S, monotonic=self.clock)
        async for event in new_link(self.radio, timeline).events():
            self.ledger.take(event)
            if not isinstance(event, ImuBatch):
                self.connected += event.state is LinkState.CONNECTED

    async def run(self) -> None:
        packets = round(self.hours * 3600 * RATE_HZ / PACKET)
        await streaming(self.radio)
        for packet in range(packets):
            self.clock.now_s = (packet + 1) * PACKET / RATE_HZ
            await self._mishap(near_end=packet > packets - LONGEST_AWAY - 10)
            self.radio.push(batch_at(START_S, packet * PACKET))
            for _ in range(3):  # turns of the loop in which the link decodes
                await asyncio.sleep(0)
            if (packet + 1) % max(1, packets // 12) == 0:
                gc.collect()
                self.rss.append(resident_bytes())

    async def _mishap(self, *, near_end: bool) -> None:
        if self.away > 0:
            self.away -= 1
            if self.away == 0:
                self.radio.come_back()
                await streaming(self.radio)
        elif not near_end and self.rng.random() < 1 / 600:
            self.radio.lose()
            self.losses += 1
            self.away = self.rng.choice((1, 5, 50, 300, LONGEST_AWAY))


async def streaming(radio: NullRadio) -> None:
    """Wait until the strap streams again."""
    while not radio.firmware.streaming:  # noqa: ASYNC110 - the strap has no event to wait for
        await asyncio.sleep(0.0005)


async def chaos(hours: float, seed: int) -> dict[str, object]:
    radio = NullRadio(StrapFirmware(rate_hz=RATE_HZ, ring_s=0), "N0")
    trial = Chaos(hours, random.Random(seed), radio)
    reader = asyncio.create_task(trial.read())
    await trial.run()
    await asyncio.sleep(0.1)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    ledger = trial.ledger
    total = round(hours * 3600 * RATE_HZ)
    after_last = (total - 1 - (ledger.last or 0)) % LAPS
    return {
        "simulated_h": hours,
        "link_losses": trial.losses,
        "reconnected": trial.connected - 1,
        "samples": ledger.samples,
        "lost": sum(ledger.gaps),
        "coverage": ledger.samples / total,
        "unread_at_end": after_last,
        "unaccounted": total - ledger.samples - sum(ledger.gaps) - after_last,
        "repeated": ledger.repeated,
        "wrong_gaps": len(ledger.wrong_gaps),
        "rss_growth_mib": (trial.rss[-1] - trial.rss[0]) / MIB,
        "rss_mib": trial.rss[-1] / MIB,
    }


def print_table(rows: list[dict[str, float]]) -> None:
    print("  ".join(f"{name:>22}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:22.2f}" for value in row.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["cpu", "faults", "chaos"])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--straps", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.what == "cpu":
        rows = cpu_rows(arguments.straps, arguments.seconds)
        print_table(rows)
        print(json.dumps(rows))
    elif arguments.what == "chaos":
        print(json.dumps(asyncio.run(chaos(arguments.hours, arguments.seed)), indent=2))
    else:
        random.seed(arguments.seed)
        with tempfile.TemporaryDirectory() as folder, private_bus(Path(folder)) as address:
            os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = address
            print(json.dumps(asyncio.run(faults(address)), indent=2))


if __name__ == "__main__":
    main()
