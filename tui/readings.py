"""What each widget shows, computed from the live facts; pure, so that every state is a test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from ingest.messages import LinkMessage, StatusMessage
from ingest.records import Bout, PostureState
from tui import phrases
from tui.live import Freshness, Live
from tui.plots import Point
from tui.signs import Signs
from tui.traces import TraceReading

DEFAULT_RANGE_DEG: Final = (-45, 45)  # drawn until the wearer's own range is measured
EASY_SHARE: Final = 0.45  # of the way from upright to the own slump, by eye
TRAIL_S: Final = 600.0
WEAK_DBM: Final = (-90, -80, -70, -60)  # a bar each; below -90 the link breaks off


@dataclass(frozen=True, slots=True)
class StateReading:
    """The state, how sure, how old."""

    freshness: Freshness
    state: PostureState | None
    confidence: float | None
    age_s: int | None
    seen_at: datetime | None
    """When the newest posture was true, in the wearer's zone."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The ends of a gauge and what they mean for this wearer.

    Where the strap sits low, slumping tips it backward; so the own range may run either way.

    Attributes:
        low_deg, high_deg: the ends.
        low_word, high_word: what they are called.
        easy: from upright part of the way to the own slump, or None before that was measured.
        own: whether the range is the wearer's own.
    """

    low_deg: int
    high_deg: int
    low_word: str = "back"
    high_word: str = "forward"
    easy: tuple[float, float] | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class GaugeReading:
    """Inclination on the wearer's own scale; angles are None where they may not be shown."""

    sagittal_deg: int | None
    frontal_deg: int | None
    scale: Scale
    percent: int | None
    why_empty: str


@dataclass(frozen=True, slots=True)
class BoutReading:
    """The stretch that is under way."""

    state: PostureState | None
    seconds: int | None
    since: datetime | None
    live: bool


@dataclass(frozen=True, slots=True)
class TankReading:
    """Sitting credit that is used up, and what comes next."""

    known: bool
    used_s: int = 0
    full_s: int = 0
    next_rung: str | None = None
    next_in_s: int | None = None
    held: str = ""
    paused_until: datetime | None = None
    break_s: int = 0
    breaks_today: int = 0
    nudges_today: int = 0
    since_break_s: int | None = None
    decided: bool = True
    """Whether the monitor's view is fresh."""


@dataclass(frozen=True, slots=True)
class StripReading:
    """The line about the apparatus."""

    link: str
    device: str | None
    bars: int | None
    battery_percent: int | None
    battery_s: int | None
    calibrated: bool
    backlog: int
    recorder: bool | None
    monitor: bool | None
    known_share: float | None


def local(at_s: float, zone: ZoneInfo) -> datetime:
    """Return posture time as the wearer's wall clock."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(zone)


def state_reading(live: Live, now_s: float, zone: ZoneInfo) -> StateReading:
    """Return what may be said of the state; an old one keeps its time and loses its claim."""
    posture = live.posture
    freshness = live.freshness(now_s)
    if posture is None:
        return StateReading(freshness, None, None, None, None)
    seen_at = local(posture.t_ms / 1000, zone).replace(microsecond=0)
    age_s = int(live.age_s(now_s) or 0)
    if freshness.believable:
        return StateReading(freshness, posture.state, posture.confidence, age_s, None)
    return StateReading(freshness, posture.state, None, age_s, seen_at)


def gauge_reading(live: Live, now_s: float) -> GaugeReading:
    """Return the inclination if it is fresh and calibrated, else why there is none."""
    scale = scale_of(live)
    freshness = live.freshness(now_s)
    posture = live.posture
    if not freshness.believable or posture is None:
        return GaugeReading(None, None, scale, None, "no fresh angle")
    if posture.state is PostureState.OFF_BODY:
        return GaugeReading(None, None, scale, None, "strap not worn")
    if posture.sagittal_deg is None:
        return GaugeReading(None, None, scale, None, "not calibrated yet")
    return GaugeReading(
        sagittal_deg=round(posture.sagittal_deg),
        frontal_deg=None if posture.frontal_deg is None else round(posture.frontal_deg),
        scale=scale,
        percent=None if posture.range_percent is None else round(posture.range_percent),
        why_empty="",
    )


def scale_of(live: Live) -> Scale:
    """Return the wearer's own scale, or the default one before it was measured."""
    own = live.calibration.flexion_range_deg if live.calibration is not None else None
    if own is None:
        return Scale(*DEFAULT_RANGE_DEG)
    lean_back, slump = own
    words = ("back", "slumped")
    low_word, high_word = words if lean_back <= slump else words[::-1]
    low, high = sorted((round(lean_back), round(slump)))
    easy = slump * EASY_SHARE
    return Scale(
        min(low, -5), max(high, 5), low_word, high_word, (min(0.0, easy), max(0.0, easy)), own=True
    )


