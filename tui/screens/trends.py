"""Four weeks, a row a day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from textual import work
from textual.widget import Widget

from ingest.records import NO_DATA, PostureState
from tui import past
from tui.screens.task import TaskScreen
from tui.widgets.days_picture import DayRow, DaysPicture
from tui.widgets.figures_table import FiguresReading, FiguresTable

if TYPE_CHECKING:
    from ingest.history import DaySummary

REFRESH_S: Final = 10.0
DAYS: Final = 28  # the default of every trend: small changes take weeks


class TrendsScreen(TaskScreen):
    """28 days and what they add up to."""

    def body(self) -> Iterable[Widget]:
        """Yield means and days."""
        signs = self.dashboard.signs
        yield FiguresTable(
            signs, title="28 days: means of the days worn", id="trend-figures", classes="card"
        )
        yield DaysPicture(signs, title="Day by day", id="days", classes="card")

    def on_mount(self) -> None:
        """Keep the days up to date."""
        self.set_interval(REFRESH_S, self.refresh_days)
        self.refresh_days()

    @work(exclusive=True, group="days", exit_on_error=False)
    async def refresh_days(self) -> None:
        """Ask the history for the days and draw them."""
        last = self.dashboard.today
        days = await self.recall(lambda history: history.days(last, DAYS))
        if days is None:
            return
        self.query_one(FiguresTable).reading = FiguresReading(past.trend_figures(days))
        self.query_one(DaysPicture).reading = tuple(_row(day) for day in reversed(days))


def _row(day: DaySummary) -> DayRow:
    hidden = (NO_DATA, PostureState.OFF_BODY)
    return DayRow(
        date=day.date,
        seconds=tuple((key, s) for key, s in day.totals.seconds.items() if key not in hidden),
        long_s=day.long_sitting_s,
        longest_s=day.longest_sitting_s,
        breaks=day.breaks,
        known=day.totals.known_share,
        valid=past.valid(day),
    )
