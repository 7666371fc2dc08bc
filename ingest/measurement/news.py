"""How much of what a second says is news: one posture that is held is one piece of evidence."""

from __future__ import annotations

from math import exp, inf, sqrt
from typing import Any, Final

from ingest.measurement.doubt import Doubt
from ingest.measurement.evidence import (
    LIE,
    MOVE,
    SIT,
    STAND,
    UNSEEN_LYING,
    Four,
    Observed,
    PostureParams,
    sitting_odds,
)
from ingest.measurement.steps import SoftSteps

TELLING: Final = 2.0  # log-odds of an angle that one state can hardly have
LEANING: Final = 1.0  # log-odds of lying that leaning far back in a chair can have, too
GET_UP_S: Final = 5  # (W) getting up from lying takes 2.5 to 6 s, at its most restless in between
WALK_S: Final = 3  # restless seconds in a row after which the next posture is news in full


class PostureMemory:
    """Says how much a second's angle is news: a posture that is held is told only once.

    Postures that follow each other say less and less, since one person's postures resemble each
    other; a walk or a large change of tilt makes the next one count in full again.
    """

    def __init__(self, params: PostureParams) -> None:
        self._params = params
        self._before: tuple[float, float, float] | None = None
        self._told: tuple[float, float, float] | None = None
        self._restless_s = 2
        self._walked_s = 0
        self._tellings = 0

    def weight(self, seen: Observed) -> float:
        """Return the weight of this second's angle as evidence, 0..1."""
        params = self._params
        before, self._before = self._before, seen.up
        moved_deg = inf if before is None else _apart_deg(before, seen.up)
        walking = seen.acc_sd > params.restless_sd_ms2
        self._walked_s = self._walked_s + 1 if walking else 0
        if self._walked_s >= WALK_S:
            self._told = None
        if seen.acc_sd > params.settled_sd_ms2 or moved_deg > params.settled_deg:
            self._restless_s += 1
            return 0.0
        new_spell, self._restless_s = self._restless_s >= 2, 0
        return self._tell(seen.up, new_spell)

    def reset(self) -> None:
        """Take the next posture as news in full: nobody saw what led to it."""
        self._told, self._tellings = None, 0

    def _tell(self, up: tuple[float, float, float], new_spell: bool) -> float:
        params = self._params
        told, change_deg = self._told, inf
        if told is not None:
            change_deg = _apart_deg(told, up)
        if change_deg > params.other_deg:
            self._tellings = 0
        change = change_deg / params.shift_deg
        news = 1 - exp(-change * change)
        weight = params.spell_weight if new_spell or told is None else params.shift_weight * news
        if not new_spell and news < 0.5:
            return 0.0
        self._told = up
        self._tellings += 1
        return weight / self._tellings

    def checkpoint(self) -> list[Any]:
        """Return plain values."""
        return [self._before, self._told, self._restless_s, self._walked_s, self._tellings]

    def restore(self, saved: list[Any]) -> None:
        """Take up a checkpoint."""
        before, told, self._restless_s, self._walked_s, self._tellings = saved
        self._before = None if before is None else tuple(before)
        self._told = None if told is None else tuple(told)


class SecondOdds:
    """Streams seconds and gives the likelihood of each one's tilt and restlessness."""

    def __init__(self, params: PostureParams) -> None:
        self._params = params
        self.doubt = Doubt()
        self._memory = PostureMemory(params)
        self._steps = SoftSteps()
        self._upright_s = GET_UP_S

    def learn(self, params: PostureParams) -> None:
        """Judge the tilt of seconds from now on by other parameters."""
        self._params = params

    def likelihood(self, seen: Observed) -> Four:
        """Return the likelihood of a second's tilt under each of STATES; moving counts 1."""
        params = self._params
        weight = self._memory.weight(seen)
        self.doubt.feed(seen.tilt_deg, walking=seen.odds[MOVE] > 0)
        lying = seen.odds[LIE]
        if seen.tilt_deg is None:
            return 1.0, exp(seen.odds[STAND]), 1.0, exp(lying)
        if self.doubt.doubted:
            return 1.0, exp(seen.odds[STAND]), 1.0, exp(UNSEEN_LYING)
        if abs(lying) < LEANING:
            lying *= weight  # who leans far back in a chair goes on to do so
        sitting = seen.odds[SIT]
        if self.doubt.reworn:
            sitting = sitting_odds(seen.tilt_deg, params, reworn=True)
        if weight == 0 and seen.acc_sd < params.settled_sd_ms2 and abs(sitting) > TELLING:
            weight = params.trickle
        return exp(weight * sitting), exp(seen.odds[STAND]), 1.0, exp(lying)

    def moving(self, seen: Observed) -> float:
        """Return the log-odds of moving of the next second; to get up from lying is no walk.

        Who took it for one would believe that its end is standing, as after a walk, while most
        people who get up sit first.
        """
        self._upright_s = 0 if seen.odds[LIE] > 0 else self._upright_s + 1
        getting_up = 0 < self._upright_s <= GET_UP_S
        moving = seen.odds[MOVE] + self._steps.feed(seen.acc_sd)
        return min(0.0, moving) if getting_up else moving

    def reset(self) -> None:
        """Take the next second by itself: nobody saw what led to it."""
        self._memory.reset()
        self._steps.reset()
        self._upright_s = GET_UP_S

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "memory": self._memory.checkpoint(),
            "doubt": self.doubt.checkpoint(),
            "steps": self._steps.checkpoint(),
            "upright_s": self._upright_s,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._memory.restore(saved["memory"])
        self.doubt.restore(saved["doubt"])
        self._steps.restore(saved["steps"])
        self._upright_s = saved["upright_s"]


def _apart_deg(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Return the angle between two nearby unit vectors in degrees (the chord, really)."""
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return 57.29578 * sqrt(x * x + y * y + z * z)
