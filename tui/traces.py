"""What a plot of an angle over time shows."""

from __future__ import annotations

from dataclasses import dataclass

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
