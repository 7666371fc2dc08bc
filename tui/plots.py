"""Line plots of text: braille dots (2 by 4 in a cell), or one ASCII sign in a cell; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tui.signs import Signs

Point = tuple[float, float]

_BRAILLE: Final = 0x2800
_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_ASCII: Final = ("'", "-", ".")  # upper, middle, lower third of a cell
MAX_GAP: Final = 6  # dots: a longer stretch without points is a gap, not a line


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of the plane that is drawn, and its size in cells."""

    x_from: float
    x_to: float
    y_from: float
    y_to: float
    width: int
    height: int

    def column(self, x: float) -> int:
        """Return the cell column of an x, clamped."""
        share = (x - self.x_from) / (self.x_to - self.x_from)
        return min(max(int(share * self.width), 0), self.width - 1)

    def row(self, y: float) -> int:
        """Return the cell row of a y from the top, clamped."""
        share = (self.y_to - y) / (self.y_to - self.y_from)
        return min(max(int(share * self.height), 0), self.height - 1)


def line_plot(points: Iterable[Point], frame: Frame, signs: Signs) -> list[str]:
    """Return `frame.height` rows of `frame.width` cells with a line through the points.

    Points must be in order of x. Values beyond the frame lie on its edge, so that they are seen.
    """
    across, down = (1, 3) if signs.ascii else (2, 4)
    fine = Frame(
        frame.x_from,
        frame.x_to,
        frame.y_from,
        frame.y_to,
        frame.width * across,
        frame.height * down,
    )
    dots: set[tuple[int, int]] = set()
    last: tuple[int, int] | None = None
    for x, y in points:
        here = (fine.column(x), fine.row(y))
        if last is None or here[0] - last[0] > MAX_GAP:
            dots.add(here)
        else:
            dots.update(_between(last, here))
        last = here
    return _ascii(dots, frame) if signs.ascii else _braille(dots, frame)


def _between(a: tuple[int, int], b: tuple[int, int]) -> Iterable[tuple[int, int]]:
    steps = max(abs(b[0] - a[0]), abs(b[1] - a[1]), 1)
    for i in range(steps + 1):
        yield (
            a[0] + round((b[0] - a[0]) * i / steps),
            a[1] + round((b[1] - a[1]) * i / steps),
        )


def _braille(dots: set[tuple[int, int]], frame: Frame) -> list[str]:
    cells = [[0] * frame.width for _ in range(frame.height)]
    for x, y in dots:
        cells[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
    return ["".join(chr(_BRAILLE + cell) if cell else " " for cell in row) for row in cells]


def _ascii(dots: set[tuple[int, int]], frame: Frame) -> list[str]:
    cells = [[" "] * frame.width for _ in range(frame.height)]
    for x, y in sorted(dots):
        cells[y // 3][x] = _ASCII[y % 3]
    return ["".join(row) for row in cells]
