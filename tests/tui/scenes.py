"""Scripted moments of a wearer's day for tests and screenshots; posture time stands still."""

from __future__ import annotations

import datetime as dt
from math import cos, radians, sin
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from ingest.errors import StoreUnavailableError
from ingest.history import Day, DaySummary
from ingest.messages import (
    AngleMessage,
    CalibrationMessage,
    LinkMessage,
    NudgeMessage,
    PostureMessage,
    StatusMessage,
    TimelineMessage,
)
from ingest.records import NO_DATA, TOTAL_KEYS, Bout, Event, PostureState, Second
from ingest.store.base import StoredEvent, Totals
from monitor.nudge import NudgeInputs
from tui.app import DashboardApp
from tui.facts import ConnectionChanged, Fact, ServiceChanged
from tui.scripted import ScriptedFeed
from tui.settings import ScreenSettings

ZONE = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2024, 3, 12, 14, 32, 5, tzinfo=ZONE)
NOW_MS = round(NOW.timestamp() * 1000)


def ago_ms(seconds: float) -> int:
    return NOW_MS - round(seconds * 1000)


TIMELINE = TimelineMessage(origin="live", event_ms=NOW_MS, wall_ms=NOW_MS, rate=0.0)
LINK = LinkMessage(
    t_ms=NOW_MS, state="connected", device="Lumbar 4F2A", battery_percent=83, rssi_dbm=-61
)
CALIBRATION = CalibrationMessage(
    t_ms=NOW_MS, id="c1", made_ms=ago_ms(7200), method="upright+bend", quality=0.9,
    mediolateral_known=True, flexion_range_deg=(-14.0, 48.0),
)  # fmt: skip
POSTURE = PostureMessage(
    t_ms=ago_ms(0.4), session=1, state=PostureState.SITTING, confidence=0.94, sagittal_deg=12.3,
    frontal_deg=3.1, range_percent=42.0, bout_state=PostureState.SITTING,
    bout_start_ms=ago_ms(22 * 60 + 7), calibration="c1",
)  # fmt: skip
STATUS = StatusMessage(
    now_ms=NOW_MS, sitting_s=22 * 60, full_s=30 * 60, next_rung="nudge",
    next_ms=NOW_MS + 8 * 60_000, last_break_ms=ago_ms(22 * 60), breaks_today=5, nudges_today=2,
)  # fmt: skip
NUDGE = NudgeMessage(
    id="n1", t_ms=ago_ms(20), expires_ms=NOW_MS + 600_000, rung="nudge",
    reason="You have been sitting for 30 minutes.", since_break_s=1830.0, snoozed=1,
    drill="hip_hinge",
)  # fmt: skip
FIRM = NudgeMessage(
    id="n2", t_ms=ago_ms(20), expires_ms=NOW_MS + 600_000, rung="firm",
    reason="Still seated after 46 min. A short walk makes a change.", since_break_s=2760.0,
)  # fmt: skip
BASE: tuple[Fact, ...] = (
    ConnectionChanged(True), ServiceChanged("ingest", True), ServiceChanged("monitor", True),
    TIMELINE, LINK, CALIBRATION, STATUS,
)  # fmt: skip

LATE = PostureMessage(
    t_ms=ago_ms(47), session=1, state=PostureState.SITTING, confidence=0.94, sagittal_deg=12.3,
    bout_state=PostureState.SITTING, bout_start_ms=ago_ms(1300), calibration="c1",
)  # fmt: skip


def link(state: str, reason: str = "") -> LinkMessage:
    return LinkMessage(t_ms=NOW_MS, state=state, device="Lumbar 4F2A", reason=reason)


def paused_status() -> StatusMessage:
    return StatusMessage(
        now_ms=NOW_MS, sitting_s=1320.0, full_s=1800.0, paused_until_ms=NOW_MS + 1_800_000
    )


