"""The half-days of an experiment, read from the history."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingest.history import LONG_SITTING_S, History
from ingest.records import PostureState
from monitor.experiment import NOON, Experiment, Half, HalfDay

_Span = tuple[int, int]


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
