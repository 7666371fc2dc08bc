"""What the monitor remembers; all of it goes into a checkpoint, times are Timeline seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from msgspec import Struct

from ingest.messages import Command, NudgeMessage
from ingest.records import PostureState
from monitor.credit import LedgerState

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
        session: session of the newest second.
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
    """

    v: int = STATE_VERSION
    now_s: float = 0.0
    position: str | None = None
    session: int = 0
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
