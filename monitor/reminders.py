"""Reminders about the strap itself, each once a day: not put on, left on, a battery running out.

They are quiet hints outside the ladder: no sitting, no budget, never in quiet hours or pauses.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from ingest.messages import LinkMessage
from monitor.schedule import Schedule

ReminderTopic = Literal["not_worn", "left_on", "battery", "plan"]
PUT_ON_WITHIN_S: Final = 15 * 60.0  # after the hours begin
OPENED_WITHIN_S: Final = 60 * 60.0  # later than this it is too late to say
LYING_S: Final = 60 * 60.0
LOW_PERCENT: Final = 10
NIGHT_ENDS_S: Final = 6 * 3600.0
HORIZON_S: Final = 8 * 3600.0

TEXTS: Final[dict[ReminderTopic, str]] = {
    "not_worn": "Your hours have begun and the strap is not on yet.",
    "left_on": "The strap is still on; take it off for the night if you like.",
    "plan": "Time for today's drills: one to three short ones.",
    "battery": "The battery of the strap may not last today; charge it in a break.",
}


class StrapState(Struct):
    """What is known of the strap; times are Timeline seconds.

    Attributes:
        worn_s: end of the newest second on the body.
        lying_since_s: since when the wearer has been lying, or None.
        now_percent: newest look at the battery, or None.
        empty_s: when it will be empty at its present pace, as `link` says; None if not known.
        reminded: local date of the last reminder of each topic.
        put_off: until when the wearer has put a topic off; also that of slumps.
    """

    worn_s: float | None = None
    lying_since_s: float | None = None
    now_percent: int | None = None
    empty_s: float | None = None
    reminded: dict[str, str] = {}
    put_off: dict[str, float] = {}


def note_battery(state: StrapState, link: LinkMessage) -> None:
    """Take what `link` says of the battery; a strap that is away leaves the last word standing."""
    if link.battery_percent is not None:
        state.now_percent = link.battery_percent
        state.empty_s = None if link.battery_until_ms is None else link.battery_until_ms / 1000


def put_off(state: StrapState, topic: str, until_s: float) -> None:
    """Let a hint outside the ladder come at `until_s`, if there is still reason for it then."""
    state.reminded.pop(topic, None)
    state.put_off[topic] = until_s


def day_of(schedule: Schedule, now_s: float) -> str:
    """Return the day a reminder belongs to: it begins at six, so that a night is one day."""
    return schedule.local_day(now_s - NIGHT_ENDS_S)


def due(
    state: StrapState,
    schedule: Schedule,
    record_s: float | None,
    now_s: float,
    *,
    slot: str = "",
) -> ReminderTopic | None:
    """Return the reminder that is due at `now_s`, if any; `slot` is the plan's time "HH:MM"."""
    if schedule.is_quiet(now_s):
        return None
    day = day_of(schedule, now_s)
    checks: tuple[tuple[ReminderTopic, bool], ...] = (
        ("not_worn", _not_worn(state, schedule, now_s)),
        ("left_on", _left_on(state, schedule, record_s, now_s)),
        ("plan", slot != "" and slot <= schedule.local_time(now_s) < _an_hour_after(slot)),
        ("battery", _battery(state, schedule, record_s, now_s)),
    )
    fitting = (t for t, applies in checks if applies and now_s >= state.put_off.get(t, 0.0))
    return next((topic for topic in fitting if state.reminded.get(topic) != day), None)


def _not_worn(state: StrapState, schedule: Schedule, now_s: float) -> bool:
    if state.worn_s is not None and now_s - state.worn_s < PUT_ON_WITHIN_S:
        return False
    began = schedule.is_open(now_s - PUT_ON_WITHIN_S) and schedule.is_open(now_s)
    return began and not schedule.is_open(now_s - OPENED_WITHIN_S)


def _left_on(state: StrapState, schedule: Schedule, record_s: float | None, now_s: float) -> bool:
    if state.lying_since_s is None or record_s is None or now_s - record_s > 30:
        return False
    return now_s - state.lying_since_s >= LYING_S and _evening(schedule, now_s)


def _an_hour_after(slot: str) -> str:
    """Return the end of the hour in which the plan is still worth mentioning."""
    hour = int(slot[:2]) + 1
    return f"{hour:02}{slot[2:]}"


def _evening(schedule: Schedule, now_s: float) -> bool:
    hour = schedule.local_hour(now_s)
    return hour >= 21 or hour < 6


def _battery(state: StrapState, schedule: Schedule, record_s: float | None, now_s: float) -> bool:
    connected = record_s is not None and now_s - record_s <= 30
    if state.now_percent is None or not connected or not schedule.is_open(now_s):
        return False
    if state.now_percent <= LOW_PERCENT:
        return True
    closes_s = schedule.next_change(now_s) or now_s + HORIZON_S
    return state.empty_s is not None and state.empty_s < min(closes_s, now_s + HORIZON_S)
