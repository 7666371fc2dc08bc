"""Every MQTT message as a type: JSON with `v`, UTC milliseconds, unknown fields ignored.

`encode` and `decode` are the only way in and out; `decode` raises BadPayloadError on anything that
does not keep to the schema, so that a hostile payload is refused at the door.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from ingest.errors import BadPayloadError
from ingest.records import (
    DEFAULT_POSITION,
    Bout,
    Degrees,
    Event,
    Finite,
    Name,
    PostureState,
    Second,
    Share,
    UtcMilliseconds,
    UtcSeconds,
)

MAX_PAYLOAD_BYTES: Final = 256 * 1024  # a full block of 60 seconds is about 20 KiB
MAX_REVISION_BYTES: Final = 64 * 1024 * 1024  # a day of seconds is about 30 MiB

Seq = Annotated[int, Meta(ge=0, le=2**53)]
Text = Annotated[str, Meta(max_length=400)]


class Message(Struct, frozen=True, kw_only=True):
    """Root of all messages.

    Attributes:
        v: version of the schema; a reader refuses what it does not know.
    """

    v: Literal[1] = 1


class Availability(Message, frozen=True, kw_only=True):
    """Whether a service is connected to the broker; offline is also its last will."""

    state: Literal["online", "offline"]
    reason: Text = ""
    """What keeps a service that is online from its work, in words for the wearer."""


class TimelineMessage(Message, frozen=True, kw_only=True):
    """A mark of the Timeline: see sensor.timeline."""

    origin: Literal["live", "replay", "demo"]
    event_ms: UtcMilliseconds
    wall_ms: UtcMilliseconds
    rate: Annotated[float, Meta(ge=0, le=100_000)]
    synchronised: bool | None = None
    """Whether a time service keeps the system's clock right; None where that is not known."""


class LinkMessage(Message, frozen=True, kw_only=True):
    """The radio's state and what is known of the strap behind it."""

    t_ms: UtcMilliseconds
    state: Literal["connected", "searching", "bluetooth_off", "stale"]
    device: Text | None = None
    serial: Text | None = None
    profile: Text | None = None
    battery_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    battery_until_ms: UtcMilliseconds | None = None
    """When the battery will be empty at its present pace; None while that is not known."""
    rssi_dbm: Annotated[int, Meta(ge=-200, le=50)] | None = None
    reason: Text = ""
    backlog: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """Records in the outbox that no recorder has confirmed yet."""


class CalibrationMessage(Message, frozen=True, kw_only=True):
    """The calibration in force.

    Attributes:
        id: names it in every record; None while there is none.
        made_ms: when it was made.
        method: "upright", "upright+bend", "walking", …
        quality: 0 (barely usable) to 1.
        mediolateral_known: whether left and right are told apart from front and back.
        flexion_range_deg: own range, (lean back, slump), or None before it was measured.
    """

    t_ms: UtcMilliseconds
    id: Name | None = None
    made_ms: UtcMilliseconds | None = None
    method: Text = ""
    quality: Share = 0.0
    mediolateral_known: bool = False
    flexion_range_deg: tuple[Degrees, Degrees] | None = None


class PostureMessage(Message, frozen=True, kw_only=True):
    """The live view; never from the outbox, so never a reason to prompt when it is old."""

    t_ms: UtcMilliseconds
    session: UtcMilliseconds
    position: Name = DEFAULT_POSITION
    state: PostureState
    confidence: Share
    sagittal_deg: Degrees | None = None
    frontal_deg: Degrees | None = None
    range_percent: Finite | None = None
    bout_state: PostureState | None = None
    bout_start_ms: UtcMilliseconds | None = None
    calibration: Name | None = None


class AngleMessage(Message, frozen=True, kw_only=True):
    """The live trace for drills, at most 20 a second."""

    t_ms: UtcMilliseconds
    sagittal_deg: Degrees
    frontal_deg: Degrees
    up: tuple[Finite, Finite, Finite]
    """Upward unit vector in the wearer's frame (up, right, forward): 1, 0, 0 when upright."""


class FromOutbox(Message, frozen=True, kw_only=True):
    """What every message from an outbox carries: who numbered it."""

    origin: Name
    epoch: Name


class BoutMessage(FromOutbox, frozen=True, kw_only=True):
    """One bout."""

    seq: Seq
    bout: Bout


class EventMessage(FromOutbox, frozen=True, kw_only=True):
    """One event; the store knows it by `event_id(origin, epoch, seq)`."""

    seq: Seq
    event: Event


class RevisionMessage(FromOutbox, frozen=True, kw_only=True):
    """Replaces every second and bout of a range, if `rev` is higher than what the store has."""

    seq: Seq
    position: Name = DEFAULT_POSITION
    from_s: UtcSeconds
    to_s: UtcSeconds
    rev: Annotated[int, Meta(ge=1, le=2**53)]
    reason: Text = ""
    seconds: Annotated[list[Second], Meta(max_length=86_400)]
    bouts: Annotated[list[Bout], Meta(max_length=10_000)]


