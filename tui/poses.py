"""The poses of a calibration, and whether the strap is still enough for one; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import pstdev
from typing import Final

from tui.plots import Point

STILL_S: Final = 4.0  # what ingest averages for a pose
STILL_DEG: Final = 1.0
FRESH_WALL_S: Final = 2.0  # a strap that says nothing for so long says nothing of now
LEAST_POINTS: Final = 3


@dataclass(frozen=True, slots=True)
class Pose:
    """One step of the wizard.

    Attributes:
        step: its name in the command.
        title, how: for the wearer.
        still: whether it asks for stillness, or for a movement.
        why: what is gained by it.
        optional: whether the wizard can go on without it.
    """

    step: str
    title: str
    how: str
    still: bool
    why: str
    optional: bool


POSES: Final = (
    Pose(
        "upright",
        "Stand upright",
        "Stand relaxed, look ahead, and stay still for 4 s. Then press Space.",
        still=True,
        why="From here every angle is counted.",
        optional=False,
    ),
    Pose(
        "bend",
        "Bend forward once",
        "Bend forward slowly by about 30 degrees and come up again. Then press Space.",
        still=False,
        why="It tells forward from sideways, however the strap sits.",
        optional=True,
    ),
    Pose(
        "slump",
        "Sit slumped",
        "Sit down, let yourself sink as far as is comfortable, stay 4 s. Then press Space.",
        still=True,
        why="One end of your own range.",
        optional=True,
    ),
    Pose(
        "lean_back",
        "Lean back",
        "Lean back in your chair, stay 4 s. Then press Space.",
        still=True,
        why="The other end of your own range.",
        optional=True,
    ),
)


def sway_deg(points: Sequence[Point], now_s: float, *, rate: float = 1.0) -> float | None:
    """Return how much the angle moved in the last 4 s (standard deviation), or None unknown.

    On a timeline of a high `rate` fewer angles than seconds arrive: then it is that of the last
    three, as long as they are fresh.
    """
    past = [point for point in points if point[0] <= now_s]
    if not past or now_s - past[-1][0] > FRESH_WALL_S * max(1.0, rate):
        return None
    from_s = past[-1][0] - STILL_S
    recent = [angle for t_s, angle in past if t_s >= from_s]
    if len(recent) < LEAST_POINTS and rate > 1.0:
        recent = [angle for _, angle in past[-LEAST_POINTS:]]
    return pstdev(recent) if len(recent) >= LEAST_POINTS else None


def still(sway: float | None) -> bool | None:
    """Return whether that is still enough for a pose, or None where it cannot be told."""
    return None if sway is None else sway <= STILL_DEG
