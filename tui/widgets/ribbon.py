"""The day as a ribbon of 5-minute cells under a clock."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from tui import phrases
from tui.lines import flowed_content, runs
from tui.ribbons import (
    CELL_MINUTES,
    RibbonReading,
    hours_shown,
    merged,
    minutes_per_column,
)
from tui.signs import Signs
from tui.widgets.picture import Picture

LEGEND: Final = ("sitting", "standing", "moving", "lying", "unknown", "off_body")
LEAST_ROWS: Final = 3  # for hours, cells and legend
HOUR_GAP: Final = 4  # an hour's label needs two cells and air


class Ribbon(Picture[RibbonReading]):
    """Hours, the ribbon itself, and what the day adds up to."""

    def draw(self, reading: RibbonReading, width: int) -> Content:
        """Return the clock, the ribbon and the legend."""
        first, last = hours_shown(reading)
        minutes = minutes_per_column(last - first, width)
        per_column = minutes // CELL_MINUTES
        cells = reading.cells[first * 60 // CELL_MINUTES : last * 60 // CELL_MINUTES]
        columns = [merged(cells[i : i + per_column]) for i in range(0, len(cells), per_column)][
            :width
        ]
        now = None
        if reading.now_cell is not None:
            now = (reading.now_cell - first * 60 // CELL_MINUTES) // per_column
        marks = Content.styled(hour_marks(first, last, minutes, width), "$quiet")
        legend = legend_of(reading, self.signs, width)
        # In a low terminal what happened counts more than when.
        above = [] if 0 < self.content_size.height < LEAST_ROWS else [marks]
        return Content("\n").join([*above, self._row(columns, now), legend])

    def _row(self, columns: list[str], now: int | None) -> Content:
        parts = [(self.signs.state[state], f"$state-{state}") for state in columns]
        if now is not None and 0 <= now < len(parts):
            sign, style = parts[now]
            parts[now] = (sign if sign != " " else self.signs.dot, f"{style} reverse")
        return Content.assemble(*runs(parts))


def legend_of(reading: RibbonReading, signs: Signs, width: int) -> Content:
    """Return each sign with what it means and how long that was, in as many lines as it takes."""
    parts = [
        Content.assemble(
            (signs.state[state], f"$state-{state}"),
            f" {phrases.STATE[state].lower()} {phrases.duration(seconds)}",
        )
        for state, seconds in reading.seconds
        if state in LEGEND and seconds >= 60
    ]
    if not parts:
        return Content.styled("nothing measured yet", "$quiet")
    return flowed_content(parts, width, "   ")


def hour_marks(first: int, last: int, minutes: int, width: int) -> str:
    """Return the hours over a ribbon, each above its first column."""
    per_hour = 60 / minutes
    every = next(n for n in (1, 2, 3, 4, 6, 12, 24) if per_hour * n >= HOUR_GAP or n == 24)
    line = [" "] * width
    for hour in range(first, last):
        at = round((hour - first) * per_hour)
        if hour % every == 0 and at + 2 <= width:
            line[at : at + 2] = f"{hour % 24:02}"
    return "".join(line).rstrip()
