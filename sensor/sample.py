"""The one shape in which samples leave the sensor stage."""

from __future__ import annotations

from dataclasses import dataclass
from operator import lt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STANDARD_GRAVITY_MS2 = 9.80665
FEW = 50


@dataclass(slots=True)  # not frozen: that triples its cost, for every notification
class ImuBatch:
    """A run of consecutive samples on the Timeline.

    Attributes:
        t: (n,) seconds on the Timeline (UTC), strictly increasing, n >= 1.
        acc: (n, 3) specific force in m/s², sensor frame; a strap at rest reads +g upwards.
        gyro: (n, 3) angular rate in rad/s, sensor frame, or None where the strap has no gyroscope.
        lost: samples known to be missing directly before this batch (0 when none are).
        backfill: these samples arrived late, from the strap's buffer, and lie in the gap that an
            earlier batch announced by `lost`; their t is before that of batches already given.
    """

    t: Floats
    acc: Floats
    gyro: Floats | None
    lost: int = 0
    backfill: bool = False

    def __post_init__(self) -> None:
        t = self.t
        n = t.shape[0]
        if t.ndim != 1 or n == 0:
            raise ValueError(f"t must be (n,) with n >= 1, got shape {t.shape}")
        if self.acc.shape != (n, 3):
            raise ValueError(f"acc must be ({n}, 3), got {self.acc.shape}")
        if self.gyro is not None and self.gyro.shape != (n, 3):
            raise ValueError(f"gyro must be ({n}, 3) or None, got {self.gyro.shape}")
        if self.lost < 0:
            raise ValueError(f"lost must not be negative, got {self.lost}")
        if not (_few_grow(t) if n < FEW else (t[1:] > t[:-1]).all()):
            raise ValueError("t must be strictly increasing")

    def __len__(self) -> int:
        return int(self.t.shape[0])


def _few_grow(t: Floats) -> bool:
    """Tell whether stamps grow; for a notification's few Python takes a third of NumPy's time."""
    stamps = t.tolist()
    return all(map(lt, stamps, stamps[1:]))
