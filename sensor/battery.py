"""Until when a strap's battery lasts, from the charges that it has told."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median

CHARGED_PERCENT = 5  # a rise by so much is a charger; by less, a battery that rests
LEAST_DROP_PERCENT = 3
LEAST_WATCHED_S = 1800.0
MOST_LEVELS = 101

Look = tuple[float, int]
"""A charge in per cent and the Timeline second at which it was told."""


def lasts_until_s(looks: Sequence[Look]) -> float | None:
    """Return the Timeline second at which the battery is empty, or None when not known yet.

    Straps tell their charge in steps of one to twenty per cent, so only the moments count at which
    a level was first reached; the pace is the median over all pairs of them (Theil 1950, Sen 1968),
    which one odd reading does not move.
    """
    levels = _levels(looks)
    # The first look fell somewhere inside its step.
    reached = levels[1:] if len(levels) > 3 else levels
    if len(reached) < 2:
        return None
    (first_s, first), (last_s, last) = reached[0], reached[-1]
    if first - last < LEAST_DROP_PERCENT or last_s - first_s < LEAST_WATCHED_S:
        return None
    pace = median((b[0] - a[0]) / (a[1] - b[1]) for a, b in combinations(reached, 2))
    return last_s + last * pace


def _levels(looks: Sequence[Look]) -> list[Look]:
    """Return when each level was first reached since the battery was last charged."""
    levels: list[Look] = []
    for at_s, percent in looks:
        if levels and percent >= levels[-1][1] + CHARGED_PERCENT:
            levels = []
        if not levels or (percent < levels[-1][1] and at_s > levels[-1][0]):
            levels.append((at_s, percent))
    return levels


class BatteryWatch:
    """Remembers what is needed of the looks at one strap's battery."""

    def __init__(self) -> None:
        self._serial: str | None = None
        self._looks: list[Look] = []

    def see(self, serial: str | None, at_s: float, percent: int | None) -> float | None:
        """Take a look and return until when the battery lasts, or None when not known yet."""
        if serial != self._serial:
            self._serial, self._looks = serial, []
        if percent is not None:
            self._looks = _levels([*self._looks, (at_s, percent)])[-MOST_LEVELS:]
        return lasts_until_s(self._looks)
