"""Looks at the sources now and then and tells the monitor what began and ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from monitor.holds.sources import HoldSource
from monitor.state import Hold

logger = logging.getLogger(__name__)

GRACE_LOOKS: Final = 3  # a hold lasts so many looks longer than it was last seen


class HoldLimits:
    """Turns looks into holds that end by themselves; pure, times are Timeline seconds.

    A source that goes on for longer than `max_s` is let go until it has been inactive once: a
    microphone that a program forgot must not silence the monitor for ever.
    """

    def __init__(self, *, max_s: float, every_s: float) -> None:
        self._max_s = max_s
        self._every_s = every_s
        self._since: dict[str, float] = {}

    def look(self, source: str, active: bool, now_s: float) -> Hold:
        """Return the hold that follows from one look at a source."""
        if not active:
            self._since.pop(source, None)
            return Hold(source, active=False, until_s=now_s)
        since_s = self._since.setdefault(source, now_s)
        latest_s = since_s + self._max_s
        until_s = min(now_s + GRACE_LOOKS * self._every_s, latest_s)
        return Hold(source, active=now_s < latest_s, until_s=until_s)


async def look_at(
    sources: Sequence[HoldSource], limits: HoldLimits, *, wall_s: float, now_s: float
) -> list[Hold]:
    """Return what one look at every source says; a source that fails counts as inactive."""
    holds = []
    for source in sources:
        try:
            active = await source.active(wall_s)
        except Exception:
            # Whatever a plug-in does wrong must not stop the nudges of the others.
            logger.exception("%s could not be asked", source.name)
            active = False
        holds.append(limits.look(source.name, active, now_s))
    return holds
