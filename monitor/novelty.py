"""The novelty guard: when prompts are answered less and less, fewer of them, never louder ones."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

RECENT: Final = 10  # prompts
EARLIER: Final = 20
REMEMBERED: Final = RECENT + EARLIER
FADED_SHARE: Final = 0.5


class Novelty(StrEnum):
    """What to do about the prompts."""

    KEEP = "keep"
    VARY = "vary"
    REDUCE = "reduce"


def novelty(answered: Sequence[bool]) -> Novelty:
    """Return what follows from the newest responses (True: stood up within five minutes).

    With fewer than thirty nothing is concluded. None of the last ten: reduce. Less than half as
    often as before: vary.
    """
    if len(answered) < REMEMBERED:
        return Novelty.KEEP
    recent = sum(answered[-RECENT:]) / RECENT
    earlier = sum(answered[-REMEMBERED:-RECENT]) / EARLIER
    if recent == 0:
        return Novelty.REDUCE
    return Novelty.VARY if recent < FADED_SHARE * earlier else Novelty.KEEP
