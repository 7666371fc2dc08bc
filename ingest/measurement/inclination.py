"""From the upward direction in the sensor to the wearer's angles.

Wearer's frame: up, right, forward. `sagittal` is positive forward, `frontal` positive to the right;
both are the inclination of the lumbar segment to gravity, not lumbar flexion.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, atan2, degrees

import numpy as np

from sensor.sample import Floats

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class WearerFrame:
    """How the strap sits on the wearer: three orthonormal axes in the sensor frame.

    Attributes:
        up: (3,) upwards when the wearer is upright.
        right: (3,) to the wearer's right.
        forward: (3,) to the wearer's front.
        mediolateral_known: whether right and forward were measured; if not they are a guess from
            how the strap is meant to be worn.
    """

    up: Vector
    right: Vector
    forward: Vector
    mediolateral_known: bool

    @classmethod
    def of(cls, up: Floats, forward: Floats | None) -> WearerFrame:
        """Return the frame of an upward and a roughly forward direction, sensor frame.

        Without a forward direction the strap's z axis is taken to point forward (or its y axis,
        should z be vertical).
        """
        up = up / np.linalg.norm(up)
        guess = np.array([0.0, 0.0, 1.0]) if abs(up[2]) < 0.8 else np.array([0.0, 1.0, 0.0])
        front = guess if forward is None else forward
        front = front - up * (front @ up)
        front = front / np.linalg.norm(front)
        return cls(_plain(up), _plain(np.cross(front, up)), _plain(front), forward is not None)

    def angles_deg(self, up: Vector) -> tuple[float, float]:
        """Return (sagittal, frontal) in degrees of an upward unit vector in the sensor frame."""
        return angles_of(self.components(up))

    def components(self, up: Vector) -> Vector:
        """Return the upward vector in the wearer's frame (up, right, forward)."""
        x, y, z = up
        (a, b, c), (d, e, f), (g, h, k) = self.up, self.right, self.forward
        return x * a + y * b + z * c, x * d + y * e + z * f, x * g + y * h + z * k


def angles_of(components: Vector) -> tuple[float, float]:
    """Return (sagittal, frontal) in degrees of an upward unit vector in the wearer's frame."""
    vertical, right, forward = components
    return degrees(atan2(-forward, vertical)), degrees(asin(min(1.0, max(-1.0, -right))))


def _plain(v: Floats) -> Vector:
    return float(v[0]), float(v[1]), float(v[2])
