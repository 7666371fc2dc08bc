"""When upright cannot be what it is taken for.

It may have been learned in a bag that was carried, or before the strap was put on the other way
round. A body then seems to lie for hours. What it cannot do tells: nobody walks tilted by 45°, and
nobody hangs head down.
"""

from __future__ import annotations

from typing import Any, Final

STRANGE_S: Final = 5  # a hand that lifts the strap, or a fall, is over by then
LIKELY_S: Final = 5  # as long upright again, and upright is believed again
WALK_DEG: Final = 45.0  # nobody walks further tilted than this
INVERTED_DEG: Final = 125.0  # nobody lies further tilted than this
WALK_S: Final = 10  # as long as a walk that is taken for a reference


class Doubt:
    """Streams seconds and says how far upright can be believed.

    Attributes:
        doubted: whether upright contradicts what the body does.
        reworn: whether the strap was off the body since upright was last seen: it sits otherwise
            then, by some degrees.
    """

    def __init__(self) -> None:
        self.doubted = self.reworn = False
        self._strange_s = self._likely_s = self._walked_s = 0

    def feed(self, tilt_deg: float | None, *, walking: bool) -> None:
        """Take the next second's tilt from upright, None where there is no upright."""
        self._walked_s = self._walked_s + 1 if walking else 0
        if self._walked_s >= WALK_S:
            self.reworn = False
        if tilt_deg is None:
            self.doubted, self._strange_s, self._likely_s = False, 0, 0
            return
        strange = tilt_deg > INVERTED_DEG or (walking and tilt_deg > WALK_DEG)
        self._strange_s = self._strange_s + 1 if strange else 0
        self._likely_s = self._likely_s + 1 if tilt_deg < WALK_DEG else 0
        if self._strange_s >= STRANGE_S:
            self.doubted = True
        elif self._likely_s >= LIKELY_S:
            self.doubted = False

    def checkpoint(self) -> list[Any]:
        """Return plain values."""
        return [self.doubted, self.reworn, self._strange_s, self._likely_s, self._walked_s]

    def restore(self, saved: list[Any]) -> None:
        """Take up a checkpoint."""
        self.doubted, self.reworn, self._strange_s, self._likely_s, self._walked_s = saved
