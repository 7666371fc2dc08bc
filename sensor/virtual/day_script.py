"""What a simulated wearer is told to do, and what was true while doing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Family(StrEnum):
    """The body's configuration; going from one to another takes a transition."""

    UPRIGHT = "upright"
    SEATED = "seated"
    LYING = "lying"
    OFF = "off"


class Activity(StrEnum):
    """What a step of a script may ask for."""

    SIT = "sit"
    SLUMP = "slump"
    LEAN_BACK = "lean_back"
    LEAN_FORWARD = "lean_forward"
    CAR = "car"
    WHEEL = "wheel"
    STAND = "stand"
    WALK = "walk"
    STAIRS_UP = "stairs_up"
    STAIRS_DOWN = "stairs_down"
    BEND = "bend"
    LIE = "lie"
    DESK = "desk"
    BAG = "bag"
    LINK_LOSS = "link_loss"


SEATED_ACTIVITIES = frozenset(
    {
        Activity.SIT,
        Activity.SLUMP,
        Activity.LEAN_BACK,
        Activity.LEAN_FORWARD,
        Activity.CAR,
        Activity.WHEEL,
    }
)
WALKING_ACTIVITIES = frozenset({Activity.WALK, Activity.STAIRS_UP, Activity.STAIRS_DOWN})
OFF_ACTIVITIES = frozenset({Activity.DESK, Activity.BAG})

_NOTHING: Mapping[str, float] = MappingProxyType({})


class Step(NamedTuple):
    """One thing to do.

    Attributes:
        activity: an `Activity`, or its value.
        duration_s: how long, including the transition that leads into it.
        parameters: `tilt_deg` (inclination relative to the wearer's standing, + forward),
            `still` (1: no spontaneous shifts, fidgets, leans or slumps), `intensity` (of a walk,
            1 is brisk), `side_deg` (roll when lying) and, for a link loss, `meanwhile_upright` or
            `meanwhile_seated` (1: the body changes while nobody sees it).
    """

    activity: str
    duration_s: float
    parameters: Mapping[str, float] = _NOTHING


DayScript = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class TruthSegment:
    """What the wearer was really doing.

    Attributes:
        state: sitting, standing, moving, lying, off_body or no_data. A transition belongs to the
            state that it leads to.
        from_s: UTC seconds, inclusive.
        to_s: UTC seconds, exclusive.
        activity: the activity within the state, such as slump.
    """

    state: str
    from_s: float
    to_s: float
    activity: str


def state_of(activity: Activity) -> str:
    """Return the state in which a wearer is who does `activity`."""
    if activity in SEATED_ACTIVITIES:
        return "sitting"
    if activity in WALKING_ACTIVITIES:
        return "moving"
    if activity in OFF_ACTIVITIES:
        return "off_body"
    return {Activity.LIE: "lying", Activity.LINK_LOSS: "no_data"}.get(activity, "standing")


def family_of(activity: Activity) -> Family:
    """Return the body configuration that `activity` needs (a link loss needs none)."""
    if activity in SEATED_ACTIVITIES:
        return Family.SEATED
    if activity in OFF_ACTIVITIES:
        return Family.OFF
    return Family.LYING if activity is Activity.LIE else Family.UPRIGHT


def merged(segments: list[TruthSegment]) -> tuple[TruthSegment, ...]:
    """Join neighbours that say the same and drop empty ones."""
    out: list[TruthSegment] = []
    for seg in segments:
        if seg.to_s <= seg.from_s:
            continue
        last = out[-1] if out else None
        if last is not None and (last.state, last.activity) == (seg.state, seg.activity):
            out[-1] = TruthSegment(seg.state, last.from_s, seg.to_s, seg.activity)
        else:
            out.append(seg)
    return tuple(out)
