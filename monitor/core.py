"""The monitor: from seconds, commands and holds to prompts, breaks and records; pure.

`feed` takes what arrives; seconds wait until `advance` brings the time up to which everything is to
be decided. Nothing here reads a clock, and the same items in the same order give the same records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from ingest.messages import (
    CalibrationMessage,
    LinkMessage,
    NudgeMessage,
    Reply,
    StatusMessage,
)
from ingest.records import Bout, Event, Second
from monitor import orders, response
from monitor.asides import Asides
from monitor.body import Body
from monitor.experiment import Experiment
from monitor.judge import Judge, Propose, no_proposal
from monitor.orders import Value
from monitor.presence import Presence, Screens
from monitor.reminders import note_battery
from monitor.schedule import IsHoliday, Schedule, no_holiday
from monitor.settings import MonitorSettings
from monitor.state import STATE_VERSION, Hold, MonitorState, Order, Stretch, shift_times

CLOCK_BACK_S: Final = 300.0  # a step back beyond this starts a new session
OFF_BODY_CLEARS_S: Final = 10.0


class Clear(Enum):
    """Says that the prompt in force has ended."""

    CLEAR = "clear"


CLEAR: Final = Clear.CLEAR
Item = Second | Stretch | Bout | Event | Order | Hold | Presence | CalibrationMessage | LinkMessage


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the shell is to do.

    Attributes:
        nudge: the prompt to publish, CLEAR to end the one in force, None to leave it.
        status: the monitor's view after this, or None when only seconds were queued.
        records: to be kept, in order.
        replies: to the screens that asked.
    """

    nudge: NudgeMessage | Literal[Clear.CLEAR] | None = None
    status: StatusMessage | None = None
    records: tuple[Event, ...] = ()
    replies: tuple[Reply, ...] = ()


NOTHING: Final = Decisions()


