"""Angle tracking: follow a moving target with the trunk; how far off, how late.

The lag is the shift of the trace that fits the target best, searched up to MAX_LAG_S; the
root-mean-square error is that of the trace as it was, as a wearer sees it.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Final, Literal

Curve = Literal["sine", "steps", "wander"]
MAX_LAG_S: Final = 1.5
COARSE_STEP_S: Final = 0.1
LAG_STEP_S: Final = 0.02
SETTLE_S: Final = 2.0  # the first seconds, until the wearer has found the target
# periods in seconds without a common multiple in one run, so that it cannot be learnt by heart
_WANDER: Final = ((11.3, 0.5), (7.1, 0.3), (4.7, 0.2))


@dataclass(frozen=True, slots=True)
class Target:
    """A target curve.

    Attributes:
        curve: its shape.
        centre_deg: its middle.
        amplitude_deg: its largest distance from there.
        period_s: of a sine, or of one step up and down.
    """

    curve: Curve
    centre_deg: float = 10.0
    amplitude_deg: float = 8.0
    period_s: float = 8.0

    def at(self, t_s: float) -> float:
        """Return the target's angle `t_s` seconds after the start, in degrees."""
        return self.centre_deg + self.amplitude_deg * _SHAPES[self.curve](t_s, self.period_s)


@dataclass(frozen=True, slots=True)
class Tracking:
    """The result of one run: error as seen, mean of it (+ is too far forward), and lag."""

    rms_deg: float
    bias_deg: float
    lag_s: float


class AngleTracking:
    """Follows one run; times are seconds since its start."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._times: list[float] = []
        self._angles: list[float] = []

    def feed(self, t_s: float, angle_deg: float) -> float:
        """Take one sample; return its error in degrees."""
        self._times.append(t_s)
        self._angles.append(angle_deg)
        return angle_deg - self.target.at(t_s)

    def result(self) -> Tracking | None:
        """Return the result so far, or None before the first seconds are over."""
        first = bisect.bisect_left(self._times, SETTLE_S)
        times, angles = self._times[first:], self._angles[first:]
        if len(times) < 20:
            return None
        errors = [a - self.target.at(t) for t, a in zip(times, angles, strict=True)]
        return Tracking(_rms(errors), fmean(errors), self._lag_s(times, angles))

    def _lag_s(self, times: list[float], angles: list[float]) -> float:
        """Return the lag that fits best: first in coarse steps, then in fine ones around it."""
        coarse = [i * COARSE_STEP_S for i in range(round(MAX_LAG_S / COARSE_STEP_S) + 1)]
        near_s = min(coarse, key=lambda shift_s: self._misfit(times, angles, shift_s))
        steps = round(COARSE_STEP_S / LAG_STEP_S)
        fine = [max(near_s + i * LAG_STEP_S, 0.0) for i in range(-steps, steps + 1)]
        return min(fine, key=lambda shift_s: self._misfit(times, angles, shift_s))

    def _misfit(self, times: list[float], angles: list[float], shift_s: float) -> float:
        """Return how far the trace is from the target of `shift_s` earlier, its mean apart."""
        errors = [a - self.target.at(t - shift_s) for t, a in zip(times, angles, strict=True)]
        mean = fmean(errors)
        return _rms([error - mean for error in errors])


def _rms(values: list[float]) -> float:
    return math.sqrt(fmean(value * value for value in values))


def _sine(t_s: float, period_s: float) -> float:
    return math.sin(2 * math.pi * t_s / period_s)


def _steps(t_s: float, period_s: float) -> float:
    """Return a step up and down whose ramps take an eighth of the period each."""
    phase = (t_s / period_s) % 1.0
    if phase < 0.5:
        return min(phase / 0.125, 1.0) * 2 - 1
    return 1 - min((phase - 0.5) / 0.125, 1.0) * 2


def _wander(t_s: float, period_s: float) -> float:
    del period_s
    return sum(share * math.sin(2 * math.pi * t_s / period) for period, share in _WANDER)


_SHAPES: Final[dict[Curve, Callable[[float, float], float]]] = {
    "sine": _sine,
    "steps": _steps,
    "wander": _wander,
}
