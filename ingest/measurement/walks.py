"""What walks say of upright: a wearer walks much the same way all day, a slipped strap does not.

A walk's mean direction lies close to standing, but not in it. How far is learned where both are
known. On recordings of nine people at L5 that differs as much between one person's walks (1.9°) as
between people (1.8°), so the mean of n walks counts n / (n + 1), which is the best linear guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ingest.measurement.calibration import mean_up
from ingest.measurement.features import Measured
from ingest.measurement.inclination import WearerFrame
from ingest.measurement.slip import apart_deg, carried
from sensor.sample import Floats

SLIP_DEG: Final = 6.0  # two walks in a row that far from upright: the strap slipped
SLIP_AT_ONCE_DEG: Final = 15.0  # one walk suffices
LONG_WALK_S: Final = 40  # such a walk counts as two, if both halves agree
MOST_WALKS: Final = 8  # that are averaged; older ones fade, since a belt creeps


@dataclass(slots=True)
class Walks:
    """What the walks since the last pose or slip have in common.

    Attributes:
        offset: (3,) mean difference of walking from the pose, sensor frame.
        offsets: how many walks that is the mean of.
        mean: (3,) mean direction of the walks since the strap was last put on or slipped, or None
            while a pose tells upright and walks only teach the offset.
        walked: how many walks that is the mean of.
        slips: walks in a row that were far off, as halves of long ones.
    """

    offset: Floats = field(default_factory=lambda: np.zeros(3))
    offsets: int = 0
    mean: Floats | None = None
    walked: int = 0
    slips: int = 0

    def slipped(self, walk: Sequence[Measured], upright: Floats) -> bool:
        """Return whether this walk shows, alone or with those before, that the strap moved."""
        off_deg = apart_deg(self._expected(upright), mean_up(walk))
        if self.mean is None and not self.offsets:
            return off_deg > SLIP_AT_ONCE_DEG  # nobody knows yet how this wearer walks
        half = len(walk) // 2
        halves = (walk[:half], walk[half:]) if len(walk) >= LONG_WALK_S else (walk,)
        expected = self._expected(upright)
        far = all(apart_deg(expected, mean_up(part)) > SLIP_DEG for part in halves)
        self.slips = self.slips + len(halves) if far else 0
        return self.slips >= 2 or off_deg > SLIP_AT_ONCE_DEG

    def add(self, up: Floats, upright: Floats) -> Floats | None:
        """Take a walk that was as expected; return upright (3,) where walks tell it."""
        if self.slips:
            return None  # far, but not yet certainly a slip
        if self.mean is None:
            self.offsets = min(self.offsets + 1, MOST_WALKS)
            self.offset = self.offset + (up - upright - self.offset) / self.offsets
            return None
        self.walked = min(self.walked + 1, MOST_WALKS)
        self.mean = self.mean + (up - self.mean) / self.walked
        return self.mean - self._usual()

    def begin_again(self, up: Floats, old: WearerFrame) -> WearerFrame:
        """Return the frame of a strap that was found moved by a walk of direction `up`.

        The wearer walks as before, so the usual difference from upright turns with the strap.
        """
        forward = np.array(old.forward) if old.mediolateral_known else None
        self.offset = carried(self.offset, old, WearerFrame.of(up, forward))
        self.mean, self.walked, self.slips = up, 1, 0
        return WearerFrame.of(up - self._usual(), forward)

    def _usual(self) -> Floats:
        return np.asarray(self.offset * (self.offsets / (self.offsets + 1)))

    def _expected(self, upright: Floats) -> Floats:
        return upright + self._usual() if self.mean is None else self.mean

    def checkpoint(self) -> list[Any]:
        """Return plain values."""
        mean = None if self.mean is None else self.mean.tolist()
        return [self.offset.tolist(), self.offsets, mean, self.walked, self.slips]

    @classmethod
    def restored(cls, saved: list[Any]) -> Walks:
        """Return what a checkpoint holds."""
        offset, offsets, mean, walked, slips = saved
        return cls(
            np.array(offset), offsets, None if mean is None else np.array(mean), walked, slips
        )
