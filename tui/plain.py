"""The live view as sentences, for screen readers, braille lines and log files; pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tui import phrases
from tui.live import Live
from tui.readings import (
    BoutReading,
    GaugeReading,
    StateReading,
    bout_reading,
    gauge_reading,
    state_reading,
    strip_reading,
    tank_reading,
)
from tui.signs import ASCII
from tui.widgets.strip import LINK_WORDS
from tui.widgets.tank import what_next


def sentences(
    live: Live, now_s: float, zone: ZoneInfo, *, known_share: float | None = None
) -> tuple[str, ...]:
    """Return what the live screen shows, the most important first; no sign carries meaning."""
    tank = tank_reading(live, now_s, zone)
    strip = strip_reading(live, now_s, known_share)
    credit = (
        f"{phrases.duration(tank.used_s)} of {phrases.duration(tank.full_s)} of sitting used. "
        f"{what_next(tank)}."
        if tank.known
        else "The monitor has said nothing yet."
    )
    battery = "unknown" if strip.battery_percent is None else f"{strip.battery_percent} %"
    return (
        _state(state_reading(live, now_s, zone)),
        _angle(gauge_reading(live, now_s)),
        _bout(bout_reading(live, now_s, zone)),
        credit,
        f"Link: {LINK_WORDS[strip.link]}. Battery {battery}. "
        f"{'Calibrated' if strip.calibrated else 'Not calibrated'}.",
    )


def nudge_sentence(live: Live, now_s: float, screen_id: str) -> str:
    """Return the prompt in force as a sentence, or ""."""
    nudge = live.nudge_in_force(now_s, screen_id)
    return "" if nudge is None else f"{phrases.RUNG[nudge.rung]}: {nudge.reason}"


def _state(reading: StateReading) -> str:
    if reading.freshness.believable and reading.state is not None:
        word = phrases.STATE[reading.state]
        return f"{word}, {phrases.percent(reading.confidence)} sure, {reading.age_s} s old."
    headline = phrases.FRESHNESS[reading.freshness][0]
    if reading.state is None or reading.seen_at is None or reading.age_s is None:
        return f"{headline}."
    return (
        f"{headline} for {phrases.duration(reading.age_s)}; "
        f"last seen {phrases.STATE[reading.state].lower()} at {reading.seen_at:%H:%M:%S}."
    )


def _angle(reading: GaugeReading) -> str:
    if reading.sagittal_deg is None:
        return f"No inclination: {reading.why_empty}."
    words = [phrases.sagittal(reading.sagittal_deg, ASCII)]
    if reading.frontal_deg is not None:
        words.append(phrases.frontal(reading.frontal_deg, ASCII))
    if reading.percent is not None:
        words.append(f"{reading.percent} % of own range")
    return f"Inclination {', '.join(words)}."


def _bout(reading: BoutReading) -> str:
    if reading.state is None or reading.seconds is None or reading.since is None:
        return "Nothing under way."
    word = phrases.STATE[reading.state]
    return f"{word} for {phrases.duration(reading.seconds)}, since {reading.since:%H:%M}."
