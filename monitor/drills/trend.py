"""Trends of measured drills: how an error changes with practice, without reading noise as progress.

The slope is the median of all pairwise slopes (Theil 1950, Sen 1968), which a bad day cannot bend;
its interval is that of Kendall's test (Sen 1968). The first session of a new task is mostly getting
to know it, so the practice effect is named apart and the trend starts with the second.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final

LEAST_SESSIONS: Final = 6  # after the first; fewer give no interval worth showing
Z_95: Final = 1.96


@dataclass(frozen=True, slots=True)
class Trend:
    """The change of a measure.

    Attributes:
        sessions: how many there were, the first included.
        practice_effect: second session minus first.
        per_week: slope from the second session on, None while there are too few.
        low, high: its 95 % interval.
    """

    sessions: int
    practice_effect: float
    per_week: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def says(self) -> str:
        """Return the trend in words; for errors less is better."""
        if self.per_week is None or self.low is None or self.high is None:
            return "not enough sessions yet"
        if self.high < 0:
            return "getting smaller"
        return "getting larger" if self.low > 0 else "no clear change"


def trend(sessions: Sequence[tuple[date, float]]) -> Trend | None:
    """Return the trend of (day, value) sessions in order, or None with fewer than two."""
    if len(sessions) < 2:
        return None
    effect = sessions[1][1] - sessions[0][1]
    later = sessions[1:]
    slopes = sorted(
        7 * (b[1] - a[1]) / (b[0] - a[0]).days
        for a, b in itertools.combinations(later, 2)
        if b[0] != a[0]
    )
    if len(later) < LEAST_SESSIONS or not slopes:
        return Trend(len(sessions), effect)
    n = len(later)
    spread = Z_95 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    first = max(math.floor((len(slopes) - spread) / 2), 0)
    last = min(math.ceil((len(slopes) + spread) / 2), len(slopes) - 1)
    return Trend(len(sessions), effect, median(slopes), slopes[first], slopes[last])
