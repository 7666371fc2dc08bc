"""Slumps and the experimental meter of end-range load, second by second.

The definitions and constants are those of `ingest.past.exposure`, whose batch forms these are
tested equal to. Both look at the inclination as a share of the wearer's own calibrated range (0 %
leaning back, 100 % slumped) and know nothing while that range is not calibrated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from ingest.past.exposure import PARAMS
from ingest.records import PostureState

CREPT_CHARGE: Final = 0.5  # of full charge: 6.5 min at the end of the range


class SlumpState(Struct):
    """What evolves; times are Timeline seconds.

    Attributes:
        start_s: start of the slump under way, None outside one.
        slumped_to_s: end of its newest second above the leaving level.
        pending: whether it has lasted long enough for a notice that was not given yet.
        counted: whether it has lasted long enough to count.
        charge: end-range load, 0 to 1.
        seen_s: end of the newest second that the load has followed.
        noticed: when notices were given, for their limit an hour.
    """

    start_s: float | None = None
    slumped_to_s: float | None = None
    pending: bool = False
    counted: bool = False
    charge: float = 0.0
    seen_s: float | None = None
    noticed: list[float] = []

    @property
    def slumped_s(self) -> float:
        """Return how long the slump under way has lasted."""
        if self.start_s is None or self.slumped_to_s is None:
            return 0.0
        return self.slumped_to_s - self.start_s


@dataclass(frozen=True, slots=True)
class SlumpParams:
    """When a slump begins, ends and counts: percent of the own range, and seconds."""

    enter_percent: float = PARAMS.slump_enter_percent
    leave_percent: float = PARAMS.slump_leave_percent
    least_s: float = PARAMS.slump_enter_s
    leave_s: float = PARAMS.slump_leave_s


@dataclass(frozen=True, slots=True)
class Slump:
    """A slump that is over, [start_s, end_s)."""

    start_s: float
    end_s: float


def seated_percent(
    posture: PostureState, sagittal_deg: float | None, own: tuple[float, float] | None
) -> float | None:
    """Return where in the own range (lean back, slump) a seated angle lies, in percent, or None."""
    if posture is not PostureState.SITTING or sagittal_deg is None:
        return None
    if own is None or abs(own[1] - own[0]) < 1.0:
        return None
    return 100 * (sagittal_deg - own[0]) / (own[1] - own[0])


def follow_slump(
    state: SlumpState, t_s: float, percent: float | None, params: SlumpParams
) -> Slump | None:
    """Take one second; return the slump that it ends, if that one counted.

    Seconds below the leaving level, of another posture or without an angle end it together.
    """
    if state.start_s is None:
        if percent is not None and percent > params.enter_percent:
            state.start_s, state.slumped_to_s = t_s, t_s + 1
        return None
    if percent is not None and percent >= params.leave_percent:
        state.slumped_to_s = t_s + 1
        if state.slumped_s >= params.least_s and not state.counted:
            state.counted = state.pending = True
        return None
    if t_s + 1 - (state.slumped_to_s or t_s) < params.leave_s:
        return None
    return _end(state)


def follow_load(
    state: SlumpState, t_s: float, percent: float | None, *, seconds: float = 1.0
) -> None:
    """Charge or recover the end-range load by a second, or by a run of one kind.

    Seated at the end of the range it charges towards 1; otherwise, and in silence, it recovers.
    """
    silent_s = 0.0 if state.seen_s is None else max(t_s - state.seen_s, 0.0)
    state.seen_s = t_s + seconds
    state.charge *= _recovered(silent_s)
    if percent is not None and percent > PARAMS.load_from_percent:
        state.charge = 1 - (1 - state.charge) * math.exp(-seconds / PARAMS.load_tau_s)
    else:
        state.charge *= _recovered(seconds)


def crept(state: SlumpState) -> bool:
    """Return whether the creep-aware gate is closed: long enough at the end of the range."""
    return state.charge >= CREPT_CHARGE


def _recovered(seconds: float) -> float:
    """Return the part of a load that is left after some seconds."""
    return math.pow(0.5, seconds / PARAMS.load_half_s)


def _end(state: SlumpState) -> Slump | None:
    start_s, end_s, counted = state.start_s, state.slumped_to_s, state.counted
    state.start_s = state.slumped_to_s = None
    state.counted = state.pending = False
    if start_s is None or end_s is None or not counted:
        return None
    return Slump(start_s, end_s)
