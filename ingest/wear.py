"""Whether the strap is on a body: no body holds as still as a desk does."""

from __future__ import annotations

from collections import deque
from math import degrees, sqrt
from typing import Final

from ingest.features import Measured

DEAD_SWAY_DEG: Final = 0.015  # breathing alone sways a worn strap by more than 0.04° (docs/metrics)
WINDOW_S: Final = 5


class WearDetector:
    """Streams seconds; a second is off the body if the upward direction stood dead still around it.

    The sway of a window of seconds is the standard deviation of their mean upward directions.
    """

    def __init__(self) -> None:
        self._ups: deque[tuple[int, tuple[float, float, float]]] = deque(maxlen=WINDOW_S)
        self._dead: deque[int] = deque(maxlen=4 * WINDOW_S)

    def feed(self, t_s: int, measured: Measured | None) -> None:
        """Take the next second."""
        if measured is None:
            self._ups.clear()
            return
        self._ups.append((t_s, measured.up))
        if len(self._ups) == WINDOW_S and self._sway_deg() < DEAD_SWAY_DEG:
            known = set(self._dead)
            self._dead.extend(s for s, _ in self._ups if s not in known)

    def off_body(self, t_s: int) -> bool:
        """Return whether a recent second was off the body."""
        return t_s in self._dead

    def _sway_deg(self) -> float:
        total = 0.0
        for axis in range(3):
            values = [up[axis] for _, up in self._ups]
            mean = sum(values) / len(values)
            total += sum((v - mean) ** 2 for v in values) / len(values)
        return degrees(sqrt(total))
