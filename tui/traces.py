"""What a plot of an angle over time shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tui.plots import Point


@dataclass(frozen=True, slots=True)
class TraceReading:
    """Angles in degrees over seconds.

    Attributes:
        points: (time, degrees) in order.
        x_from, x_to: seconds at the left and right edge.
        low_deg, high_deg: the scale.
        band: degrees aimed at, or None.
        left, right: words under the edges.
        target: (time, degrees) of a line to follow, or ().
    """

    points: tuple[Point, ...]
    x_from: float
    x_to: float
    low_deg: float
    high_deg: float
    band: tuple[float, float] | None = None
    left: str = ""
    right: str = ""
    target: tuple[Point, ...] = ()


MOVEMENT_S: Final = 15.0


def movement(
    angles: Iterable[Point],
    neutral_deg: float,
    now_s: float,
    scale_deg: tuple[float, float],
    band: tuple[float, float] | None,
    *,
    target: tuple[Point, ...] = (),
    ahead_s: float = 0.0,
    rate: float = 1.0,
) -> TraceReading:
    """Return the last 15 s of a movement in degrees from neutral, moving on twice a second.

    On a timeline of another `rate` these are seconds of the wall, so that one sees as much.
    """
    right = now_s * 2 // 1 / 2
    left = right - MOVEMENT_S * max(1.0, rate)
    return TraceReading(
        points=tuple((t_s, angle - neutral_deg) for t_s, angle in angles if t_s >= left),
        x_from=left,
        x_to=right + ahead_s,
        low_deg=round(scale_deg[0]),
        high_deg=round(scale_deg[1]),
        band=band,
        left=f"{MOVEMENT_S:g} s ago",
        right=f"in {ahead_s:g} s" if ahead_s else "now",
        target=target,
    )
