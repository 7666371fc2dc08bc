"""What the screens of the past say, computed from the history's answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ingest.records import PostureState
from monitor.goals import pro_rata_h
from tui import phrases

if TYPE_CHECKING:
    from ingest.past.history import Day, DaySummary
    from ingest.store.base import Totals

VALID_WORN_S = 5 * 3600  # fewer worn hours say little of a day


def day_figures(day: Day) -> tuple[tuple[str, str], ...]:
    """Return the figures of a day; each stands beside what is known of it."""
    seconds = day.totals.seconds
    return (
        ("sitting", phrases.duration(seconds[PostureState.SITTING])),
        ("standing", phrases.duration(seconds[PostureState.STANDING])),
        ("moving", phrases.duration(seconds[PostureState.MOVING])),
        ("lying", phrases.duration(seconds[PostureState.LYING])),
        *sitting_figures(day),
        ("breaks", str(sum(e.event.kind == "break" for e in day.events))),
        ("nudges", str(sum(e.event.kind == "nudge" for e in day.events))),
        *coverage_figures(day),
    )


def sitting_figures(day: Day) -> tuple[tuple[str, str], ...]:
    """Return how long one sat at a time."""
    mean_s = day.mean_sitting_s
    return (
        ("longest sitting", phrases.duration(day.longest_sitting_s)),
        ("mean sitting", "—" if mean_s is None else phrases.duration(mean_s)),
        ("in bouts over 30 min", phrases.duration(day.long_sitting_s)),
    )


def coverage_figures(day: Day) -> tuple[tuple[str, str], ...]:
    """Return what the figures of a day rest on."""
    return (
        ("worn", phrases.duration(day.totals.worn_s)),
        ("known of it", phrases.percent(day.totals.known_share)),
    )


def goal_figures(day: Day, goal_h: float) -> tuple[tuple[str, str], ...]:
    """Return the time on one's feet beside the part of the goal that the hours worn ask for."""
    asked_s = 3600 * pro_rata_h(goal_h, day.totals.worn_s / 3600)
    up = phrases.duration(up_s(day.totals))
    return (("on your feet", up), ("your goal by now", phrases.duration(asked_s)))


def up_s(totals: Totals) -> float:
    """Return the seconds on one's feet."""
    return totals.seconds[PostureState.STANDING] + totals.seconds[PostureState.MOVING]


def valid(day: DaySummary) -> bool:
    """Return whether a day was worn long enough to say something."""
    return day.totals.worn_s >= VALID_WORN_S


def trend_figures(days: Sequence[DaySummary]) -> tuple[tuple[str, str], ...]:
    """Return the means over the days that were worn long enough."""
    good = [day for day in days if valid(day)]
    if not good:
        return (("days worn 5 h or more", "0"),)
    n = len(good)
    return (
        ("days worn 5 h or more", str(n)),
        ("sitting a day", phrases.duration(_mean(good, PostureState.SITTING))),
        ("on your feet a day", phrases.duration(sum(up_s(d.totals) for d in good) / n)),
        ("in bouts over 30 min a day", phrases.duration(sum(d.long_sitting_s for d in good) / n)),
        ("longest sitting of all", phrases.duration(max(d.longest_sitting_s for d in good))),
        ("breaks a day", f"{sum(d.breaks for d in good) / n:.0f}"),
    )


def _mean(days: Sequence[DaySummary], state: PostureState) -> float:
    return sum(day.totals.seconds[state] for day in days) / len(days)
