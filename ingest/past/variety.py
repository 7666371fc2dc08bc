"""Movement while sitting: shifts to another posture, and fidgets that come back to the same.

The words are those of Duarte and Zatsiorsky (1999, Motor Control 3:12): a shift is a quick change
from one place to another, a fidget a quick one that returns, a drift a slow change. Drifts are not
counted. Definitions and their grade are in docs/metrics.md.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from ingest.records import PostureState, Second


@dataclass(frozen=True, slots=True)
class VarietyParams:
    """Thresholds; each with its reason.

    Attributes:
        shift_deg: a quick change of the settled direction of this size is a shift.
        held_deg: three seconds within this are settled; breathing stays below.
        burst_ms2: least sd of |acc| of a movement; of people asked to sit, 2 % of the seconds.
        burst_times: it also stands out so many times from the median of the wearer's last minute,
            so that somebody whose chair shakes does not fidget all the time.
        level_s: how many seated seconds that median looks back.
    """

    shift_deg: float = 5.0
    held_deg: float = 2.0
    burst_ms2: float = 0.15
    burst_times: float = 3.0
    level_s: int = 60


PARAMS: Final = VarietyParams()
HELD_S: Final = 3

Direction = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Variety:
    """Movement while sitting.

    Attributes:
        shifts, fidgets: counts.
        seated_s: the seconds they were counted in.
    """

    shifts: int
    fidgets: int
    seated_s: int

    def per_15_min(self) -> tuple[float, float] | None:
        """Return shifts and fidgets per 15 min of sitting; None below a minute of it."""
        if self.seated_s < 60:
            return None
        factor = 900 / self.seated_s
        return self.shifts * factor, self.fidgets * factor


def variety(seconds: Sequence[Second], params: VarietyParams = PARAMS) -> Variety:
    """Return the shifts and fidgets of sitting.

    Whoever got up, or was not seen for a second or more, sits down anew: that is no shift.
    """
    seated = [s for s in seconds if s.state is PostureState.SITTING]
    level = _Level(params)
    shifts = fidgets = 0
    settled: Direction | None = None
    burst = False
    for i, second in enumerate(seated):
        if i and second.t_s != seated[i - 1].t_s + 1:
            settled, burst = None, False
        if level.stands_out(second.acc_sd_ms2):
            burst = True
            continue
        here = _held(seated[i : i + HELD_S], params)
        if here is None:
            continue
        shifted = settled is not None and _apart_deg(settled, here) > params.shift_deg
        shifts += shifted
        fidgets += burst and settled is not None and not shifted
        settled, burst = here, False
    return Variety(shifts, fidgets, len(seated))


class _Level:
    """The wearer's own restlessness: the median of the last seconds."""

    def __init__(self, params: VarietyParams) -> None:
        self._params = params
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []

    def stands_out(self, acc_sd_ms2: float) -> bool:
        """Take the next second; tell whether it is a movement of its own."""
        self._recent.append(acc_sd_ms2)
        insort(self._sorted, acc_sd_ms2)
        if len(self._recent) > self._params.level_s:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]
        usual_ms2 = self._sorted[len(self._sorted) // 2]
        return acc_sd_ms2 > max(self._params.burst_ms2, self._params.burst_times * usual_ms2)


def _held(three: Sequence[Second], params: VarietyParams) -> Direction | None:
    """Return the direction if some seconds in a row hold it."""
    if len(three) < HELD_S or three[-1].t_s - three[0].t_s != HELD_S - 1:
        return None
    if max(_apart_deg(three[0].up, s.up) for s in three) > params.held_deg:
        return None
    return three[1].up


def _apart_deg(a: Direction, b: Direction) -> float:
    return 57.29578 * sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)))
