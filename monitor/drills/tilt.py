"""How far, and which way, the lower back has tilted from where it started.

Everything is computed from the upward unit vector in the wearer's frame (up, right, forward), so it
works lying down as well. The angle does not depend on how the strap is turned round the trunk; the
direction does, which is why it is only checked roughly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Tilt:
    """A tilt away from neutral.

    Attributes:
        forward_deg: part in the sagittal plane, + forward.
        right_deg: part in the frontal plane, + right.
    """

    forward_deg: float
    right_deg: float

    @property
    def size_deg(self) -> float:
        """Return the whole angle between the two directions of gravity."""
        return math.hypot(self.forward_deg, self.right_deg)

    def along(self, direction_rad: float) -> float:
        """Return the signed part along a direction (0 is forward, pi/2 is right)."""
        return self.forward_deg * math.cos(direction_rad) + self.right_deg * math.sin(direction_rad)

    @property
    def direction_rad(self) -> float:
        """Return the direction of the tilt: 0 is forward, pi/2 is right."""
        return math.atan2(self.right_deg, self.forward_deg)


def tilt_between(neutral: Vector, up: Vector) -> Tilt:
    """Return the tilt from `neutral` to `up` (both unit vectors), exact in size."""
    cosine = max(-1.0, min(1.0, _dot(neutral, up)))
    across = (
        up[0] - cosine * neutral[0],
        up[1] - cosine * neutral[1],
        up[2] - cosine * neutral[2],
    )
    length = math.sqrt(_dot(across, across))
    if length < 1e-9:
        return Tilt(0.0, 0.0)
    size_deg = math.degrees(math.acos(cosine))
    # how gravity moves in the wearer's frame when the trunk turns forward, or to the right
    forward = (neutral[2], 0.0, -neutral[0])
    if _dot(forward, forward) < 1e-6:  # lying exactly on a side: only rolling can be seen
        forward = (0.0, 0.0, -1.0)
    forward = _unit(forward)
    right = _cross(forward, neutral)
    scale = size_deg / length
    return Tilt(scale * _dot(across, forward), scale * _dot(across, right))


def mean_direction(vectors: list[Vector]) -> Vector:
    """Return the unit vector in the middle of some unit vectors."""
    return _unit(
        (
            sum(vector[0] for vector in vectors),
            sum(vector[1] for vector in vectors),
            sum(vector[2] for vector in vectors),
        )
    )


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def _unit(a: Vector) -> Vector:
    length = math.sqrt(_dot(a, a)) or 1.0
    return (a[0] / length, a[1] / length, a[2] / length)
