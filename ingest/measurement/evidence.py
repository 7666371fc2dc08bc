"""What one second says about the body's state, and how much of that is news."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import acos, degrees, exp, inf, log, sqrt
from typing import Any, Final

import msgspec

from ingest.measurement.doubt import Doubt
from ingest.measurement.steps import SoftSteps

Four = tuple[float, float, float, float]  # one figure for each of ingest.measurement.posture.STATES

SIT, STAND, MOVE, LIE = range(4)  # the order of ingest.measurement.posture.STATES
TELLING: Final = 2.0  # log-odds of an angle that one state can hardly have
LEANING: Final = 1.0  # log-odds of lying that leaning far back in a chair can have, too
GET_UP_S: Final = 5  # (W) getting up from lying takes 2.5 to 6 s, at its most restless in between
WALK_S: Final = 3  # restless seconds in a row after which the next posture is news in full
NEVER: Final = -20.0  # log-odds of standing of who never stands
UNSEEN_LYING: Final = -0.02  # per second, in log units: without a reference, rather not lying


# without comparison by value: figures made of them are cached
@dataclass(frozen=True, slots=True, eq=False)
class PostureParams:
    """What the estimator assumes of bodies; each figure has its reason.

    Figures marked (W) were fitted on the research-only waist recordings, see docs/accuracy.md.

    Attributes:
        stands: whether this wearer ever stands or walks; a user of a wheelchair may not.
        known_from: below this probability a state is published as unknown.
        sitting_deg, sitting_sd_deg: tilt of sitting from standing: 20°, sd 9 between people and
            more between bouts of one person.
        standing_sd_deg: standing again differs by 5° from the first standing.
        reworn_sd_deg: the same of a strap that was put on again, 6° about each axis, and of a
            filter that settles after the handling.
        stray: share of spells in which people hold any angle: bending, leaning on something.
        spell_weight: how much the first posture of a spell counts; less than 1 since the model of
            angles is rough.
        shift_weight: how much each further posture of the same spell counts.
        shift_deg: a change of angle of this size is a new posture.
        other_deg: a change of angle of this size is another posture altogether.
        trickle: weight per second of an angle that one state can hardly have; lets a missed change
            be noticed within some minutes.
        settled_sd_ms2, settled_deg: quieter and steadier seconds hold a posture.
        moving_sd_ms2, moving_spread: sd of |acc| while walking and its spread in log units.
        still_sd_ms2, still_spread: the same otherwise.
        restless, restless_sd_ms2, restless_spread: share of seconds of changes and fidgets, and
            their sd of |acc| (W).
        outlier: share of seconds that keep to none of these: knocks.
        lying_deg, lying_spread_deg: tilt from upright where lying is as likely as not.
        lying_cap: most that one second's tilt may say, in log units.
        travel_m, travel_sd_m: vertical travel of a rise as the kernel measures it (W).
        fidgets_per_s, fidget_m: how often a still body travels otherwise, and how far.
        far_per_m: share of those that go any distance; one large one in an hour or so.
        steps_per_s, step_m, stairs_per_m: the same while walking; the last for stairs (W).
        stairs_m, stairs_sd_m: farther than this, and falling off so fast, no stair is climbed.
        turns_per_s, turn_m: the same while lying.
        lie_down_m: scale of the travel of lying down and of sitting up again (W).
        unseen: share of changes without any travel to be seen.
    """

    stands: bool = True
    known_from: float = 0.8
    sitting_deg: float = 20.0
    sitting_sd_deg: float = 13.0
    standing_sd_deg: float = 6.0
    reworn_sd_deg: float = 15.0
    stray: float = 0.08
    spell_weight: float = 0.8
    shift_weight: float = 0.2
    shift_deg: float = 4.0
    other_deg: float = 12.0
    trickle: float = 0.01
    settled_sd_ms2: float = 0.5
    settled_deg: float = 2.0
    moving_sd_ms2: float = 2.3
    moving_spread: float = 0.5
    still_sd_ms2: float = 0.05
    still_spread: float = 0.9
    restless: float = 0.2
    restless_sd_ms2: float = 0.6
    restless_spread: float = 0.7
    outlier: float = 0.03
    lying_deg: float = 62.0
    lying_spread_deg: float = 4.0
    lying_cap: float = 3.0
    travel_m: float = 0.25
    travel_sd_m: float = 0.08
    fidgets_per_s: float = 0.06
    fidget_m: float = 0.025
    far_per_m: float = 0.001
    turns_per_s: float = 0.05
    turn_m: float = 0.04
    lie_down_m: float = 0.1
    steps_per_s: float = 0.4
    step_m: float = 0.035
    stairs_per_m: float = 0.033
    stairs_m: float = 0.25
    stairs_sd_m: float = 0.05
    unseen: float = 0.03


PARAMS: Final = PostureParams()


class Observed(msgspec.Struct, frozen=True):
    """What the chain looks at in one second.

    Attributes:
        up: upward unit vector, any fixed frame.
        acc_sd: standard deviation of |acc| in m/s².
        tilt_deg: angle from upright in any direction, or None without a reference. Sitting is
            mostly tilted back, but who leans forward on a chair sits all the same, and a strap
            that is worn beside the spine tilts sideways: the direction was tried and hurts.
        odds: log-probabilities of STATES up to a constant, from this second alone.
    """

    up: tuple[float, float, float]
    acc_sd: float
    tilt_deg: float | None
    odds: Four

    @classmethod
    def of(
        cls,
        up: tuple[float, float, float],
        acc_sd: float,
        upright: tuple[float, float, float] | None,
        params: PostureParams = PARAMS,
        *,
        lying: float = UNSEEN_LYING,
        moving: float | None = None,
    ) -> Observed:
        """Return what is seen of a second under an upright direction.

        `lying` is the log-odds of lying where there is no such direction, `moving` those of moving
        where more than the restlessness is known.
        """
        if moving is None:
            moving = movement_odds(acc_sd, params)
        standing = 0.0 if params.stands else NEVER
        if upright is None:
            return cls(up, acc_sd, None, (0.0, standing, moving, lying))
        tilt_deg = angle_deg(up, upright)
        odds = sitting_odds(tilt_deg, params), standing, moving, lying_odds(tilt_deg, params)
        return cls(up, acc_sd, tilt_deg, odds)


@lru_cache(maxsize=4096)  # still seconds resemble each other
def movement_odds(acc_sd: float, params: PostureParams = PARAMS) -> float:
    """Return the log-odds of moving against every other state, from one second's restlessness."""
    level = log(max(acc_sd, 1e-3))
    moving = (level - log(params.moving_sd_ms2)) / params.moving_spread
    still = (level - log(params.still_sd_ms2)) / params.still_spread
    moving = 0.0 if moving > 0 else moving
    flat = params.outlier / 6.0  # outliers spread over six log units of restlessness
    p_moving = exp(-0.5 * moving * moving) / params.moving_spread + flat
    restless = (level - log(params.restless_sd_ms2)) / params.restless_spread
    p_still = (1 - params.restless) * exp(-0.5 * still * still) / params.still_spread
    p_still += params.restless * exp(-0.5 * restless * restless) / params.restless_spread + flat
    return log(p_moving / p_still)