class StoredMessage(Message, frozen=True, kw_only=True):
    """A recorder's confirmation: these numbers are in its store, durably."""

    recorder: Name
    origin: Name
    epoch: Name
    ranges: Annotated[list[tuple[Seq, Seq]], Meta(max_length=10_000)]


class NudgeMessage(Message, frozen=True, kw_only=True):
    """The prompt in force; written by the monitor only and cleared (empty payload) when it ends.

    Attributes:
        id: names it in the answer.
        rung: how firm.
        topic: what it is about.
        reason: why, in one sentence for the wearer.
        since_break_s: seconds since the last real break.
        snoozed: how often it was put off.
        drill: a proposal, by id, or None.
        shown_by: the screen that shows it, or None for all.
    """

    id: Name
    t_ms: UtcMilliseconds
    expires_ms: UtcMilliseconds
    rung: Literal["hint", "nudge", "firm"]
    topic: Literal["sitting", "standing", "slump", "not_worn", "left_on", "battery", "plan"] = (
        "sitting"
    )
    reason: Text
    since_break_s: Annotated[float, Meta(ge=0, le=1e9)] | None = None
    snoozed: Annotated[int, Meta(ge=0, le=2**53)] = 0
    drill: Name | None = None
    shown_by: Name | None = None


class StatusMessage(Message, frozen=True, kw_only=True):
    """The monitor's view, at 1 Hz of wall time at most and at every change.

    Attributes:
        now_ms: posture time up to which everything is decided.
        sitting_s: sitting credit used up, in seconds; a break pays it back.
        full_s: at how many seconds the next rung is due.
        next_rung: which rung is due next, or None when none is (budget spent, paused, …).
        next_ms: when it is due if the wearer keeps sitting, or None.
        held: why a due nudge is held back ("" when it is not).
        paused_until_ms: end of a pause, or None.
        last_break_ms: end of the last credited break, or None.
        breaks_today, nudges_today: counts of the local day.
        break_s: seconds of the break under way, 0 when none is.
        monitor: which monitor says so; the others keep quiet while it does.
    """

    now_ms: UtcMilliseconds
    sitting_s: Annotated[float, Meta(ge=0, le=1e9)]
    full_s: Annotated[float, Meta(ge=0, le=1e9)]
    next_rung: Literal["hint", "nudge", "firm"] | None = None
    next_ms: UtcMilliseconds | None = None
    held: Text = ""
    paused_until_ms: UtcMilliseconds | None = None
    last_break_ms: UtcMilliseconds | None = None
    breaks_today: Annotated[int, Meta(ge=0, le=2**53)] = 0
    nudges_today: Annotated[int, Meta(ge=0, le=2**53)] = 0
    break_s: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    monitor: Name | None = None


class ScreenMessage(Message, frozen=True, kw_only=True):
    """A screen's presence; an empty payload (also the last will) says that it has gone."""

    id: Name
    t_ms: UtcMilliseconds
    focused: bool
    last_key_ms: UtcMilliseconds | None = None


class Command(Message, frozen=True, kw_only=True):
    """A wish of a screen, on `cmd/<verb>`; answered on `reply/<id>`.

    Verbs of the monitor: snooze {minutes}, skip, done, pause {minutes}, resume, mark {note},
    in_call {minutes}, drill {drill, …}, try_sinks. Verbs of ingest: calibrate {step}, correct {…},
    vibrate {seconds}.
    Times are wall milliseconds: a command is about now, not about posture time.
    """

    id: Name
    issued_ms: UtcMilliseconds
    expires_ms: UtcMilliseconds
    screen: Name | None = None
    args: dict[str, str | int | float | bool | None] = {}


class Reply(Message, frozen=True, kw_only=True):
    """The answer to one command."""

    id: Name
    accepted: bool
    reason: Text = ""
    data: dict[str, Any] = {}


MessageT = TypeVar("MessageT", bound=Message)
_encoder = msgspec.json.Encoder()
_decoder_of = cache(msgspec.json.Decoder[Any])


def encode(message: Message) -> bytes:
    """Return the message as JSON."""
    return _encoder.encode(message)


def decode(kind: type[MessageT], payload: bytes, *, topic: str) -> MessageT:
    """Return the payload as a `kind`; raise BadPayloadError with the first violation."""
    most = MAX_REVISION_BYTES if kind is RevisionMessage else MAX_PAYLOAD_BYTES
    if len(payload) > most:
        raise BadPayloadError(topic, f"{len(payload)} bytes are more than {most}")
    decoder = _decoder_of(kind)
    try:
        message: MessageT = decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayloadError(topic, str(error)) from error
    return message
