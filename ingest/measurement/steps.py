"""Soft steps: walking that is no more restless than a fidget, but goes on evenly.

Under soft tissue, or of who walks slowly, a second of walking looks like a second of shifting on a
chair. A shift is over after some seconds and no second of it is like the one before.
"""

from __future__ import annotations

from collections import deque
from math import log, sqrt
from typing import Any, Final

SPAN_S: Final = 6  # shifts, rises and sit-downs are over by then
LEAST_MS2: Final = 0.4  # softer steps are not told from a body that sways
STEADY: Final = 0.2  # sd of log |acc| sd within a walk; within walks of people it is 0.1 to 0.2
FURTHER: Final = 1.5  # sds that the newest second may be off: the walk ends otherwise
ODDS_PER_S: Final = 0.5  # a restless second follows another in three of five, a step nearly always
MOST_ODDS: Final = 3.0


class SoftSteps:
    """Streams restlessness and gives the log-odds of walking that its evenness adds."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=SPAN_S)
        self._even_s = 0

    def feed(self, acc_sd: float) -> float:
        """Take the next second's sd of |acc| in m/s²."""
        if acc_sd < LEAST_MS2:
            if self._levels:
                self.reset()
            return 0.0
        level = log(acc_sd)
        self._levels.append(level)
        self._even_s = self._even_s + 1 if self._even(level) else 0
        return min(MOST_ODDS, ODDS_PER_S * self._even_s)

    def _even(self, newest: float) -> bool:
        if len(self._levels) < SPAN_S:
            return False
        mean = sum(self._levels) / SPAN_S
        sd = sqrt(sum((level - mean) ** 2 for level in self._levels) / SPAN_S)
        return sd < STEADY and abs(newest - mean) < FURTHER * STEADY

    def reset(self) -> None:
        """Take the next second by itself."""
        self._levels.clear()
        self._even_s = 0

    def checkpoint(self) -> list[Any]:
        """Return plain values."""
        return [list(self._levels), self._even_s]

    def restore(self, saved: list[Any]) -> None:
        """Take up a checkpoint."""
        levels, self._even_s = saved
        self._levels.extend(levels)
