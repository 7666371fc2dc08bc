"""Scripted moments of a wearer's day for tests and screenshots; posture time stands still."""

from __future__ import annotations

from math import cos, radians, sin
from pathlib import Path

from pasts import (
    NOW,
    NOW_MS,
    ZONE,
    AwayHistory,
    EmptyHistory,
    HugeHistory,
    NudgedHistory,
    QuietHistory,
    ScriptedHistory,
)

from ingest.messages import (
    AngleMessage,
    CalibrationMessage,
    LinkMessage,
    NudgeMessage,
    PostureMessage,
    StatusMessage,
    TimelineMessage,
)
from ingest.records import PostureState
from tui.app import DashboardApp
from tui.facts import ConnectionChanged, Fact, ServiceChanged
from tui.scripted import ScriptedFeed
from tui.settings import ScreenSettings

__all__ = [
    "NOW",
    "SCENES",
    "ZONE",
    "AwayHistory",
    "EmptyHistory",
    "HugeHistory",
    "NudgedHistory",
    "QuietHistory",
    "ScriptedHistory",
]


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
