"""An angle over time, with upright, and a band where one is aimed at."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from tui import phrases
from tui.lines import runs
from tui.plots import Frame, line_plot
from tui.traces import TraceReading
from tui.widgets.picture import Picture

AXIS: Final = 6  # cells for the scale on the left


class Trace(Picture[TraceReading]):
    """A line plot as high as its place."""

    def draw(self, reading: TraceReading, width: int) -> Content:
        """Return the plot with its scale."""
        height = max(2, self.content_size.height - 1)
        frame = Frame(
            reading.x_from,
            reading.x_to,
            reading.low_deg,
            reading.high_deg,
            max(4, width - AXIS),
            height,
        )
        rows = line_plot(reading.points, frame, self.signs)
        aim = line_plot(reading.target, frame, self.signs) if reading.target else None
        lines = [
            Content.assemble(
                (self._scale(reading, frame, y), "$quiet"),
                *self._cells(reading, frame, y, rows[y], aim[y] if aim else ""),
            )
            for y in range(height)
        ]
        room = max(0, width - AXIS - len(reading.left))
        lines.append(
            Content.styled(" " * AXIS + reading.left + reading.right.rjust(room), "$quiet")
        )
        return Content("\n").join(lines)

    def _scale(self, reading: TraceReading, frame: Frame, y: int) -> str:
        if y == frame.row(0) and reading.low_deg <= 0 <= reading.high_deg:
            angle: float | None = 0
        else:
            angle = {0: reading.high_deg, frame.height - 1: reading.low_deg}.get(y)
        text = "" if angle is None else phrases.signed_degrees(angle, self.signs)
        return f"{text:>{AXIS - 1}} "

    def _cells(
        self, reading: TraceReading, frame: Frame, y: int, row: str, aim: str
    ) -> list[tuple[str, str]]:
        zero = y == frame.row(0) and reading.low_deg <= 0 <= reading.high_deg
        inside = reading.band is not None and (
            frame.row(reading.band[1]) <= y <= frame.row(reading.band[0])
        )
        ground = " on $band" if inside else ""
        edge = reading.band is not None and y in (
            frame.row(reading.band[0]),
            frame.row(reading.band[1]),
        )
        parts = []
        for x, sign in enumerate(row):
            other = aim[x] if aim else " "
            if sign != " ":
                parts.append((sign, f"$primary{ground}"))
            elif other != " ":
                parts.append((other, f"$accent{ground}"))
            else:
                empty = self.signs.track if zero else self.signs.dot if edge and x % 2 else " "
                parts.append((empty, f"$quiet{ground}"))
        return runs(parts)
