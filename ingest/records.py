"""What is kept for ever: seconds, bouts and events, and how each is recognised again.

A record's identity never depends on how often or through which broker it travelled:

* a second by (wearer, position, session, t_s),
* a bout by (wearer, position, start_ms),
* an event by (wearer, id), its id being a hash of (origin, epoch, seq).

Minutes, hours and days are not records: a store derives them from the seconds it holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta, Struct


class PostureState(StrEnum):
    """What the wearer's body is doing, as far as one strap can know."""

    SITTING = "sitting"
    STANDING = "standing"
    MOVING = "moving"
    LYING = "lying"
    OFF_BODY = "off_body"
    UNKNOWN = "unknown"


NO_DATA: Final = "no_data"
"""Not a state and never stored: what readers call the wall seconds that have no row."""

TOTAL_KEYS: Final = (*(state.value for state in PostureState), NO_DATA)
"""The seven keys of every table of seconds by state; their seconds add up to the wall seconds."""

BODY_STATES: Final = (
    PostureState.SITTING,
    PostureState.STANDING,
    PostureState.MOVING,
    PostureState.LYING,
)
"""The order of the classes in `Second.log_odds`."""

DEFAULT_POSITION: Final = "lumbar"

Finite = Annotated[float, Meta(ge=-1e6, le=1e6)]
Share = Annotated[float, Meta(ge=0, le=1)]
Degrees = Annotated[float, Meta(ge=-180, le=180)]
UtcSeconds = Annotated[int, Meta(ge=0, le=4_102_444_800)]
UtcMilliseconds = Annotated[int, Meta(ge=0, le=4_102_444_800_000)]
# "(?![\\s\\S])" is the end of the text; "$" would let a line break through.
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}(?![\s\S])")]
EventKindName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}(?![\s\S])")]


class Second(Struct, frozen=True, kw_only=True):
    """One second of one strap: what it measured and what was made of it.

    The measured part is enough to judge the second again under another calibration or rule.

    Attributes:
        t_s: the UTC second, [t_s, t_s + 1).
        session: which session of the clock this second belongs to (UTC ms of its start, raised
            where needed so that a newer session always has the larger number).
        position: where the strap is worn.
        rule: version of the rules that judged it.
        calibration: id of the calibration in force, or None before the first.
        state: the state as decided (with the estimator's lag), with its probability `confidence`.
        sagittal_deg: mean inclination, + forward; None without calibration.
        frontal_deg: mean inclination, + right; None without calibration.
        up: mean upward unit vector in the sensor frame.
        acc_sd_ms2: standard deviation of |acc| in m/s².
        gyro_rms_rads: root mean square of |gyro| in rad/s; None without gyroscope.
        travel_m: signed vertical travel attributed to this second, + up.
        log_odds: log-probabilities of BODY_STATES up to a constant, from this second alone.
        coverage: share of the second that is covered by samples (0.5..1).
    """

    t_s: UtcSeconds
    session: UtcMilliseconds
    position: Name = DEFAULT_POSITION
    rule: Name
    calibration: Name | None
    state: PostureState
    confidence: Share
    sagittal_deg: Degrees | None
    frontal_deg: Degrees | None
    up: tuple[Finite, Finite, Finite]
    acc_sd_ms2: Annotated[float, Meta(ge=0, le=1000)]
    gyro_rms_rads: Annotated[float, Meta(ge=0, le=1000)] | None
    travel_m: Annotated[float, Meta(ge=-10, le=10)]
    log_odds: tuple[Finite, Finite, Finite, Finite]
    coverage: Share


class Bout(Struct, frozen=True, kw_only=True):
    """An uninterrupted stretch of one state (short interruptions are counted, not cut).

    Attributes:
        start_ms: UTC milliseconds; with the position, the bout's identity.
        end_ms: UTC milliseconds, > start_ms.
        session: as in `Second`.
        state: the state of the bout.
        interruptions: how many shorter stretches of other states lie inside.
        interrupted_s: their seconds.
        mean_sagittal_deg: mean inclination over the bout's own seconds, or None.
        rule: version of the rules that made it.
    """

    start_ms: UtcMilliseconds
    end_ms: UtcMilliseconds
    session: UtcMilliseconds
    position: Name = DEFAULT_POSITION
    state: PostureState
    interruptions: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    interrupted_s: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    mean_sagittal_deg: Degrees | None = None
    rule: Name


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened at an instant: a transition, a nudge, a mark, a finished drill.

    Attributes:
        kind: one of the registered kinds.
        t_ms: UTC milliseconds.
        data: flat values as the kind's descriptor says.
    """

    kind: EventKindName
    t_ms: UtcMilliseconds
    position: Name = DEFAULT_POSITION
    data: dict[str, str | int | float | bool | None] = {}


Record = Second | Bout | Event


class Revision(Struct, frozen=True, kw_only=True):
    """The newest view of a whole range: replaces its seconds and bouts if `rev` is higher.

    Attributes:
        from_s: start of the range, UTC seconds.
        to_s: its end, exclusive.
        rev: number of this view; the highest one counts, in whatever order they arrive.
        reason: what made it ("backfill", "correction", …).
    """

    position: Name = DEFAULT_POSITION
    from_s: UtcSeconds
    to_s: UtcSeconds
    rev: Annotated[int, Meta(ge=1, le=2**53)]
    reason: Annotated[str, Meta(max_length=400)] = ""
    seconds: Annotated[list[Second], Meta(max_length=86_400)]
    bouts: Annotated[list[Bout], Meta(max_length=10_000)]


@dataclass(frozen=True, slots=True)
class EventKind:
    """Describes one kind of event, so that the recorder can refuse what no stage declared.

    Attributes:
        name: the kind.
        fields: the type of every key of `data`; None is allowed for each.
        required: keys that must be there.
    """

    name: str
    fields: Mapping[str, type[str] | type[int] | type[float] | type[bool]]
    required: frozenset[str] = field(default_factory=frozenset)

    def violation(self, data: Mapping[str, Any]) -> str | None:
        """Return what is wrong with an event's data, or None."""
        for key in self.required - data.keys():
            return f"{self.name}: {key} is missing"
        for key, value in data.items():
            wanted = self.fields.get(key)
            if wanted is None:
                return f"{self.name}: {key} is not one of its fields"
            if value is None or (wanted is float and type(value) is int):
                continue
            if type(value) is not wanted:
                return f"{self.name}: {key} must be {wanted.__name__}"
        return None


EventKinds = Mapping[str, EventKind]


def event_id(origin: str, epoch: str, seq: int) -> str:
    """Return the identity of the event that a producer numbered `seq`: 32 hex digits."""
    text = f"{origin}/{epoch}/{seq}".encode()
    return hashlib.blake2b(text, digest_size=16).hexdigest()
