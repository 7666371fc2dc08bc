"""Whether the strap is on a body: no body holds as still as a desk does."""

from __future__ import annotations

from collections import deque
from math import radians
from typing import Any, Final

DEAD_SWAY_DEG: Final = 0.012  # of worn seconds 0.1 % sway less, of seconds on a desk 97 %
WINDOW_S: Final = 5
DEAD_SQUARES: Final = WINDOW_S * radians(DEAD_SWAY_DEG) ** 2
CERTAIN_S: Final = 20  # dead for so long: off the body; for less, nobody knows


class WearDetector:
    """Streams seconds; a second is dead if the upward direction stood still all around it.

    The sway of a window of five seconds is the standard deviation of their mean upward directions
    around a straight line: after a strap was put down, the filter may still creep.
    """

    def __init__(self) -> None:
        self._ups: deque[tuple[float, float, float]] = deque(maxlen=WINDOW_S)
        self._dead: deque[bool] = deque(maxlen=WINDOW_S)
        self._dead_s = 0

    def feed(self, up: tuple[float, float, float] | None) -> None:
        """Take the next second's upward direction, or None where there is no data."""
        self._dead.append(False)
        if up is None:
            self._ups.clear()
            return
        self._ups.append(up)
        if len(self._ups) == WINDOW_S and self._dead_still():
            for i in range(len(self._dead)):
                self._dead[i] = True

    def oldest(self) -> bool | None:
        """Return whether the second `WINDOW_S` - 1 ago was off the body; None if that is unclear.

        To be asked once for each second.
        """
        self._dead_s = self._dead_s + 1 if self._dead[0] else 0
        if not self._dead_s:
            return False
        return True if self._dead_s > CERTAIN_S else None

    def newest(self) -> bool:
        """Return whether the strap lies dead still now."""
        return self._dead[-1] if self._dead else False

    def _dead_still(self) -> bool:
        total = 0.0
        for a, b, c, d, e in zip(*self._ups, strict=True):
            mean = (a + b + c + d + e) / WINDOW_S
            slope = (2 * (e - a) + d - b) / 10
            u, v, w = a - mean + 2 * slope, b - mean + slope, c - mean
            x, y = d - mean - slope, e - mean - 2 * slope
            total += u * u + v * v + w * w + x * x + y * y
            if total >= DEAD_SQUARES:
                return False
        return True

    def checkpoint(self) -> list[Any]:
        """Return plain values."""
        return [list(self._ups), list(self._dead), self._dead_s]

    def restore(self, saved: list[Any]) -> None:
        """Take up a checkpoint."""
        ups, dead, self._dead_s = saved
        self._ups.extend(tuple(up) for up in ups)
        self._dead.extend(dead)
