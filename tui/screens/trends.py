"""Weeks: means, comparison, a row a day, when one sits, how one is inclined, how one responds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final
from zoneinfo import ZoneInfo

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from ingest.records import NO_DATA, Event, PostureState
from tui import past, phrases
from tui.responses import PUBLISHED, WITHIN_MIN, response_rate
from tui.screens.task import TaskScreen
from tui.weeks import angle_histogram, compared, hour_windows, sitting_by_hour
from tui.widgets.comparison import Comparison
from tui.widgets.days_picture import DayRow, DaysPicture
from tui.widgets.figures_table import FiguresReading, FiguresTable
from tui.widgets.heat import Heat
from tui.widgets.histogram import Histogram

if TYPE_CHECKING:
    from ingest.history import DaySummary, History
    from ingest.store.base import Totals

REFRESH_S: Final = 10.0
PERIODS: Final = (28, 7)  # 28 is the default of every trend: small changes take weeks


@dataclass(frozen=True, slots=True)
class Weeks:
    """Everything this screen asks the history for."""

    days: list[DaySummary]
    hours: list[Totals]
    responses: list[Event]


class TrendsScreen(TaskScreen):
    """A period, and the one before it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "period", "7 or 28 days", id="trends.period", tooltip="Week or four weeks"),
    ]

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        self._period = 0

    def body(self) -> Iterable[Widget]:
        """Yield means, comparison, days, hours, angles, responses."""
        signs = self.dashboard.signs
        with Horizontal(id="weeks"):
            with Vertical(id="weeks-days"):
                yield FiguresTable(signs, id="trend-figures", classes="card")
                yield DaysPicture(signs, title="Day by day", id="days", classes="card")
            with Vertical(id="weeks-more"):
                yield Comparison(
                    signs, title="Against the period before", id="compared", classes="card"
                )
                yield Heat(signs, title="When you sit", id="heat", classes="card")
                yield Histogram(signs, title="Hours by inclination", id="angles", classes="card")
                yield FiguresTable(signs, title="After a nudge", id="responses", classes="card")

    def on_mount(self) -> None:
        """Keep the days up to date."""
        self.set_interval(REFRESH_S, self.refresh_days)
        self.refresh_days()

    def action_period(self) -> None:
        """Show the other period."""
        self._period = (self._period + 1) % len(PERIODS)
        self.refresh_days()

    @work(exclusive=True, group="days", exit_on_error=False)
    async def refresh_days(self) -> None:
        """Ask the history for the days and draw them."""
        count, last, zone = PERIODS[self._period], self.dashboard.today, self.dashboard.timezone
        weeks = await self.recall(lambda history: asked(history, last, count, zone))
        if weeks is not None:
            self._show(weeks, count)

    def _show(self, weeks: Weeks, count: int) -> None:
        now = weeks.days[-count:]
        figures = self.query_one("#trend-figures", FiguresTable)
        figures.border_title = f"{count} days: means of the days worn"
        figures.reading = FiguresReading(past.trend_figures(now))
        self.query_one(Comparison).reading = compared(weeks.days)
        self.query_one(DaysPicture).reading = tuple(_row(day) for day in reversed(now))
        zone = self.dashboard.timezone
        self.query_one(Heat).reading = sitting_by_hour(weeks.hours, zone)
        self.query_one(Histogram).reading = angle_histogram(weeks.hours)
        responses = self.query_one("#responses", FiguresTable)
        responses.reading = FiguresReading(_responses(weeks.responses))


def asked(history: History, last: dt.date, count: int, zone: ZoneInfo) -> Weeks:
    """Return what a period needs, in three questions."""
    windows = hour_windows(last, count, zone)
    events = history.events(windows[0][0], windows[-1][1], ("response",))
    return Weeks(
        days=history.days(last, 2 * count),
        hours=history.totals(windows),
        responses=[stored.event for stored in events],
    )


def _responses(events: list[Event]) -> tuple[tuple[str, str], ...]:
    rate = response_rate(events)
    if rate.within is None:
        return (("nudges answered or not", "none in this period"),)
    rows = [
        (
            f"stood up within {minutes} min",
            f"{phrases.percent(share)} (published {phrases.percent(published)})",
        )
        for minutes, share, published in zip(WITHIN_MIN, rate.within, PUBLISHED, strict=True)
    ]
    return (("nudges", str(rate.prompts)), *rows)


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
