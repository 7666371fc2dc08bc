"""A whole day: rows of 5-minute cells, as many hours a row as fit."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from ingest.records import NO_DATA
from tui.lines import runs
from tui.ribbons import CELL_MINUTES, RibbonReading, hours_shown
from tui.widgets.picture import Picture
from tui.widgets.ribbon import hour_marks, legend_of

PER_HOUR: Final = 60 // CELL_MINUTES
ROW_HOURS: Final = (24, 12, 8, 6, 4, 3, 2, 1)


class DayPicture(Picture[RibbonReading]):
    """Every 5 minutes of the day with its own sign."""

    def draw(self, reading: RibbonReading, width: int) -> Content:
        """Return a clock and a ribbon for each row of hours, and what the signs mean."""
        if all(state == NO_DATA for state in reading.cells):
            return Content.styled("nothing measured on this day", "$quiet")
        per_row = next((n for n in ROW_HOURS if n * PER_HOUR <= width), 1)
        first, last = hours_shown(reading)
        first, last = first // per_row * per_row, -(-last // per_row) * per_row
        lines = []
        for hour in range(first, last, per_row):
            cells = reading.cells[hour * PER_HOUR : (hour + per_row) * PER_HOUR]
            marks = hour_marks(hour, hour + per_row, CELL_MINUTES, width)
            lines += [Content.styled(marks, "$quiet"), self._cells(cells)]
        return Content("\n").join([*lines, legend_of(reading, self.signs, width)])

    def _cells(self, cells: tuple[str, ...]) -> Content:
        parts = [
            (self.signs.state[state] if state != NO_DATA else self.signs.dot, f"$state-{state}")
            for state in cells
        ]
        return Content.assemble(*runs(parts))
