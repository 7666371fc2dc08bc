"""Half a day of link losses in simulated time: does the ledger hold, does the memory stay flat?"""

from __future__ import annotations

import asyncio
import gc
import random
from dataclasses import dataclass, field

from linktrial import LAPS, Ledger, resident_bytes

from benchmarks.link.radio import (
    MIB,
    PACKET,
    RATE_HZ,
    START_S,
    NullRadio,
    batch_at,
    new_link,
    streaming,
)
from sensor.sample import ImuBatch
from sensor.source import LinkState
from sensor.timeline import Timeline, TimelineOrigin
from sensor.virtual.firmware import StrapFirmware

LONGEST_AWAY = 3000  # packets: five minutes


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
