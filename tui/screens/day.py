"""One day: the whole ribbon, its figures, its bouts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Static

from tui import past, phrases
from tui.readings import local
from tui.ribbons import ribbon_reading
from tui.screens.task import TaskScreen
from tui.widgets.day_picture import DayPicture
from tui.widgets.figures_table import FiguresReading, FiguresTable

if TYPE_CHECKING:
    from ingest.history import Day

REFRESH_S: Final = 5.0
BOUT_COLUMNS: Final = ("from", "to", "state", "length", "mean angle")


class DayScreen(TaskScreen):
    """A day in 5-minute cells."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "other_day(-1)", "Day before", id="day.before"),
        Binding("right,l", "other_day(1)", "Day after", id="day.after"),
        Binding("t", "today", "Today", id="day.today"),
    ]

    days_back = 0

    def body(self) -> Iterable[Widget]:
        """Yield ribbon, figures, bouts."""
        signs = self.dashboard.signs
        yield DayPicture(signs, id="day-picture", classes="card")
        yield FiguresTable(signs, title="Figures", id="day-figures", classes="card")
        yield DataTable(id="bouts", cursor_type="row", zebra_stripes=False)
        yield Static("", id="day-empty")

    def on_mount(self) -> None:
        """Prepare the table and keep the day up to date."""
        table = self.query_one(DataTable)
        for name in BOUT_COLUMNS:
            table.add_column(name, key=name)
        self.set_interval(REFRESH_S, self.refresh_day)
        self.refresh_day()

    def action_other_day(self, step: int) -> None:
        """Go one day back or forth; there is no day after today."""
        self.days_back = max(0, self.days_back - step)
        self.refresh_day()

    def action_today(self) -> None:
        """Go to today."""
        self.days_back = 0
        self.refresh_day()

    @work(exclusive=True, group="day", exit_on_error=False)
    async def refresh_day(self) -> None:
        """Ask the history for the day and draw it."""
        date = self.dashboard.today - dt.timedelta(days=self.days_back)
        day = await self.recall(lambda history: history.day(date))
        if day is not None:
            self._show(day)

    def _show(self, day: Day) -> None:
        picture = self.query_one(DayPicture)
        picture.border_title = f"{day.date:%A %d %B %Y}"
        picture.reading = ribbon_reading(day.cells)
        self.query_one(FiguresTable).reading = FiguresReading(past.day_figures(day))
        table = self.query_one(DataTable)
        if table.row_count != len(day.bouts):
            self._fill(table, day)

    def _fill(self, table: DataTable[object], day: Day) -> None:
        table.clear()
        zone = self.dashboard.timezone
        for bout in reversed(day.bouts):
            start, end = local(bout.start_ms / 1000, zone), local(bout.end_ms / 1000, zone)
            mean = bout.mean_sagittal_deg
            table.add_row(
                f"{start:%H:%M}",
                f"{end:%H:%M}",
                phrases.STATE[bout.state].lower(),
                f"{phrases.duration((bout.end_ms - bout.start_ms) / 1000):>8}",
                "—" if mean is None else f"{phrases.signed_degrees(mean, self.dashboard.signs):>6}",
                key=str(bout.start_ms),
            )
