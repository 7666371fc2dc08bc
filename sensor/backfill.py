"""Fetch from the strap's buffer what a link loss left out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn

from bleak.exc import BleakError

from sensor.clock import Gap
from sensor.decoding import Decoding
from sensor.gatt import Backfill, Gatt
from sensor.sample import ImuBatch
from sensor.source import LinkStatus

MOST_WAITING = 64  # gaps; a strap with more of them has no use for its buffer

_log = logging.getLogger(__name__)


class GapFiller:
    """Asks a connected strap for one gap after the other, beside the live stream."""

    def __init__(
        self, profile: Backfill, gatt: Gatt, out: asyncio.Queue[ImuBatch | LinkStatus]
    ) -> None:
        self._profile = profile
        self._gatt = gatt
        self._out = out
        self._gaps: asyncio.Queue[tuple[Decoding, Gap]] = asyncio.Queue(MOST_WAITING)

    def ask(self, decoding: Decoding, gaps: Sequence[Gap]) -> None:
        """Queue gaps to be filled; the newest are left out when too many wait."""
        for gap in gaps:
            with contextlib.suppress(asyncio.QueueFull):
                self._gaps.put_nowait((decoding, gap))

    async def run(self) -> NoReturn:
        """Fill gaps until cancelled; what the strap no longer has stays a gap."""
        while True:
            decoding, gap = await self._gaps.get()
            try:
                await self._fill(decoding, gap)
            except (BleakError, TimeoutError, OSError) as error:
                _log.debug("a gap of %d samples stays: %r", gap.count, error)

    async def _fill(self, decoding: Decoding, gap: Gap) -> None:
        packets = self._profile.backfill(self._gatt, gap.first_seq, gap.count)
        async for packet in packets:
            for batch in decoding.feed_past(self._profile.backfill_char, packet, gap, gap.to_s):
                await self._out.put(batch)


@asynccontextmanager
async def filling(
    profile: object, gatt: Gatt, out: asyncio.Queue[ImuBatch | LinkStatus]
) -> AsyncIterator[GapFiller | None]:
    """Fill gaps while the block runs; gives None where the profile cannot."""
    if not isinstance(profile, Backfill):
        yield None
        return
    filler = GapFiller(profile, gatt, out)
    task = asyncio.create_task(filler.run(), name="strap backfill")
    try:
        yield filler
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
