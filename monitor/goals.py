"""The up-time goal: from two to four hours on the feet in eight worn hours, in small steps.

Two and four hours are the expert statement of Buckley 2015 (BJSM, grade D); the pace is this
product's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

FIRST_H: Final = 2.0
LAST_H: Final = 4.0
WORN_H: Final = 8.0
RISE: Final = 1.10  # a week at most


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