SCENES: dict[str, tuple[Fact, ...]] = {
    "sitting": (*BASE, POSTURE),
    "nudge": (*BASE, POSTURE, NUDGE),
    "firm": (*BASE, POSTURE, FIRM),
    "nothing": (),
    "no_broker": (*BASE, POSTURE, ConnectionChanged(False)),
    "no_service": (ConnectionChanged(True),),
    "late": (*BASE, LATE),
    "searching": (*BASE, LATE, link("searching")),
    "bluetooth_off": (*BASE, LATE, link("bluetooth_off")),
    "off_body": (*BASE, PostureMessage(
        t_ms=ago_ms(0.4), session=1, state=PostureState.OFF_BODY, confidence=0.99,
        bout_state=PostureState.OFF_BODY, bout_start_ms=ago_ms(300), calibration="c1",
    )),
    "uncalibrated": (*BASE[:5], CalibrationMessage(t_ms=NOW_MS), STATUS, PostureMessage(
        t_ms=ago_ms(0.4), session=1, state=PostureState.SITTING, confidence=0.71,
        bout_state=PostureState.SITTING, bout_start_ms=ago_ms(600),
    )),
}  # fmt: skip


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
    """Answers the questions of `ingest.history.History` about one repeated day."""

    def day(self, date: dt.date) -> Day:
        midnight = round(dt.datetime.combine(date, dt.time(), ZONE).timestamp())
        events = _events(midnight) if date == NOW.date() else []
        cells = [_cell(midnight, first) for first in range(0, 1440, 5)]
        return Day(
            date=date, totals=_sum(cells), cells=cells, bouts=_bouts(midnight), events=events,
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
        return [_second(t_s) for t_s in range(from_s, to_s)]

    def events(self, from_s: int, to_s: int, kinds: tuple[str, ...] = ()) -> list[StoredEvent]:
        midnight = round(dt.datetime.combine(NOW.date(), dt.time(), ZONE).timestamp())
        return [e for e in _events(midnight) if not kinds or e.event.kind in kinds]

    def totals(self, windows: list[tuple[int, int]]) -> list[Totals]:
        return [_window(from_s, to_s) for from_s, to_s in windows]

    def close(self) -> None:
        pass


def _second(t_s: int) -> Second:
    return Second(
        t_s=t_s, session=1, rule="r1", calibration="c1", state=PostureState.SITTING,
        confidence=0.9, sagittal_deg=14 + 8 * sin(t_s / 200) + 3 * sin(t_s / 11), frontal_deg=1.0,
        up=(1.0, 0.0, 0.0), acc_sd_ms2=0.02, gyro_rms_rads=0.01, travel_m=0.0,
        log_odds=(0.0, -3.0, -5.0, -5.0), coverage=1.0,
    )  # fmt: skip


def _window(from_s: int, to_s: int) -> Totals:
    local = dt.datetime.fromtimestamp(from_s, ZONE)
    seconds = dict.fromkeys(TOTAL_KEYS, 0.0)
    weekend = local.weekday() >= 5 or from_s > NOW_MS / 1000
    for minute in range(0, (to_s - from_s) // 60):
        at = local.hour * 60 + local.minute + minute
        seconds[NO_DATA if weekend else _state_at(at)] += 60
    mean = None if seconds[NO_DATA] == to_s - from_s else 12.0 + local.hour % 5
    return Totals(from_s=from_s, to_s=to_s, seconds=seconds, sagittal_mean_deg=mean)


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


def trail() -> list[tuple[float, float]]:
    """Ten minutes of angles: a slow slump with fidgets and a rise."""
    now_s = NOW_MS / 1000
    return [
        (now_s - 600 + i, 12 + 9 * sin(i / 90) + 2.5 * sin(i / 7) + (-14 if 380 < i < 420 else 0))
        for i in range(600)
    ]


def angles() -> list[tuple[float, float]]:
    """Fifteen seconds of slow bending, ten angles a second."""
    now_s = NOW_MS / 1000
    return [(now_s - 15 + i / 10, 8 - 8 * cos(i / 10)) for i in range(150)]


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


def app(
    scene: str = "sitting",
    *,
    theme: str = "lumbar-dark",
    history: type[ScriptedHistory] | None = ScriptedHistory,
    config_path: Path | None = None,
    **settings: object,
) -> DashboardApp:
    wanted = ScreenSettings(theme=theme, glyphs=settings.pop("glyphs", "unicode"), **settings)
    dashboard = DashboardApp(
        ScriptedFeed(*SCENES[scene]), history, wanted,
        wearer="anna", timezone=ZONE, simulated=False, config_path=config_path,
    )  # fmt: skip
    dashboard.trail.extend(trail())
    if scene in ("sitting", "nudge"):
        dashboard.angles.extend(angles())
        dashboard.trace.extend(
            AngleMessage(
                t_ms=round(t_s * 1000), sagittal_deg=angle, frontal_deg=0.0,
                up=(cos(radians(angle)), 0.0, sin(radians(angle))),
            )
            for t_s, angle in angles()
        )  # fmt: skip
    return dashboard
