"""How long and how steadily a position was held, found when it is over; and sway while standing.

A hold is the stretch within a tolerance of its own median tilt. Its edges are found backwards from
the whole stretch, so that the ways in and out do not count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, median_low, pstdev
from typing import Final

from monitor.drills.tilt import Tilt

TOLERANCE_DEG: Final = 2.5
TOLERANCE_SHARE: Final = 0.1  # of the tilt held
LEAST_S: Final = 2.0
LEAVE_S: Final = 0.4  # out of tolerance for so long ends a hold; a wobble does not


@dataclass(frozen=True, slots=True)
class Held:
    """One hold.

    Attributes:
        start_s, end_s: its edges.
        tilt_deg: the median tilt.
        steadiness_deg: standard deviation of the tilt inside.
    """

    start_s: float
    end_s: float
    tilt_deg: float
    steadiness_deg: float

    @property
    def duration_s(self) -> float:
        """Return its length in seconds."""
        return self.end_s - self.start_s


class HoldMeter:
    """Measures holds whose tilt lies in a band.

    Attributes:
        holds: those that are over.
    """

    def __init__(self, band_deg: tuple[float, float]) -> None:
        self.holds: list[Held] = []
        self._band = band_deg
        self._samples: list[tuple[float, float]] = []
        self._outside_since_s: float | None = None

    def feed(self, t_s: float, tilt_deg: float) -> Held | None:
        """Take one sample; return the hold that has just ended, if any."""
        if self._in_band(tilt_deg):
            self._samples.append((t_s, tilt_deg))
            self._outside_since_s = None
            return None
        if not self._samples:
            return None
        self._samples.append((t_s, tilt_deg))
        if self._outside_since_s is None:
            self._outside_since_s = t_s
        return self.finish() if t_s - self._outside_since_s >= LEAVE_S else None

    def running_s(self) -> float:
        """Return how long the hold under way has lasted, for the display."""
        held = _measured(self._samples)
        return 0.0 if held is None else held.duration_s

    def finish(self) -> Held | None:
        """End the hold under way and return it, if it was one."""
        held = _measured(self._samples)
        self._samples, self._outside_since_s = [], None
        if held is None or held.duration_s < LEAST_S:
            return None
        self.holds.append(held)
        return held

    def _in_band(self, tilt_deg: float) -> bool:
        return self._band[0] - TOLERANCE_DEG <= tilt_deg <= self._band[1] + TOLERANCE_DEG


@dataclass(frozen=True, slots=True)
class Sway:
    """Sway in a balance drill: root mean square and speed of the tilt."""

    rms_deg: float
    speed_degs: float


def sway(samples: list[tuple[float, Tilt]]) -> Sway | None:
    """Return the sway of some samples (time, tilt), or None for fewer than two."""
    if len(samples) < 2:
        return None
    forward = [tilt.forward_deg for _, tilt in samples]
    right = [tilt.right_deg for _, tilt in samples]
    path_deg = sum(
        math.hypot(forward[i] - forward[i - 1], right[i] - right[i - 1])
        for i in range(1, len(samples))
    )
    return Sway(
        rms_deg=math.hypot(pstdev(forward), pstdev(right)),
        speed_degs=path_deg / (samples[-1][0] - samples[0][0]),
    )


def _measured(samples: list[tuple[float, float]]) -> Held | None:
    """Return the stretch of `samples` around their median."""
    if len(samples) < 3:
        return None
    # The low median is one of the samples: with an even number of them, far apart, as of somebody
    # walking through the band, nothing need be near the mean of the middle two.
    middle_deg = median_low(value for _, value in samples)
    tolerance_deg = max(TOLERANCE_DEG, TOLERANCE_SHARE * abs(middle_deg))
    inside = [i for i, (_, value) in enumerate(samples) if abs(value - middle_deg) <= tolerance_deg]
    first, last = inside[0], inside[-1]
    values = [value for _, value in samples[first : last + 1]]
    return Held(samples[first][0], samples[last][0], fmean(values), pstdev(values))
