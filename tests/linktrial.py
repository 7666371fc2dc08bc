"""A strap on the fake BlueZ, read by the real link, and a ledger of what arrived."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from fakebluez import FakeBluez

from sensor.link import LinkParams, StrapLink
from sensor.profiles.lumbar_imu import LumbarImu
from sensor.sample import ImuBatch
from sensor.settings import StrapSettings
from sensor.source import LinkState, LinkStatus
from sensor.timeline import Timeline
from sensor.virtual.firmware import StrapFirmware

RATE_HZ = 100.0
PACKET = 10
LAPS = 6000  # sample numbers are read back modulo this
STEP_MS2 = 0.004


@dataclass
class Ledger:
    """What the link gave: the number of every sample, as read back from its acceleration."""

    batches: int = 0
    samples: int = 0
    first: int | None = None
    last: int | None = None
    repeated: int = 0
    wrong_gaps: list[tuple[int, int]] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    states: list[LinkStatus] = field(default_factory=list)
    last_wall_s: float = 0.0

    def take(self, event: ImuBatch | LinkStatus) -> None:
        """Enter one event of the link."""
        if isinstance(event, LinkStatus):
            self.states.append(event)
            return
        numbers = np.rint(event.acc[:, 0] / STEP_MS2).astype(int)
        self.batches += 1
        self.samples += len(event)
        self.last_wall_s = time.monotonic()
        first = int(numbers[0])
        if self.last is None:
            self.first = self.last = first - 1
        step = (first - self.last - 1) % LAPS
        expected = step + round((event.lost - step) / LAPS) * LAPS
        if event.lost != expected:
            self.wrong_gaps.append((event.lost, step))
        if event.lost:
            self.gaps.append(event.lost)
        self.repeated += int(np.sum(np.diff(numbers) % LAPS != 1))
        self.last = int(numbers[-1])


class Trial:
    """Pumps numbered samples into the strap at 100 Hz and keeps the ledger of the link."""

    def __init__(self, bus_address: str, *, params: LinkParams | None = None) -> None:
        self.fake = FakeBluez(bus_address, StrapFirmware(rate_hz=RATE_HZ))
        self.ledger = Ledger()
        self.pumped = 0
        timeline = Timeline.live()
        self._timeline = timeline
        self.link = StrapLink(
            timeline=timeline,
            profiles=[LumbarImu()],
            settings=StrapSettings(rate_hz=RATE_HZ),
            params=params,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run strap, daemon and link while the block runs."""
        await self.fake.start()
        tasks = [asyncio.create_task(self._pump()), asyncio.create_task(self._read())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.fake.kill()

    async def streaming_again(self, *, within_s: float) -> float:
        """Wait for the next batch and return the seconds it took; TimeoutError after `within_s`."""
        before, start_s = self.ledger.batches, time.monotonic()
        await self.until(lambda: self.ledger.batches > before + 1, within_s=within_s)
        return time.monotonic() - start_s

    async def until(self, reached: Callable[[], bool], *, within_s: float) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(within_s):
            while not reached():  # noqa: ASYNC110 - watches plain counters of the code under test
                await asyncio.sleep(0.02)

    def numbered(self) -> int:
        """Return how many samples the strap took from the first to the last one read."""
        ledger = self.ledger
        if ledger.first is None or ledger.last is None:
            return 0
        span = (ledger.last - ledger.first) % LAPS
        known = ledger.samples + sum(ledger.gaps)
        return span + round((known - span) / LAPS) * LAPS

    async def lost(self, *, within_s: float = 6.0) -> None:
        """Wait until the link has noticed that it is lost."""
        count = len(self.ledger.states)
        await self.until(
            lambda: any(s.state is not LinkState.CONNECTED for s in self.ledger.states[count:]),
            within_s=within_s,
        )

    async def _pump(self) -> None:
        start_s = self._timeline.now()
        while True:
            number = np.arange(self.pumped, self.pumped + PACKET)
            t = start_s + number / RATE_HZ
            await asyncio.sleep(max(0.0, float(t[-1]) - self._timeline.now()))
            acc = np.zeros((PACKET, 3))
            acc[:, 0] = (number % LAPS) * STEP_MS2
            acc[:, 2] = 9.8
            self.fake.push(ImuBatch(t=t, acc=acc, gyro=acc * 0.1))
            self.pumped += PACKET

    async def _read(self) -> None:
        events = self.link.events()
        try:
            async for event in events:
                self.ledger.take(event)
        finally:
            await events.aclose()


def open_files() -> int:
    """Return how many file descriptors this process has open."""
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def resident_bytes() -> int:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
