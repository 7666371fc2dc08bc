"""Counting repetitions in a live tilt: out from neutral and back, whatever drifts meanwhile.

1. The signal is the tilt along the direction of the first real excursion, smoothed over 0.3 s.
2. A turning point needs a reversal of at least TURN_DEG, and 60 % of the way out for the way back.
3. A way out of less than 70 % of the drill's band (or of half the usual way) is an aborted try.
4. The time of a repetition follows from its way out and 60 % of its way back.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Final

from monitor.drills.tilt import Tilt

TURN_DEG: Final = 2.0
BACK_SHARE: Final = 0.6
PERIOD_SHARE: Final = 0.78  # of the period of a cosine, from its trough to 60 % of the way back
ACCEPT_SHARE: Final = 0.7
FAST_SHARE: Final = 0.85  # the estimate of a repetition's time is that uncertain
DRIFT_DEGS: Final = 0.4  # the resting angle may creep so fast without being a way out
LEAST_S: Final = 0.4  # faster is a jolt, not a repetition
SMOOTHING_S: Final = 0.3
OFF_AXIS_RAD: Final = math.radians(55)  # a strap turned 30 degrees round the trunk is fine


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition.

    Attributes:
        end_s: when it was counted.
        duration_s: how long it took.
        excursion_deg: how far it went.
        fast: quicker than the drill's tempo; not used for progression.
        band: "in", "under" or "over" the drill's range.
    """

    end_s: float
    duration_s: float
    excursion_deg: float
    fast: bool
    band: str


class RepCounter:
    """Counts the repetitions of one set.

    Attributes:
        reps: those counted so far.
        aborted: tries that turned back early.
    """

    def __init__(
        self,
        *,
        tempo_s: float,
        band_deg: tuple[float, float] | None = None,
        axis_rad: float | None = None,
    ) -> None:
        self.reps: list[Repetition] = []
        self.aborted = 0
        self._tempo_s = tempo_s
        self._band = band_deg
        self._axis_rad = axis_rad
        self._direction_rad: float | None = None
        self._last_s = 0.0
        self._window: deque[tuple[float, Tilt]] = deque()
        self._low = (0.0, 0.0)
        self._high = (0.0, 0.0)
        self._rising = False

    def feed(self, t_s: float, tilt: Tilt) -> Repetition | None:
        """Take one sample; return the repetition it completes, if any."""
        smooth = self._smoothed(t_s, tilt)
        if self._direction_rad is None:
            if smooth.size_deg < TURN_DEG:
                self._low = (t_s, 0.0)
            self._direction_rad = self._found_direction(smooth)
        if self._direction_rad is None:
            return None
        self._last_s = self._last_s or t_s
        return self._turn(t_s, smooth.along(self._direction_rad))

    def _smoothed(self, t_s: float, tilt: Tilt) -> Tilt:
        self._window.append((t_s, tilt))
        while self._window[0][0] < t_s - SMOOTHING_S:
            self._window.popleft()
        n = len(self._window)
        return Tilt(
            sum(sample.forward_deg for _, sample in self._window) / n,
            sum(sample.right_deg for _, sample in self._window) / n,
        )

    def _found_direction(self, tilt: Tilt) -> float | None:
        """Return the direction of the drill once the body has really moved along its axis."""
        if tilt.size_deg < max(2 * TURN_DEG, 0.5 * self._least_deg()):
            return None
        if self._axis_rad is not None and _axis_error(tilt.direction_rad, self._axis_rad) > (
            OFF_AXIS_RAD
        ):
            return None
        return tilt.direction_rad

    def _turn(self, t_s: float, value: float) -> Repetition | None:
        if not self._rising:
            crept_deg = self._low[1] + DRIFT_DEGS * max(t_s - self._last_s, 0.0)
            self._low = (self._low[0], crept_deg)
            if value <= crept_deg + TURN_DEG / 2:
                self._low = (t_s, min(value, crept_deg))
            self._last_s = t_s
            if value - self._low[1] >= TURN_DEG:
                self._rising, self._high = True, (t_s, value)
            return None
        if value > self._high[1]:
            self._high = (t_s, value)
        out_deg = self._high[1] - self._low[1]
        if self._high[1] - value < max(TURN_DEG, BACK_SHARE * out_deg):
            return None
        repetition = self._completed(t_s, out_deg)
        self._rising, self._low, self._last_s = False, (t_s, value), t_s
        return repetition

    def _completed(self, t_s: float, out_deg: float) -> Repetition | None:
        duration_s = (t_s - self._low[0]) / PERIOD_SHARE
        if out_deg < self._least_deg() or duration_s < LEAST_S:
            self.aborted += out_deg >= 0.5 * self._least_deg()
            return None
        fast = duration_s < self._tempo_s * FAST_SHARE
        repetition = Repetition(t_s, duration_s, out_deg, fast, self._judged(out_deg))
        self.reps.append(repetition)
        return repetition

    def _least_deg(self) -> float:
        """Return how far a repetition must go."""
        if len(self.reps) >= 2:
            usual = 0.5 * median(rep.excursion_deg for rep in self.reps)
            return usual if self._band is None else max(usual, ACCEPT_SHARE * self._band[0])
        return 2 * TURN_DEG if self._band is None else max(ACCEPT_SHARE * self._band[0], TURN_DEG)

    def _judged(self, out_deg: float) -> str:
        if self._band is None:
            return "in"
        slack_deg = 2.0  # whole degrees are what one strap can tell
        if out_deg < self._band[0] - slack_deg:
            return "under"
        return "over" if out_deg > self._band[1] + slack_deg else "in"


def _axis_error(direction_rad: float, axis_rad: float) -> float:
    """Return the angle between a direction and an axis, either way along it."""
    return abs(math.remainder(direction_rad - axis_rad, math.pi))
