"""What one second says about the body's state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import acos, degrees, exp, log
from typing import Final

import msgspec

Four = tuple[float, float, float, float]  # one figure for each of ingest.measurement.posture.STATES

SIT, STAND, MOVE, LIE = range(4)  # the order of ingest.measurement.posture.STATES
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


def angle_deg(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Return the angle between two unit vectors in degrees."""
    cosine = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    if not -1.0 < cosine < 1.0:
        return 0.0 if cosine > 0 else 180.0
    return degrees(acos(cosine))
