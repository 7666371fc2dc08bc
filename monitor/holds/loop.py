"""Looking at the sources of holds for as long as the monitor runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from monitor.holds.sources import sources_of
from monitor.holds.watch import HoldLimits, look_at
from monitor.programs import Runner
from monitor.settings import HoldSettings
from monitor.state import Hold

IDLE_S: Final = 1.0  # wall seconds between two questions whether to look at all


class HoldWatch:
    """Asks every source now and then, while `moment` names a moment of this machine's own time.

    Args:
        settings: which sources, and how often.
        run: runs the programs that some of them ask.
        moment: returns (wall, Timeline) seconds, or None in a demo or a replay: what this machine
            does then says nothing about the wearer.
        tell: takes every hold.
    """

    def __init__(
        self,
        settings: HoldSettings,
        *,
        run: Runner,
        moment: Callable[[], tuple[float, float] | None],
        tell: Callable[[Hold], None],
    ) -> None:
        self._every_s = settings.every_s
        self._sources = sources_of(settings, run)
        self._limits = HoldLimits(max_s=settings.max_min * 60, every_s=settings.every_s)
        self._moment = moment
        self._tell = tell

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            moment = self._moment()
            if moment is not None:
                wall_s, now_s = moment
                for hold in await look_at(self._sources, self._limits, wall_s=wall_s, now_s=now_s):
                    self._tell(hold)
            await asyncio.sleep(IDLE_S if moment is None else self._every_s)
