"""One day: the whole ribbon, its figures, its bouts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import DataTable

from tui import past, phrases
from tui.happenings import happenings
from tui.readings import local
from tui.ribbons import ribbon_reading
from tui.screens.bout import BoutScreen
from tui.screens.note import NoteScreen
from tui.screens.task import TaskScreen
from tui.widgets.day_picture import DayPicture
from tui.widgets.figures_table import FiguresReading, FiguresTable
from tui.widgets.story import Story

if TYPE_CHECKING:
    from ingest.past.history import Day
    from ingest.records import Bout

REFRESH_S: Final = 5.0
BOUT_COLUMNS: Final = ("from", "to", "state", "  length", "mean angle")


class DayScreen(TaskScreen):
    """A day in 5-minute cells."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "other_day(-1)", "Day before", id="day.before"),
        Binding("l,right", "other_day(1)", "Day after", id="day.after"),
        Binding("t", "today", "Today", id="day.today"),
        Binding("a", "annotate", "Note", id="day.note", tooltip="Write a note about this moment"),
        Binding("s", "story", "Events", id="day.story", tooltip="Go to what happened, or back"),
        Binding(
            "enter",
            "open",
            "Open bout",
            id="day.open",
            tooltip="Show the bout's angles",
            priority=True,  # the table's own Enter would hide it from the line of keys
        ),
    ]

    AUTO_FOCUS = "#bouts"

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        self.days_back = 0
        self._bouts: dict[str, Bout] = {}

    def body(self) -> Iterable[Widget]:
        """Yield ribbon, figures, bouts."""
        signs = self.dashboard.signs
        yield DayPicture(signs, id="day-picture", classes="card")
        yield FiguresTable(signs, title="Figures", id="day-figures", classes="card")
        with Horizontal(id="day-lists"):
            yield DataTable(id="bouts", cursor_type="row", zebra_stripes=False)
            story = Story(signs, title="What happened", id="day-story", classes="card")
            story.can_focus = True
            yield story

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

    def action_story(self) -> None:
        """Go to what happened, or back to the bouts."""
        story = self.query_one(Story)
        (self.query_one(DataTable) if story.has_focus else story).focus()

    def action_open(self) -> None:
        """Open the bout under the cursor."""
        table = self.query_one(DataTable)
        if table.row_count:
            cell = table.coordinate_to_cell_key(table.cursor_coordinate)
            self.app.push_screen(BoutScreen(self._bouts[cell.row_key.value or ""]))

    def action_annotate(self) -> None:
        """Ask for a note and keep it as a mark."""
        self.app.push_screen(NoteScreen(), self._noted)

    def _noted(self, note: str | None) -> None:
        if note is not None:
            args = {"note": note, "at_s": self.dashboard.now_s}
            self.dashboard.ask("mark", args, "Note saved.")

    @on(DataTable.RowSelected)
    def _bout_selected(self) -> None:
        self.action_open()

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
        self.query_one(Story).reading = tuple(
            (f"{local(item.t_s, self.dashboard.timezone):%H:%M}", item)
            for item in happenings(day.events)
        )
        table, bouts = self.query_one(DataTable), {str(b.start_ms): b for b in day.bouts}
        table.display = bool(bouts)
        if bouts != self._bouts:
            self._bouts = bouts
            self._fill(table)

    def _fill(self, table: DataTable[object]) -> None:
        row = table.cursor_row
        table.clear()
        zone = self.dashboard.timezone
        for key, bout in reversed(self._bouts.items()):
            start, end = local(bout.start_ms / 1000, zone), local(bout.end_ms / 1000, zone)
            mean = bout.mean_sagittal_deg
            table.add_row(
                f"{start:%H:%M}",
                f"{end:%H:%M}",
                phrases.STATE[bout.state].lower(),
                f"{phrases.duration((bout.end_ms - bout.start_ms) / 1000):>8}",
                "—" if mean is None else f"{phrases.signed_degrees(mean, self.dashboard.signs):>6}",
                key=key,
            )
        table.move_cursor(row=row)
