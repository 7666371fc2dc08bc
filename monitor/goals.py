"""The up-time goal: from two to four hours on the feet in eight worn hours, in small steps.

Two and four hours are the expert statement of Buckley 2015 (BJSM, grade D); the pace is this
product's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ingest.past.history import DaySummary

FIRST_H: Final = 2.0
LAST_H: Final = 4.0
WORN_H: Final = 8.0
RISE: Final = 1.10  # a week at most
WEEK_DAYS: Final = 7
GOAL_DAYS: Final = 12 * WEEK_DAYS  # the history that a goal is derived from
LEAST_WORN_S: Final = 5 * 3600.0  # of a week that says something


def up_goal_h(weeks_up_h: Sequence[float]) -> float:
    """Return this week's goal in hours on the feet per eight worn hours.

    Args:
        weeks_up_h: hours per eight worn hours of each week so far, oldest first.

    It rises by a tenth after every week that reached it, and never falls.
    """
    goal_h = FIRST_H
    for up_h in weeks_up_h:
        if up_h >= goal_h:
            goal_h = min(goal_h * RISE, LAST_H)
    return goal_h


def pro_rata_h(goal_h: float, worn_h: float) -> float:
    """Return the part of a goal that belongs to the hours worn so far."""
    return goal_h * min(worn_h, WORN_H) / WORN_H


def weeks_up_h(days: Sequence[DaySummary]) -> list[float | None]:
    """Return hours on the feet per eight worn hours of each seven days, oldest first.

    The last entry is of the newest seven days; None is a week that was hardly worn.
    """
    ends = range(len(days), 0, -WEEK_DAYS)
    return [_up_h(days[max(0, end - WEEK_DAYS) : end]) for end in reversed(ends)]


def goal_h(days: Sequence[DaySummary]) -> float:
    """Return this week's goal, in hours on the feet per eight worn hours, from weeks of days."""
    return up_goal_h([up_h for up_h in weeks_up_h(days)[:-1] if up_h is not None])


def goal_line(days: Sequence[DaySummary]) -> str:
    """Return this week's goal and how far it is reached, from some weeks of days."""
    this = weeks_up_h(days)[-1]
    now = "not worn long enough yet" if this is None else f"{this:.1f} h"
    return (
        f"On your feet per 8 worn hours: {now}; your goal is {goal_h(days):.1f} h "
        "(2 to 4 h: expert statement, Buckley 2015)."
    )


def _up_h(days: Sequence[DaySummary]) -> float | None:
    worn_s = sum(day.totals.worn_s for day in days)
    if worn_s < LEAST_WORN_S:
        return None
    up_s = sum(day.totals.seconds["standing"] + day.totals.seconds["moving"] for day in days)
    return up_s / worn_s * WORN_H