def bout_reading(live: Live, now_s: float, zone: ZoneInfo) -> BoutReading:
    """Return the current bout; on old data it ends where the data end."""
    posture = live.posture
    if posture is None or posture.bout_start_ms is None or posture.bout_state is None:
        return BoutReading(None, None, None, False)
    believable = live.freshness(now_s).believable
    until_s = posture.t_ms / 1000
    start_s = posture.bout_start_ms / 1000
    since = local(start_s, zone).replace(second=0, microsecond=0)
    return BoutReading(posture.bout_state, int(max(0, until_s - start_s)), since, believable)


def tank_reading(live: Live, now_s: float, zone: ZoneInfo) -> TankReading:
    """Return the monitor's view of sitting credit."""
    status = live.status
    if status is None:
        return TankReading(known=False)
    return TankReading(
        known=True,
        used_s=int(status.sitting_s) // 10 * 10,
        full_s=int(status.full_s),
        next_rung=status.next_rung,
        next_in_s=_next_in_s(status, now_s),
        held=status.held,
        paused_until=_moment(status.paused_until_ms, zone),
        break_s=int(status.break_s),
        breaks_today=status.breaks_today,
        nudges_today=status.nudges_today,
        since_break_s=_since_s(status.last_break_ms, now_s),
        decided=live.freshness(now_s).believable and live.online("monitor") is not False,
    )


def _next_in_s(status: StatusMessage, now_s: float) -> int | None:
    if status.next_ms is None:
        return None
    left_s = max(0, int(status.next_ms / 1000 - now_s))
    return left_s if left_s < 60 else left_s // 60 * 60


def _since_s(at_ms: int | None, now_s: float) -> int | None:
    """Return whole minutes in seconds, so that the picture changes once a minute."""
    return None if at_ms is None else max(0, int(now_s - at_ms / 1000)) // 60 * 60


def _moment(at_ms: int | None, zone: ZoneInfo) -> datetime | None:
    return None if at_ms is None else local(at_ms / 1000, zone)


def bout_figures(bout: Bout, zone: ZoneInfo, signs: Signs) -> tuple[tuple[str, str], ...]:
    """Return what is known of one bout."""
    start, end = local(bout.start_ms / 1000, zone), local(bout.end_ms / 1000, zone)
    mean = bout.mean_sagittal_deg
    return (
        ("state", phrases.STATE[bout.state].lower()),
        ("from", f"{start:%H:%M}"),
        ("to", f"{end:%H:%M}"),
        ("length", phrases.duration((bout.end_ms - bout.start_ms) / 1000)),
        ("mean inclination", "—" if mean is None else phrases.signed_degrees(mean, signs)),
        ("interruptions", str(bout.interruptions)),
        ("rules", bout.rule),
    )


def trail_reading(trail: Iterable[Point], scale: Scale, now_s: float) -> TraceReading:
    """Return the last ten minutes on the wearer's scale; it moves on every 2 s."""
    right = now_s // 2 * 2 + 2
    left = right - TRAIL_S
    points = tuple(point for point in trail if point[0] >= left)
    angles = [angle for _, angle in points]
    return TraceReading(
        points=points,
        x_from=left,
        x_to=right,
        low_deg=round(min([scale.low_deg, *angles])),
        high_deg=round(max([scale.high_deg, *angles])),
        band=scale.easy,
        left="10 min ago",
        right="now",
    )


def strip_reading(live: Live, now_s: float, known_share: float | None) -> StripReading:
    """Return the state of the apparatus."""
    link = live.link
    freshness = live.freshness(now_s)
    stale = freshness in (Freshness.CONNECTING, Freshness.NO_BROKER, Freshness.NO_SERVICE)
    calibration = live.calibration
    return StripReading(
        link="unknown" if link is None or stale else link_state(link, freshness),
        device=None if link is None else link.device,
        bars=None if link is None or stale else signal_bars(link),
        battery_percent=None if link is None or stale else link.battery_percent,
        battery_s=None if link is None or stale else battery_s(link, now_s),
        calibrated=calibration is not None and calibration.id is not None,
        backlog=0 if link is None else link.backlog,
        recorder=live.online("recorder"),
        monitor=live.online("monitor"),
        known_share=known_share,
    )


def link_state(link: LinkMessage, freshness: Freshness) -> str:
    """Return what may be said of the link: one that is connected and silent is stale."""
    return "stale" if freshness is Freshness.LATE else link.state


def battery_s(link: LinkMessage, now_s: float) -> int | None:
    """Return for how long the battery will last in whole ten minutes, or None while unknown."""
    if link.battery_until_ms is None:
        return None
    return max(0, round(link.battery_until_ms / 1000 - now_s)) // 600 * 600


def signal_bars(link: LinkMessage) -> int | None:
    """Return 0 to 4 bars of signal, or None where the strength is unknown."""
    if link.rssi_dbm is None or link.state != "connected":
        return None
    return sum(link.rssi_dbm >= limit for limit in WEAK_DBM)
