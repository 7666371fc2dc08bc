"""The lumbar repositioning test: find your neutral again with closed eyes.

Steps: hold neutral (the target), then per trial move away at least AWAY_DEG, come back and hold
still. The errors are signed returns minus target; absolute, constant and variable error are the
usual three of motor control (Schmidt & Lee): mean size, mean, and standard deviation.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import fmean, median, pstdev
from typing import Final

AWAY_DEG: Final = 8.0
STILL_S: Final = 1.5
STILL_RANGE_DEG: Final = 3.0  # highest minus lowest over STILL_S; noise and breath stay below
RETURNED_SHARE: Final = 0.5  # of the way out; farther out is a pause on the way


@dataclass(frozen=True, slots=True)
class Repositioning:
    """The result of a session, degrees; + is forward of the target."""

    trials: int
    absolute_deg: float
    constant_deg: float
    variable_deg: float


class RepositioningTest:
    """Follows one session.

    Attributes:
        target_deg: the neutral that was held first, or None before.
        errors_deg: signed error of each trial.
    """

    def __init__(self) -> None:
        self.target_deg: float | None = None
        self.errors_deg: list[float] = []
        self._window: deque[tuple[float, float]] = deque()
        self._farthest_deg = 0.0

    def feed(self, t_s: float, angle_deg: float) -> float | None:
        """Take one sample; return the error of the trial it completes, if any."""
        self._window.append((t_s, angle_deg))
        while self._window[0][0] < t_s - STILL_S:
            self._window.popleft()
        if self.target_deg is not None:
            self._farthest_deg = max(self._farthest_deg, abs(angle_deg - self.target_deg))
        still_deg = self._still_at()
        if still_deg is None:
            return None
        if self.target_deg is None:
            self.target_deg = still_deg
            return None
        return self._returned(still_deg - self.target_deg)

    def result(self) -> Repositioning | None:
        """Return the three errors of the trials so far, or None before the first."""
        if not self.errors_deg:
            return None
        return Repositioning(
            trials=len(self.errors_deg),
            absolute_deg=fmean(abs(error) for error in self.errors_deg),
            constant_deg=fmean(self.errors_deg),
            variable_deg=pstdev(self.errors_deg),
        )

    def _returned(self, error_deg: float) -> float | None:
        if self._farthest_deg < AWAY_DEG or abs(error_deg) > RETURNED_SHARE * self._farthest_deg:
            return None
        self._farthest_deg = 0.0
        self.errors_deg.append(error_deg)
        return error_deg

    def _still_at(self) -> float | None:
        """Return the angle at which the wearer has been still, or None while moving."""
        times = [t_s for t_s, _ in self._window]
        values = [angle_deg for _, angle_deg in self._window]
        if times[-1] - times[0] < 0.9 * STILL_S or max(values) - min(values) > STILL_RANGE_DEG:
            return None
        return median(values)
