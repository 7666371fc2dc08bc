"""The poses of a calibration, and whether the strap is still enough for one; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import pstdev
from typing import Final

from tui.plots import Point

STILL_S: Final = 4.0  # what ingest averages for a pose
STILL_DEG: Final = 1.0
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


def sway_deg(points: Sequence[Point], now_s: float) -> float | None:
    """Return how much the angle moved in the last 4 s (standard deviation), or None unknown."""
    recent = [angle for t_s, angle in points if now_s - STILL_S <= t_s <= now_s]
    return pstdev(recent) if len(recent) >= LEAST_POINTS else None


def still(sway: float | None) -> bool | None:
    """Return whether that is still enough for a pose, or None where it cannot be told."""
    return None if sway is None else sway <= STILL_DEG
