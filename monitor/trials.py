"""The half-days of an experiment, read from the history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ingest.past.history import LONG_SITTING_S, History
from ingest.records import Event, PostureState
from monitor.experiment import NOON, Experiment, Half, HalfDay, Setting

LOOK_BACK_DAYS: Final = 400

_Span = tuple[int, int]


def newest(history: History, today: date, timezone: ZoneInfo) -> Experiment | None:
    """Return the experiment that was registered last, stopped or not; None without any."""
    since, until = (
        _at(today - timedelta(days=LOOK_BACK_DAYS), 0, timezone),
        _at(today, 24, timezone),
    )
    events = [stored.event for stored in history.events(since, until, ("experiment",))]
    started = [event for event in events if event.data.get("action") == "started"]
    if not started:
        return None
    found = registered(started[-1])
    stops = (event for event in events if event.data.get("action") == "stopped")
    at_s = next((e.t_ms / 1000 for e in stops if e.data.get("experiment") == found.id), None)
    stopped = None if at_s is None else datetime.fromtimestamp(at_s, timezone).date()
    return replace(found, stopped=stopped)


def registered(event: Event) -> Experiment:
    """Return the experiment that an event says was registered."""
    data = event.data
    settings: dict[str, Setting] = {"wording": "wording", "sink": "sink"}
    return Experiment(
        id=str(data["experiment"]),
        setting=settings.get(str(data.get("setting")), "nudge_min"),
        arms=(str(data.get("first")), str(data.get("second"))),
        first_day=date.fromisoformat(str(data.get("first_day"))),
        days=int(data.get("days") or 0),
    )


def half_days(
    history: History, experiment: Experiment, today: date, timezone: ZoneInfo
) -> list[HalfDay]:
    """Return the finished half-days of an experiment up to yesterday."""
    last = min(today, experiment.first_day + timedelta(days=experiment.days))
    found = []
    for i in range((last - experiment.first_day).days):
        day = experiment.first_day + timedelta(days=i)
        midnight, noon, end = (_at(day, hour, timezone) for hour in (0, NOON, 24))
        halves: tuple[tuple[Half, _Span], ...] = (("am", (midnight, noon)), ("pm", (noon, end)))
        found += [_half_day(history, day, half, span) for half, span in halves]
    return found


def _half_day(history: History, day: date, half: Half, span: _Span) -> HalfDay:
    totals = history.totals([span])[0]
    long_s = sum(
        min(bout.end_ms / 1000, span[1]) - max(bout.start_ms / 1000, span[0])
        for bout in history.bouts(*span)
        if bout.state is PostureState.SITTING
        and bout.end_ms - bout.start_ms > LONG_SITTING_S * 1000
    )
    return HalfDay(day, half, worn_h=totals.worn_s / 3600, long_sitting_min=long_s / 60)


def _at(day: date, hour: int, timezone: ZoneInfo) -> int:
    local = datetime.combine(day + timedelta(days=hour // 24), time(hour % 24), timezone)
    return int(local.timestamp())
