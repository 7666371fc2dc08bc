"""A virtual strap: a wearer's samples served over the open GATT profile on a virtual radio."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sensor.sample import ImuBatch
from sensor.source import LinkState, LinkStatus
from sensor.timeline import Timeline
from sensor.virtual.firmware import StrapFirmware

if TYPE_CHECKING:
    from sensor.virtual.radio import VirtualRadio

LONGEST_SILENCE_S = 2.0  # a source that is silent for longer had no link
BACKFILL_PACKETS = 8  # of old samples sent between two packets of new ones
LONGEST_NAME = 8  # with flags and a 128-bit service this fills the 31 bytes of an advertisement


class VirtualStrap:
    """Plays batches as a strap would send them, at the pace of a running Timeline.

    A LinkStatus that is not connected takes the strap out of reach until one that is connected; a
    silence of more than two seconds in the batches does the same until the next batch is due.
    Samples that nobody collects go into the strap's ring buffer.

    Args:
        timeline: paces the samples; it must run (rate above 0).
        batches: what the sensor chip measures, in time order.
        serial: the strap's own serial, as its Device Information says it.
        name: the advertised name, at most 8 characters.
        rate_hz: sampling rate of the batches.
        ring_s: seconds of samples that the strap buffers.
    """

    def __init__(
        self,
        *,
        timeline: Timeline,
        batches: Iterator[ImuBatch | LinkStatus],
        serial: str,
        name: str = "Lumbar-V",
        rate_hz: float = 50.0,
        ring_s: int = 600,
    ) -> None:
        if timeline.stepped:
            raise ValueError("a virtual strap needs a timeline that runs")
        if len(name.encode()) > LONGEST_NAME:
            raise ValueError(f"the name may have {LONGEST_NAME} characters, got {name!r}")
        self.firmware = StrapFirmware(rate_hz=rate_hz, ring_s=ring_s)
        self.serial = serial
        self.name = name
        self._timeline = timeline
        self._batches = batches

    async def run(self, radio: VirtualRadio) -> None:
        """Serve until the batches end."""
        from sensor.virtual.server import StrapServer  # noqa: PLC0415 - needs the optional bumble

        server = StrapServer(radio.air, self.firmware, name=self.name, serial=self.serial)
        async with server:
            await server.appear()
            charge = self.firmware.battery_percent
            async for item in self._due():
                if isinstance(item, LinkStatus):
                    await server.reach(item.state is LinkState.CONNECTED)
                    continue
                await server.send(self.firmware.sample(item))
                if self.firmware.battery_percent != charge:
                    charge = self.firmware.battery_percent
                    await server.tell_battery()
                await server.send_backfill(self.firmware.backfill_packets(BACKFILL_PACKETS))

    @asynccontextmanager
    async def advertising(self, radio: VirtualRadio) -> AsyncIterator[None]:
        """Serve in the background while the block runs; raises what made the strap fail."""
        task = asyncio.create_task(self.run(radio), name=f"virtual strap {self.serial}")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _due(self) -> AsyncIterator[ImuBatch | LinkStatus]:
        """Yield each item when its time has come, and link changes around the silences."""
        end_s: float | None = None
        for item in self._batches:
            if isinstance(item, LinkStatus):
                await self._wait_until(item.at_s)
                yield item
                continue
            silent = end_s is not None and float(item.t[0]) - end_s > LONGEST_SILENCE_S
            if end_s is not None and silent:
                yield LinkStatus(at_s=end_s, state=LinkState.SEARCHING)
            end_s = float(item.t[-1])
            await self._wait_until(end_s)
            if silent:
                yield LinkStatus(at_s=end_s, state=LinkState.CONNECTED)
            yield item

    async def _wait_until(self, at_s: float) -> None:
        wait_s = self._timeline.wall_seconds(at_s - self._timeline.now())
        await asyncio.sleep(max(0.0, wait_s))
