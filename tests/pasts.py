"""Histories that answer the questions of `ingest.past.history.History` without a store."""

from __future__ import annotations

import datetime as dt
from functools import cache
from math import cos, radians, sin
from zoneinfo import ZoneInfo

import msgspec

from ingest.errors import StoreUnavailableError
from ingest.past.exposure import Range
from ingest.past.history import Day, DaySummary
from ingest.records import NO_DATA, TOTAL_KEYS, Bout, Event, PostureState, Second
from ingest.store.base import StoredEvent, Totals
from monitor.nudge import NudgeInputs

ZONE = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2024, 3, 12, 14, 32, 5, tzinfo=ZONE)
NOW_MS = round(NOW.timestamp() * 1000)
KEPT_HOUR = 40  # so few of the hours before yesterday are told: enough for figures, and cheap


def _state_at(minute: int) -> str:
    """Return what the wearer of these scenes does at a minute of the day."""
    if not 8 * 60 <= minute < 14 * 60 + 32:
        return NO_DATA
    if 12 * 60 <= minute < 12 * 60 + 40:
        return "moving"
    into = minute % 45
    if into < 4:
        return "moving"
    if into < 10:
        return "standing"
    return "unknown" if 600 <= minute < 606 else "sitting"


class ScriptedHistory:
    """Answers the questions of `ingest.past.history.History` about one repeated day."""

    def day(self, date: dt.date) -> Day:
        midnight = round(dt.datetime.combine(date, dt.time(), ZONE).timestamp())
        events = _events(midnight) if date == NOW.date() else []
        cells, totals = _cells(midnight)
        return Day(
            date=date, totals=totals, cells=cells, bouts=_bouts(midnight), events=events,
            longest_sitting_s=2100.0, long_sitting_s=8400.0, mean_sitting_s=1900.0,
        )  # fmt: skip

    def days(self, last: dt.date, count: int) -> list[DaySummary]:
        found = []
        for back in reversed(range(count)):
            day = self.day(last - dt.timedelta(days=back))
            off = day.date.weekday() >= 5
            totals = _nothing(day.totals) if off else day.totals
            found.append(DaySummary(
                date=day.date, totals=totals, longest_sitting_s=0.0 if off else 2100.0 + 60 * back,
                long_sitting_s=0.0 if off else 8400.0 + 120 * back,
                breaks=0 if off else 5 + back % 4, nudges=0 if off else back % 3,
            ))  # fmt: skip
        return found

    def trace(self, from_s: int, to_s: int) -> list[Second]:
        if to_s < NOW.timestamp() - 86_400 and from_s // 3600 % KEPT_HOUR:
            return []
        return [_second(t_s) for t_s in range(from_s, to_s)]

    def events(self, from_s: int, to_s: int, kinds: tuple[str, ...] = ()) -> list[StoredEvent]:
        midnight = round(dt.datetime.combine(NOW.date(), dt.time(), ZONE).timestamp())
        return [e for e in _events(midnight) if not kinds or e.event.kind in kinds]

    def own_ranges(self, from_s: int, to_s: int) -> dict[str, Range]:
        return {"c1": Range(-14.0, 48.0)}

    def totals(self, windows: list[tuple[int, int]]) -> list[Totals]:
        return [_window(from_s, to_s) for from_s, to_s in windows]

    def close(self) -> None:
        pass


