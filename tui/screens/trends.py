"""Weeks: means, comparison, a row a day, when one sits, how one is inclined, how one responds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final
from zoneinfo import ZoneInfo

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from ingest.records import NO_DATA, Event, PostureState
from monitor.summary import REFERENCE, WINDOWS_S, response_rates
from tui import past, phrases
from tui.exposures import Exposure, exposure_figures, past_hour, together
from tui.screens.task import TaskScreen
from tui.trial_figures import experiment_figures
from tui.weeks import angle_histogram, compared, hour_windows, sitting_by_hour
from tui.widgets.comparison import Comparison
from tui.widgets.days_picture import DayRow, DaysPicture
from tui.widgets.figures_table import FiguresReading, FiguresTable
from tui.widgets.heat import Heat
from tui.widgets.histogram import Histogram

if TYPE_CHECKING:
    from ingest.past.exposure import Range
    from ingest.past.history import DaySummary, History
    from ingest.store.base import Totals

REFRESH_S: Final = 10.0
LEAST_HOUR_S: Final = 300  # of sitting; hours with less are not read
SHOWN_EVERY: Final = 8
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
        self._experiment_of: dt.date | None = None
        self._read: dict[int, tuple[Totals, Exposure]] = {}

    def body(self) -> Iterable[Widget]:
        """Yield means compared, days, hours, angles, responses."""
        signs = self.dashboard.signs
        with Horizontal(id="weeks"):
            with Vertical(id="weeks-days"):
                yield Comparison(signs, id="compared", classes="card")
                yield DaysPicture(signs, title="Day by day", id="days", classes="card")
            with Vertical(id="weeks-more"):
                yield Heat(signs, title="When you sit", id="heat", classes="card")
                yield Histogram(signs, title="Hours by inclination", id="angles", classes="card")
                yield FiguresTable(signs, title="After a nudge", id="responses", classes="card")
                yield FiguresTable(
                    signs, title="Movement while sitting", id="exposure", classes="card"
                )
                yield FiguresTable(signs, title="Experiment", id="experiment", classes="card")

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
            await self._show_experiment()
            await self._read_hours(weeks.hours)

    async def _show_experiment(self) -> None:
        """Ask once a day: the newest experiment reads every half-day of its length."""
        today, zone = self.dashboard.today, self.dashboard.timezone
        if today == self._experiment_of:
            return
        found = await self.recall(
            lambda history: experiment_figures(history, today, zone), about="experiment"
        )
        if found is not None:
            self._experiment_of = today
            self.query_one("#experiment", FiguresTable).reading = FiguresReading(found)

    async def _read_hours(self, hours: list[Totals]) -> None:
        """Read the seated hours of the period one by one; again only what a revision changed."""
        seated = [
            hour
            for hour in hours
            if hour.seconds[PostureState.SITTING] >= LEAST_HOUR_S
            and hour.to_s <= self.dashboard.now_s
        ]
        unread = [h for h in seated if self._read.get(h.from_s, (None,))[0] != h]
        ranges = await self._ranges(unread)
        if ranges is None:
            return
        for left, hour in zip(range(len(unread) - 1, -1, -1), reversed(unread), strict=True):
            ask = partial(past_hour, window=(hour.from_s, hour.to_s), ranges=ranges)
            found = await self.recall(ask, about="hours")
            if found is None:
                return
            self._read[hour.from_s] = (hour, found)
            if left % SHOWN_EVERY == 0:
                self._show_exposure(seated, left)
        self._show_exposure(seated, 0)

    async def _ranges(self, hours: list[Totals]) -> Mapping[str, Range] | None:
        """Return the own ranges of some hours by calibration; None where they cannot be read."""
        if not hours:
            return {}
        from_s, to_s = hours[0].from_s, hours[-1].to_s
        return await self.recall(lambda history: history.own_ranges(from_s, to_s), about="hours")

    def _show_exposure(self, seated: list[Totals], unread: int) -> None:
        found = together(self._read[h.from_s][1] for h in seated if h.from_s in self._read)
        figures = FiguresReading(exposure_figures(found, unread=unread))
        self.query_one("#exposure", FiguresTable).reading = figures

    def _show(self, weeks: Weeks, count: int) -> None:
        now = weeks.days[-count:]
        means = self.query_one(Comparison)
        means.border_title = f"{count} days against the {count} before"
        means.reading = compared(weeks.days)
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
    rates = response_rates(events)
    if rates.within is None:
        return (("nudges answered or not", "none in this period"),)
    rows = [
        (
            f"stood up within {window_s / 60:.0f} min",
            f"{phrases.percent(share)} (published {phrases.percent(published)})",
        )
        for window_s, share, published in zip(WINDOWS_S, rates.within, REFERENCE, strict=True)
    ]
    return (("nudges", str(rates.prompts)), *rows)


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
