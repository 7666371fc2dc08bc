"""Slumps with hysteresis, and the experimental meter of end-range load.

Both look at the inclination as a share of the wearer's own calibrated range (0 % leaning back,
100 % slumped) and know nothing while that range is not calibrated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from ingest.records import PostureState

LEAVE_S: Final = 10.0
# McGill & Brown 1992 (Clin Biomech 7:43), full flexion in the laboratory, 47 people: creep with a
# time constant of 9.4 min, about half of the stiffness back within 2 min upright.
CHARGE_TAU_S: Final = 9.4 * 60
RECOVERY_TAU_S: Final = 120 / math.log(2)
END_RANGE_PERCENT: Final = 80.0
CREPT_CHARGE: Final = 0.5  # of full charge: 6.5 min at the end of the range

_UPRIGHT: Final = frozenset({PostureState.STANDING, PostureState.MOVING})


class SlumpState(Struct):
    """What evolves; times are Timeline seconds.

    Attributes:
        start_s: start of the slump under way, None outside one.
        slumped_s: seconds of it above the leaving level.
        below_s: seconds in a row below the leaving level.
        counted: whether it has lasted long enough to count.
        charge: end-range load, 0 to 1.
        noticed: when notices were given, for their limit an hour.
        pending: whether the slump under way may still be noticed.
    """

    start_s: float | None = None
    slumped_s: float = 0.0
    below_s: float = 0.0
    counted: bool = False
    charge: float = 0.0
    noticed: list[float] = []
    pending: bool = False


@dataclass(frozen=True, slots=True)
class SlumpParams:
    """When a slump begins, ends and counts: percent of the own range, and seconds."""

    enter_percent: float = 60.0
    leave_percent: float = 45.0
    least_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Slump:
    """A slump that is over."""

    start_s: float
    end_s: float
    slumped_s: float


def range_percent(sagittal_deg: float | None, own: tuple[float, float] | None) -> float | None:
    """Return where in the own range (lean back, slump) an angle lies, in percent, or None."""
    if sagittal_deg is None or own is None or abs(own[1] - own[0]) < 1.0:
        return None
    return 100 * (sagittal_deg - own[0]) / (own[1] - own[0])


def follow_slump(
    state: SlumpState, t_s: float, posture: PostureState, percent: float | None, params: SlumpParams
) -> Slump | None:
    """Take one second; return the slump that it ends, if that one counted.

    Only sitting is judged. Unknown seconds inside a slump change nothing; standing up ends it.
    """
    if posture in _UPRIGHT or posture in (PostureState.LYING, PostureState.OFF_BODY):
        return _end(state, t_s)
    if posture is not PostureState.SITTING or percent is None:
        return None
    if state.start_s is None:
        if percent > params.enter_percent:
            state.start_s, state.slumped_s = t_s, 1.0
        return None
    if percent >= params.leave_percent:
        state.below_s = 0.0
        state.slumped_s += 1
        if state.slumped_s >= params.least_s and not state.counted:
            state.counted = state.pending = True
        return None
    state.below_s += 1
    return _end(state, t_s + 1 - state.below_s) if state.below_s >= LEAVE_S else None


def follow_load(
    state: SlumpState, posture: PostureState, percent: float | None, *, seconds: float = 1.0
) -> None:
    """Charge or recover the end-range load by a second, or by several of one kind.

    Above 80 % of the own range it charges towards 1, upright it recovers, anything else holds it.
    """
    if posture in _UPRIGHT:
        state.charge *= math.exp(-seconds / RECOVERY_TAU_S)
    elif posture is PostureState.SITTING and percent is not None:
        if percent > END_RANGE_PERCENT:
            state.charge = 1 - (1 - state.charge) * math.exp(-seconds / CHARGE_TAU_S)
        elif percent < END_RANGE_PERCENT / 2:
            state.charge *= math.exp(-seconds / RECOVERY_TAU_S)


def crept(state: SlumpState) -> bool:
    """Return whether the creep-aware gate is closed: long enough at the end of the range."""
    return state.charge >= CREPT_CHARGE


def _end(state: SlumpState, end_s: float) -> Slump | None:
    start_s, counted, slumped_s = state.start_s, state.counted, state.slumped_s
    state.start_s, state.slumped_s, state.below_s = None, 0.0, 0.0
    state.counted = state.pending = False
    if start_s is None or not counted:
        return None
    return Slump(start_s, end_s, slumped_s)
