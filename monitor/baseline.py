"""What the baseline day says: personal thresholds to choose from, never set by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Final

LEAST_BOUTS: Final = 4
LEAST_MIN: Final = 20.0  # the shortest interval that a trial has tested (every 20 min)
MOST_MIN: Final = 45.0
STEP_MIN: Final = 5.0
WORTH_A_BOUT_MIN: Final = 5.0  # shorter ones say nothing about when to stand up


@dataclass(frozen=True, slots=True)
class Proposal:
    """A personal threshold.

    Attributes:
        nudge_min: proposed minutes before a nudge.
        bouts: sitting bouts it rests on.
        reason: why, for the wearer.
    """

    nudge_min: float
    bouts: int
    reason: str


def propose(sitting_bouts_s: Sequence[float]) -> Proposal | None:
    """Return a proposal from the sitting bouts of a valid day, or None with too few of them.

    The upper quarter of the day's own bouts is what a nudge should shorten: its edge, rounded to
    five minutes and kept between 20 and 45.
    """
    minutes = [bout_s / 60 for bout_s in sitting_bouts_s if bout_s / 60 >= WORTH_A_BOUT_MIN]
    if len(minutes) < LEAST_BOUTS:
        return None
    upper = quantiles(minutes, n=4, method="inclusive")[2]
    nudge_min = min(max(STEP_MIN * round(upper / STEP_MIN), LEAST_MIN), MOST_MIN)
    reason = (
        f"A quarter of your {len(minutes)} sitting bouts lasted longer than {upper:.0f} min; "
        f"a nudge at {nudge_min:.0f} min would be about those."
    )
    return Proposal(nudge_min, len(minutes), reason)
