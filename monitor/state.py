"""What the monitor remembers; all of it goes into a checkpoint, times are Timeline seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from msgspec import Struct

from ingest.messages import Command, NudgeMessage
from ingest.records import PostureState
from monitor.credit import LedgerState
from monitor.experiment import Experiment
from monitor.reminders import StrapState
from monitor.slump import SlumpState

STATE_VERSION: Final = 1


class BoutState(Struct):
    """The prompts of one load since its last credited break.

    Attributes:
        rung_shown: highest rung shown ("" for none).
        prompts: nudges and firm nudges shown, without those the wearer snoozed.
        snoozes: how often they were put off.
        snoozed_until_s: end of a snooze that has not come back yet.
        muted_until_s: end of a skip.
        held: whether a prompt that is still due was held back.
        due_since_s: since when a prompt waits for a natural pause.
    """

    rung_shown: Literal["", "hint", "nudge", "firm"] = ""
    prompts: int = 0
    snoozes: int = 0
    snoozed_until_s: float | None = None
    muted_until_s: float | None = None
    held: bool = False
    due_since_s: float | None = None


class Watch(Struct):
    """The measurement of what the body does after a prompt.

    Attributes:
        nudge, rung, topic: of the prompt.
        t_s: when it was shown.
        answer: the key the wearer pressed ("" for none).
        relief_s: seconds of relief in a row since then.
        relief_start_s: start of these.
    """

    nudge: str
    rung: str
    topic: Literal["sitting", "standing"]
    t_s: float
    answer: str = ""
    relief_s: float = 0.0
    relief_start_s: float | None = None


class MonitorState(Struct):
    """Everything a restarted monitor needs to decide as it would have done.

    Attributes:
        now_s: the newest moment decided about.
        position: the strap that is followed, or None before the first second.
        record_s: end of the newest second.
        posture: its state.
        sitting, standing: the ledgers.
        sitting_bout, standing_bout: the prompts of each.
        paused_until_s: end of a pause.
        holds: what holds prompts back, each with its latest end.
        day: local date of the counts.
        prompts_today, breaks_today: counts of that date.
        last_prompt_s: newest nudge or firm nudge.
        last_break_s: end of the newest credited break.
        active: the prompt in force.
        answered: id of the newest prompt that got an answer.
        watch: the response being measured.
        off_body_s: seconds off the body in a row.
        shifted_s: newest second with a shift in the chair.
        first_day: local date of the first second: the baseline day.
        own_range: calibrated range (lean back, slump) in degrees, or None.
        slump: slumps and end-range load.
        strap: what is known of the strap itself.
        responses: whether the newest nudges were answered by standing up, in order.
        experiment: the experiment under way, or None.
    """

    v: int = STATE_VERSION
    now_s: float = 0.0
    position: str | None = None
    record_s: float | None = None
    posture: PostureState | None = None
    sitting: LedgerState = msgspec.field(default_factory=LedgerState)
    standing: LedgerState = msgspec.field(default_factory=LedgerState)
    sitting_bout: BoutState = msgspec.field(default_factory=BoutState)
    standing_bout: BoutState = msgspec.field(default_factory=BoutState)
    paused_until_s: float | None = None
    holds: dict[str, float] = msgspec.field(default_factory=dict)
    day: str = ""
    prompts_today: int = 0
    breaks_today: int = 0
    last_prompt_s: float | None = None
    last_break_s: float | None = None
    active: NudgeMessage | None = None
    answered: str = ""
    watch: Watch | None = None
    off_body_s: float = 0.0
    shifted_s: float | None = None
    first_day: str = ""
    own_range: tuple[float, float] | None = None
    slump: SlumpState = msgspec.field(default_factory=SlumpState)
    strap: StrapState = msgspec.field(default_factory=StrapState)
    responses: list[bool] = []
    experiment: Experiment | None = None

    def bout(self, topic: Literal["sitting", "standing"]) -> BoutState:
        """Return the prompts of one topic."""
        return self.sitting_bout if topic == "sitting" else self.standing_bout

    def start_bout(self, topic: Literal["sitting", "standing"]) -> None:
        """Forget the prompts of one topic: a break was credited or a long gap passed."""
        if topic == "sitting":
            self.sitting_bout = BoutState()
        else:
            self.standing_bout = BoutState()

    def hold(self, now_s: float) -> str:
        """Return what holds prompts back at `now_s`, or ""."""
        return ", ".join(sorted(name for name, end_s in self.holds.items() if now_s < end_s))


def shift_times(state: MonitorState, by_s: float) -> None:
    """Move every remembered moment by `by_s`: the clock was set back and a new session began."""
    parts = (state, state.sitting, state.standing, state.sitting_bout, state.standing_bout)
    for part in (*parts, state.slump, state.strap):
        for name in _MOMENTS.get(type(part), ()):
            value = getattr(part, name)
            if value is not None:
                setattr(part, name, value + by_s)
    state.holds = {name: end_s + by_s for name, end_s in state.holds.items()}
    state.slump.noticed = [at_s + by_s for at_s in state.slump.noticed]
    put_off = state.strap.put_off
    state.strap.put_off = {topic: until_s + by_s for topic, until_s in put_off.items()}
    if state.watch is not None:
        state.watch.t_s += by_s
        state.watch.relief_s, state.watch.relief_start_s = 0.0, None
    if state.active is not None:
        expires_ms = state.active.expires_ms + round(by_s * 1000)
        state.active = msgspec.structs.replace(state.active, expires_ms=expires_ms)


_MOMENTS: Final[dict[type[Struct], tuple[str, ...]]] = {
    MonitorState: (
        "now_s",
        "record_s",
        "paused_until_s",
        "last_prompt_s",
        "last_break_s",
        "shifted_s",
    ),
    SlumpState: ("start_s", "slumped_to_s", "seen_s"),
    StrapState: ("worn_s", "lying_since_s", "empty_s"),
    LedgerState: ("break_start_s", "relief_end_s", "end_s", "load_end_s"),
    BoutState: ("snoozed_until_s", "muted_until_s", "due_since_s"),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of seconds in one state.

    Attributes:
        t_s: its start.
        seconds: its length.
        state: what the body does.
        session, position: as in `ingest.records.Second`.
        shifted: whether the wearer shifted in it.
        sagittal_deg: its mean inclination, or None.
    """

    t_s: float
    seconds: float
    state: PostureState
    session: int
    position: str
    shifted: bool
    sagittal_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A command with the verb of its topic."""

    verb: str
    command: Command


@dataclass(frozen=True, slots=True)
class Hold:
    """A source that holds prompts back, or lets them go.

    Attributes:
        source: what it is, in the wearer's words ("microphone in use").
        active: whether it holds.
        until_s: the latest end on the Timeline; every hold ends by itself.
    """

    source: str
    active: bool
    until_s: float