def lying_odds(tilt_deg: float, params: PostureParams = PARAMS) -> float:
    """Return the log-odds of lying against every upright state, from one second's tilt."""
    odds, cap = (tilt_deg - params.lying_deg) / params.lying_spread_deg, params.lying_cap
    return -cap if odds < -cap else min(odds, cap)


def sitting_odds(tilt_deg: float, params: PostureParams = PARAMS, *, reworn: bool = False) -> float:
    """Return the log-odds of sitting against standing, from the angle of one posture.

    `reworn` where the strap was put on again since upright was seen.
    """
    standing_sd_deg = params.reworn_sd_deg if reworn else params.standing_sd_deg
    sit = (tilt_deg - params.sitting_deg) / params.sitting_sd_deg
    stand = tilt_deg / standing_sd_deg
    flat = params.stray / 60.0
    p_sit = exp(-0.5 * sit * sit) / params.sitting_sd_deg + flat
    p_stand = exp(-0.5 * stand * stand) / standing_sd_deg + flat
    return log(p_sit / p_stand)


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


def angle_deg(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Return the angle between two unit vectors in degrees."""
    cosine = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    if not -1.0 < cosine < 1.0:
        return 0.0 if cosine > 0 else 180.0
    return degrees(acos(cosine))


def _apart_deg(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Return the angle between two nearby unit vectors in degrees (the chord, really)."""
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return 57.29578 * sqrt(x * x + y * y + z * z)


class SecondOdds:
    """Streams seconds and gives the likelihood of each one's tilt and restlessness."""

    def __init__(self, params: PostureParams) -> None:
        self._params = params
        self.doubt = Doubt()
        self._memory = PostureMemory(params)
        self._steps = SoftSteps()
        self._upright_s = GET_UP_S

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