class Monitor:
    """Decides what the wearer is told; see the module for how it is driven."""

    def __init__(
        self,
        settings: MonitorSettings,
        *,
        timezone: ZoneInfo,
        state: MonitorState | None = None,
        is_holiday: IsHoliday = no_holiday,
        propose: Propose = no_proposal,
    ) -> None:
        self.settings = settings
        self.state = state or MonitorState()
        self._schedule = Schedule(settings.schedule, timezone, is_holiday=is_holiday)
        self._body = Body(settings.nudges, self.state)
        self._screens = Screens()
        self._judge = Judge(
            settings, self.state, self._body, self._schedule, propose=propose, screens=self._screens
        )

        self._asides = Asides(settings, self.state, self._schedule, self._screens)

    @classmethod
    def restored(
        cls,
        blob: bytes,
        settings: MonitorSettings,
        *,
        timezone: ZoneInfo,
        is_holiday: IsHoliday = no_holiday,
        propose: Propose = no_proposal,
    ) -> Monitor:
        """Return the monitor of a checkpoint; an unreadable one gives a fresh monitor."""
        return cls(
            settings,
            timezone=timezone,
            state=_state_of(blob),
            is_holiday=is_holiday,
            propose=propose,
        )

    def checkpoint(self) -> bytes:
        """Return everything that `restored` needs, without seconds that are still queued."""
        return msgspec.json.encode(self.state)

    def feed(self, item: Item, now_s: float) -> Decisions:
        """Take one item; seconds are only queued, everything else is answered at once."""
        if isinstance(item, Second | Stretch):
            self._body.take(item)
            return NOTHING
        if isinstance(item, Order):
            return self._obey(item, max(now_s, self.state.now_s))
        if isinstance(item, Hold):
            return self._hold(item, max(now_s, self.state.now_s))
        if isinstance(item, Presence):
            return self._show_elsewhere(item)
        if isinstance(item, CalibrationMessage):
            self.state.own_range = item.flexion_range_deg
        elif isinstance(item, LinkMessage):
            note_battery(self.state.strap, item)
        return NOTHING

    def warm_up(
        self,
        seconds: Iterable[Second],
        events: Iterable[Event],
        *,
        experiment: Experiment | None = None,
    ) -> None:
        """Learn from history what has been going on, without prompting about it."""
        self._body.learn(seconds)
        self.state.experiment = experiment
        self.state.breaks_today = 0  # counted by their events
        for event in events:
            self._remember(event)

    def advance(self, now_s: float) -> Decisions:
        """Decide everything up to `now_s`."""
        if now_s < self.state.now_s - CLOCK_BACK_S:
            shift_times(self.state, now_s - self.state.now_s)
        now_s = max(now_s, self.state.now_s)
        self.state.now_s = now_s
        self._start_day(now_s)
        self._schedule.next_change(now_s)  # every question about this moment is cheap from here on
        records = self._body.follow(now_s)
        if self.state.record_s is not None and not self.state.first_day:
            self.state.first_day = self._schedule.local_day(self.state.record_s)
        nudge: NudgeMessage | Literal[Clear.CLEAR] | None = self._end_prompt(
            now_s, stood_up=any(_stood_up(event) for event in records)
        )
        silent = response.give_up(self.state, now_s)
        if silent is not None:
            records.append(silent)
        prompt, events = self._judge.prompt(now_s)
        if prompt is None:
            prompt, events = self._asides.prompt(now_s)
        records += events
        nudge = prompt or nudge
        return Decisions(nudge=nudge, status=self.status(), records=tuple(records))

    def run_at(self, rate: float) -> None:
        """Take note that the Timeline runs at `rate` seconds a wall second; 1 when it is live."""
        self._judge.rate = rate

    def status(self) -> StatusMessage:
        """Return the monitor's view of the moment it has decided up to."""
        return self._judge.status()

    def _obey(self, order: Order, now_s: float) -> Decisions:
        self._start_day(now_s)
        if order.verb == "mark":
            outcome = self._body.recent.mark(order, self.state, self._body.sitting.load_s, now_s)
        else:
            outcome = orders.handle(order, self.state, self.settings, now_s)
        nudge = None
        if outcome.clears and self.state.active is not None:
            if self.state.watch is not None:
                self.state.watch.answer = order.verb
            self.state.answered = self.state.active.id
            self.state.active = None
            nudge = CLEAR
        return Decisions(nudge, self.status(), outcome.records, (outcome.reply,))

    def _show_elsewhere(self, presence: Presence) -> Decisions:
        """Note a screen that came, changed or left; a prompt follows to the screen in use."""
        self._screens.note(presence)
        active = self.state.active
        if active is None:
            return NOTHING
        shown_by = self._screens.in_use(active.shown_by)
        if shown_by == active.shown_by:
            return NOTHING
        self.state.active = msgspec.structs.replace(active, shown_by=shown_by)
        return Decisions(nudge=self.state.active)

    def _hold(self, hold: Hold, now_s: float) -> Decisions:
        holds = self.state.holds
        was_active = now_s < holds.get(hold.source, now_s)
        if hold.active:
            holds[hold.source] = hold.until_s
        else:
            holds.pop(hold.source, None)
        if was_active == hold.active:
            return Decisions(status=self.status())
        data: dict[str, Value] = {"source": hold.source, "active": hold.active}
        data |= {"until_s": hold.until_s, "now_s": now_s}
        event = Event(kind="hold", t_ms=round(now_s * 1000), data=data)
        return Decisions(status=self.status(), records=(event,))

    def _end_prompt(self, now_s: float, *, stood_up: bool) -> Literal[Clear.CLEAR] | None:
        """End the prompt in force when the body answered it, it expired or the strap is off."""
        state = self.state
        if state.active is None:
            return None
        over = stood_up or now_s >= state.active.expires_ms / 1000
        if not over and state.off_body_s < OFF_BODY_CLEARS_S:
            return None
        if stood_up:
            state.answered = state.active.id
        state.active = None
        return CLEAR

    def _start_day(self, now_s: float) -> None:
        """Start the counts of the local day that `now_s` lies in."""
        day = self._schedule.local_day(now_s)
        if day > self.state.day:
            self.state.day = day
            self.state.prompts_today = self.state.breaks_today = 0

    def _remember(self, event: Event) -> None:
        """Learn from one stored event: the counts of its day, the last prompt and break."""
        state, at_s = self.state, event.t_ms / 1000
        self._start_day(at_s)
        if event.kind == "nudge" and event.data.get("rung") != "hint":
            state.prompts_today += self._schedule.local_day(at_s) == state.day
            state.last_prompt_s = max(state.last_prompt_s or 0.0, at_s)
        elif event.kind == "break":
            state.breaks_today += self._schedule.local_day(at_s) == state.day
            state.last_break_s = max(state.last_break_s or 0.0, at_s)
        elif event.kind == "pause":
            state.paused_until_s = float(event.data["until_s"] or 0.0)
        elif event.kind == "resume":
            state.paused_until_s = None


def _state_of(blob: bytes) -> MonitorState:
    try:
        state = msgspec.json.decode(blob, type=MonitorState)
    except msgspec.DecodeError:
        return MonitorState()
    return state if state.v == STATE_VERSION else MonitorState()


def _stood_up(event: Event) -> bool:
    return event.kind == "response" and event.data["stood_up"] is True