@cache
def _second(t_s: int) -> Second:
    """Return a seated second: a slow sway, a shift every 110 s, a fidget every 83 s."""
    angle = 14 + 8 * sin(t_s / 200) + (7 if t_s // 110 % 2 else 0)
    moves = t_s % 110 == 0 or t_s % 83 == 0
    return Second(
        t_s=t_s, session=1, rule="r1", calibration="c1", state=PostureState.SITTING,
        confidence=0.9, sagittal_deg=angle, frontal_deg=1.0,
        up=(cos(radians(angle)), 0.0, sin(radians(angle))), acc_sd_ms2=0.4 if moves else 0.02,
        gyro_rms_rads=0.01, travel_m=0.0, log_odds=(0.0, -3.0, -5.0, -5.0), coverage=1.0,
    )  # fmt: skip


@cache
def _window(from_s: int, to_s: int) -> Totals:
    local = dt.datetime.fromtimestamp(from_s, ZONE)
    seconds = dict.fromkeys(TOTAL_KEYS, 0.0)
    weekend = local.weekday() >= 5 or from_s > NOW_MS / 1000
    for minute in range(0, (to_s - from_s) // 60):
        at = local.hour * 60 + local.minute + minute
        seconds[NO_DATA if weekend else _state_at(at)] += 60
    mean = None if seconds[NO_DATA] == to_s - from_s else 12.0 + local.hour % 5
    return Totals(from_s=from_s, to_s=to_s, seconds=seconds, sagittal_mean_deg=mean)


@cache
def _cells(midnight: int) -> tuple[list[Totals], Totals]:
    cells = [_cell(midnight, first) for first in range(0, 1440, 5)]
    return cells, _sum(cells)


def _cell(midnight: int, first: int) -> Totals:
    seconds = dict.fromkeys(TOTAL_KEYS, 0.0)
    for minute in range(first, first + 5):
        seconds[_state_at(minute)] += 60
    from_s = midnight + first * 60
    return Totals(from_s=from_s, to_s=from_s + 300, seconds=seconds, sagittal_mean_deg=12.0)


def _sum(cells: list[Totals]) -> Totals:
    seconds = {key: sum(cell.seconds[key] for cell in cells) for key in TOTAL_KEYS}
    return Totals(
        from_s=cells[0].from_s, to_s=cells[-1].to_s, seconds=seconds, sagittal_mean_deg=12.0
    )


def _nothing(totals: Totals) -> Totals:
    seconds = dict.fromkeys(TOTAL_KEYS, 0.0) | {NO_DATA: float(totals.to_s - totals.from_s)}
    return Totals(from_s=totals.from_s, to_s=totals.to_s, seconds=seconds, sagittal_mean_deg=None)


def _event(midnight: int, minute: int, kind: str, **data: str | float | bool) -> StoredEvent:
    return StoredEvent(
        id=f"{minute:032}", event=Event(kind=kind, t_ms=(midnight + minute * 60) * 1000, data=data)
    )


def _events(midnight: int) -> list[StoredEvent]:
    return [
        _event(midnight, 482, "calibration", id="c1", method="upright+bend"),
        _event(midnight, 585, "nudge", reason="30 min of sitting; time for a break."),
        _event(midnight, 587, "response", stood_up=True, after_s=130.0),
        _event(midnight, 592, "break", up_s=300.0, share=1.0),
        _event(midnight, 660, "mark", note="hurts now"),
        _event(midnight, 700, "drill", drill="hip_hinge", duration_s=84.0, rating="fine"),
        _event(midnight, 840, "nudge", reason="30 min seated. Time for a break."),
        _event(midnight, 846, "response", stood_up=False),
    ]


def _bouts(midnight: int) -> list[Bout]:
    bouts = []
    start, state = 8 * 60, _state_at(8 * 60)
    for minute in range(8 * 60, 14 * 60 + 33):
        if _state_at(minute) != state:
            bouts.append(Bout(
                start_ms=(midnight + start * 60) * 1000, end_ms=(midnight + minute * 60) * 1000,
                session=1, state=PostureState(state), rule="r1",
                mean_sagittal_deg=14.0 if state == "sitting" else 3.0,
            ))  # fmt: skip
            start, state = minute, _state_at(minute)
            if state == NO_DATA:
                break
    return bouts


class QuietHistory(ScriptedHistory):
    """A history in which nothing happened."""

    def events(self, from_s: int, to_s: int, kinds: tuple[str, ...] = ()) -> list[StoredEvent]:
        return []


class NudgedHistory(ScriptedHistory):
    """A history with one nudge as the monitor stores it."""

    def events(self, from_s: int, to_s: int, kinds: tuple[str, ...] = ()) -> list[StoredEvent]:
        now_s = NOW_MS / 1000
        decided = {
            "topic": "sitting", "now_s": now_s, "record_s": now_s, "loaded": True,
            "load_s": 1810.0, "break_s": 0.0, "break_end_s": now_s - 1810, "hint_s": 1500.0,
            "nudge_s": 1800.0, "firm_s": 2700.0, "repeat_s": 600.0, "rung_shown": "hint",
            "prompts_in_bout": 0, "max_per_bout": 3, "prompts_today": 2, "budget": 12,
            "cooldown_s": 600.0, "enabled": True, "open": True, "quiet": False, "hold": "",
            "held": False, "last_prompt_s": None,
        }  # fmt: skip
        plain = {float: 30.0, int: 0, bool: False, str: ""}
        for field in msgspec.structs.fields(NudgeInputs):
            decided.setdefault(field.name, plain.get(field.type))
        return [StoredEvent(id="n" * 32, event=Event(kind="nudge", t_ms=NOW_MS, data=decided))]


class AwayHistory(ScriptedHistory):
    """A history whose store went away."""

    def day(self, date: dt.date) -> Day:
        raise StoreUnavailableError("no such file", "is the disk mounted?")

    def trace(self, from_s: int, to_s: int) -> list[Second]:
        raise StoreUnavailableError("no such file", "is the disk mounted?")


class EmptyHistory(ScriptedHistory):
    """A history on its very first day: nobody has worn anything yet."""

    def day(self, date: dt.date) -> Day:
        day = super().day(date)
        cells = [_nothing(cell) for cell in day.cells]
        return Day(
            date=date, totals=_nothing(day.totals), cells=cells, bouts=[], events=[],
            longest_sitting_s=0.0, long_sitting_s=0.0, mean_sitting_s=None,
        )  # fmt: skip

    def days(self, last: dt.date, count: int) -> list[DaySummary]:
        dates = [last - dt.timedelta(days=back) for back in reversed(range(count))]
        return [
            DaySummary(
                date=date, totals=self.day(date).totals, longest_sitting_s=0.0,
                long_sitting_s=0.0, breaks=0, nudges=0,
            )
            for date in dates
        ]  # fmt: skip

    def trace(self, from_s: int, to_s: int) -> list[Second]:
        return []

    def events(self, from_s: int, to_s: int, kinds: tuple[str, ...] = ()) -> list[StoredEvent]:
        return []

    def totals(self, windows: list[tuple[int, int]]) -> list[Totals]:
        return [_nothing(_window(*window)) for window in windows]


class HugeHistory(ScriptedHistory):
    """A history of somebody who never takes the strap off, and whose every minute has an event."""

    def day(self, date: dt.date) -> Day:
        midnight = round(dt.datetime.combine(date, dt.time(), ZONE).timestamp())
        cells = [_worn(midnight + first * 60, 300) for first in range(0, 1440, 5)]
        starts = [(midnight + first * 60) * 1000 for first in range(0, 1440, 10)]
        bouts = [
            Bout(start_ms=start_ms, end_ms=start_ms + 540_000, session=1,
                 state=PostureState.SITTING, rule="r1", mean_sagittal_deg=-104.0)
            for start_ms in starts
        ]  # fmt: skip
        return Day(
            date=date, totals=_sum(cells), cells=cells, bouts=bouts, events=_many(midnight, 1440),
            longest_sitting_s=86_000.0, long_sitting_s=86_000.0, mean_sitting_s=43_000.0,
        )  # fmt: skip

    def days(self, last: dt.date, count: int) -> list[DaySummary]:
        dates = [last - dt.timedelta(days=back) for back in reversed(range(count))]
        return [
            DaySummary(
                date=date, totals=_worn(0, 86_400), longest_sitting_s=86_000.0,
                long_sitting_s=86_000.0, breaks=1234, nudges=999,
            )
            for date in dates
        ]  # fmt: skip

    def events(self, from_s: int, to_s: int, kinds: tuple[str, ...] = ()) -> list[StoredEvent]:
        return [e for e in _many(from_s, 1440) if not kinds or e.event.kind in kinds]

    def totals(self, windows: list[tuple[int, int]]) -> list[Totals]:
        return [_worn(from_s, to_s - from_s) for from_s, to_s in windows]


LONG_NAME = "a_drill_of_my_own_with_a_name_that_goes_on_and_on"


def _worn(from_s: int, length_s: int) -> Totals:
    seconds = dict.fromkeys(TOTAL_KEYS, 0.0) | {"sitting": float(length_s)}
    return Totals(from_s=from_s, to_s=from_s + length_s, seconds=seconds, sagittal_mean_deg=88.0)


def _many(from_s: int, count: int) -> list[StoredEvent]:
    texts = [
        ("nudge", {"reason": "You have been sitting for 1439 minutes without any real break."}),
        ("response", {"stood_up": True, "after_s": 299.0}),
        ("drill", {"drill": LONG_NAME, "duration_s": 5999.0, "rating": "sore"}),
        ("mark", {"note": "hurts now, low on the left side, since the long meeting yesterday"}),
        ("calibration", {"id": "c9", "method": "upright+slump+lean back"}),
        ("calibration_refused", {"reason": "you moved during the upright part: stand still"}),
    ]
    events = []
    for minute in range(count):
        kind, data = texts[minute % len(texts)]
        events.append(_event(from_s, minute, kind, **data))
    return events
