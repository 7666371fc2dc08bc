"""The body now: state, inclination, stretch, sitting credit, the day so far, the apparatus."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import partial
from typing import Final

from textual import work
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from monitor.goals import FIRST_H, GOAL_DAYS, goal_h
from tui import past
from tui.exposures import USUAL_DAYS, Exposure, last_hour, past_hour, together, usual_hours
from tui.happenings import happenings
from tui.live import Live
from tui.readings import (
    Scale,
    bout_reading,
    gauge_reading,
    local,
    state_reading,
    strip_reading,
    tank_reading,
    trail_reading,
)
from tui.ribbons import CELL_MINUTES, ribbon_reading
from tui.screens.task import TaskScreen
from tui.weeks import hour_windows
from tui.widgets.angle_card import AngleCard
from tui.widgets.bout_card import BoutCard
from tui.widgets.figures_table import FiguresReading, FiguresTable
from tui.widgets.gauge import Gauge
from tui.widgets.movement_line import MovementLine, MovementReading
from tui.widgets.ribbon import Ribbon
from tui.widgets.state_card import StateCard
from tui.widgets.story import Story
from tui.widgets.strip import Strip
from tui.widgets.tank import Tank
from tui.widgets.trace import Trace

REFRESH_S: Final = 3.0
MOVEMENT_S: Final = 15.0  # an hour of seconds is read at a time
MOST_HAPPENINGS: Final = 60


class LiveScreen(TaskScreen):
    """What the strap measures at this moment."""

    known_share: float | None = None
    usual: Exposure | None = None
    _usual_of: dt.date | None = None
    _trail_seen: object = None
    _goal_of: dt.date | None = None
    _goal_h = FIRST_H

    def body(self) -> Iterable[Widget]:
        """Yield cards, gauge, tank, ribbon, strip."""
        signs = self.dashboard.signs
        with Horizontal(id="live"):
            with Vertical(id="live-main"):
                with Horizontal(id="cards"):
                    yield StateCard(signs, title="Now", id="state", classes="card")
                    yield AngleCard(signs, title="Inclination", id="angle", classes="card")
                    yield BoutCard(signs, title="This stretch", id="bout", classes="card")
                yield Gauge(signs, title="On your own range", id="gauge", classes="card")
                yield Trace(signs, title="Last 10 minutes", id="trail", classes="card")
                yield Tank(signs, title="Sitting since a real break", id="tank", classes="card")
                yield Ribbon(signs, title="Today", id="ribbon", classes="card")
                yield MovementLine(signs, id="movement")
                yield Strip(signs, id="strip")
            with Vertical(id="live-side"):
                yield FiguresTable(signs, title="Today so far", id="so-far", classes="card")
                yield Story(signs, title="What happened", id="story", classes="card")

    def on_mount(self) -> None:
        """Keep the day up to date while it is looked at."""
        self.set_interval(REFRESH_S, self.refresh_day)
        self.refresh_day()
        self.set_interval(MOVEMENT_S, self.refresh_movement)
        self.refresh_movement()

    def show_live(self, live: Live, now_s: float) -> None:
        """Draw the newest facts."""
        super().show_live(live, now_s)
        zone = self.dashboard.timezone
        state = state_reading(live, now_s, zone)
        gauge = gauge_reading(live, now_s)
        self.query_one(StateCard).reading = state
        self.query_one(AngleCard).reading = gauge
        self.query_one(Gauge).reading = gauge
        self.query_one(BoutCard).reading = bout_reading(live, now_s, zone)
        self.query_one(Tank).reading = tank_reading(live, now_s, zone)
        self.query_one(Strip).reading = strip_reading(live, now_s, self.known_share)
        trail = self.query_one(Trace)
        if trail.display:
            self._draw_trail(trail, gauge.scale, now_s)

    def _draw_trail(self, trail: Trace, scale: Scale, now_s: float) -> None:
        """Plot the last minutes when a point came or the window moved on; it is the dearest."""
        points = self.dashboard.trail
        seen = (points[-1] if points else None, now_s // 2, scale)
        if seen != self._trail_seen:
            self._trail_seen = seen
            trail.reading = trail_reading(points, scale, now_s)

    @work(exclusive=True, group="day", exit_on_error=False)
    async def refresh_day(self) -> None:
        """Ask the history for today and draw it."""
        date = self.dashboard.today
        day = await self.recall(lambda history: history.day(date))
        if day is None:
            return
        moment = local(self.dashboard.now_s, self.dashboard.timezone)
        now_cell = (moment.hour * 60 + moment.minute) // CELL_MINUTES
        self.known_share = day.totals.known_share
        self.query_one(Ribbon).reading = ribbon_reading(day.cells, now_cell)
        goal = past.goal_figures(day, await self._goal())  # states and breaks are beside it already
        figures = (*goal, *past.sitting_figures(day), *past.coverage_figures(day))
        self.query_one("#so-far", FiguresTable).reading = FiguresReading(figures)
        self.query_one(Story).reading = tuple(
            (f"{local(item.t_s, self.dashboard.timezone):%H:%M}", item)
            for item in happenings(day.events)[:MOST_HAPPENINGS]
        )

    async def _goal(self) -> float:
        """Return the goal of these weeks, asked of the history once a day."""
        today = self.dashboard.today
        if self._goal_of != today:
            yesterday = today - dt.timedelta(days=1)
            days = await self.recall(
                lambda history: history.days(yesterday, GOAL_DAYS), about="goal"
            )
            if days is not None:
                self._goal_of, self._goal_h = today, goal_h(days)
        return self._goal_h

    @work(exclusive=True, group="movement", exit_on_error=False)
    async def refresh_movement(self) -> None:
        """Ask the history how the last hour was sat, and draw it."""
        now_s, made = self.dashboard.now_s, self.dashboard.newest.calibration
        own = None if made is None else made.flexion_range_deg
        found = await self.recall(lambda history: last_hour(history, now_s, own), about="hour")
        if found is not None:
            self.query_one(MovementLine).reading = MovementReading(found, self.usual)
            await self._learn_usual()

    async def _learn_usual(self) -> None:
        """Read once a day what is usual for the wearer, an hour at a time."""
        today, zone = self.dashboard.today, self.dashboard.timezone
        if self._usual_of == today:
            return
        windows = hour_windows(today - dt.timedelta(days=1), USUAL_DAYS, zone)
        hours = await self.recall(lambda history: history.totals(windows), about="usual")
        found = []
        for window in usual_hours(hours or []):
            hour = await self.recall(partial(past_hour, window=window, ranges={}), about="usual")
            if hour is None:
                return
            found.append(hour)
        if hours is not None:
            self.usual, self._usual_of = together(found), today
