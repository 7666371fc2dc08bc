"""Quiet hints outside the ladder: reminders about the strap, and the slump notice.

They share its manners (quiet hours, pauses, holds, one prompt at a time) and none of its counts.
"""

from __future__ import annotations

from typing import Final, Literal

from ingest.messages import NudgeMessage
from ingest.records import Event, PostureState
from monitor import reminders
from monitor.nudge import MAX_RECORD_AGE_S
from monitor.orders import Value
from monitor.presence import Screens
from monitor.reminders import ReminderTopic
from monitor.schedule import Schedule
from monitor.settings import MonitorSettings
from monitor.state import MonitorState

SLUMP_TEXT: Final = "The same slumped posture for {minutes} min. A shift is welcome."
HOUR_S: Final = 3600.0


class Asides:
    """Says what the ladder does not."""

    def __init__(
        self, settings: MonitorSettings, state: MonitorState, schedule: Schedule, screens: Screens
    ) -> None:
        self._settings = settings
        self._state = state
        self._schedule = schedule
        self._screens = screens

    def prompt(self, now_s: float) -> tuple[NudgeMessage | None, list[Event]]:
        """Return the hint that is due at `now_s`, if any, and its record."""
        state = self._state
        paused = state.paused_until_s is not None and now_s < state.paused_until_s
        silent = paused or state.hold(now_s) or self._schedule.is_quiet(now_s)
        if silent or state.active is not None or not self._settings.nudges.enabled:
            return None, []
        topic = reminders.due(
            state.strap,
            self._schedule,
            state.record_s,
            now_s,
            slot=self._settings.drills.slot,
        )
        if topic is not None:
            state.strap.reminded[topic] = reminders.day_of(self._schedule, now_s)
            return self._shown(topic, reminders.TEXTS[topic], now_s)
        if not self._slump_due(now_s):
            return None, []
        state.slump.pending = False
        state.slump.noticed = [t for t in state.slump.noticed if now_s - t < HOUR_S] + [now_s]
        minutes = round(state.slump.slumped_s / 60)
        return self._shown("slump", SLUMP_TEXT.format(minutes=minutes), now_s)

    def _slump_due(self, now_s: float) -> bool:
        """Return whether a slump may be noticed: opted in, not on day 1, within its limit."""
        nudges, state = self._settings.nudges, self._state
        fresh = state.record_s is not None and now_s - state.record_s <= MAX_RECORD_AGE_S
        recent = sum(now_s - at_s < HOUR_S for at_s in state.slump.noticed)
        return (
            nudges.slump_notice
            and state.slump.pending
            and now_s >= state.strap.put_off.get("slump", 0.0)
            and fresh
            and state.posture is PostureState.SITTING
            and self._schedule.is_open(now_s)
            and self._schedule.local_day(now_s) > state.first_day != ""
            and recent < nudges.slump_per_hour
        )

    def _shown(
        self, topic: ReminderTopic | Literal["slump"], text: str, now_s: float
    ) -> tuple[NudgeMessage | None, list[Event]]:
        state = self._state
        message = NudgeMessage(
            id=f"r{round(now_s * 1000)}",
            t_ms=round(now_s * 1000),
            expires_ms=round((now_s + self._settings.nudges.lifetime_min * 60) * 1000),
            rung="hint",
            topic=topic,
            reason=text,
            shown_by=self._screens.in_use(),
        )
        state.active = message
        data: dict[str, Value] = {"nudge": message.id, "topic": topic, "reason": text}
        data |= {"now_s": now_s, "record_s": state.record_s}
        data |= {"battery_percent": state.strap.now_percent}
        return message, [Event(kind="reminder", t_ms=message.t_ms, data=data)]
