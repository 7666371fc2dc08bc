"""The words of the screens, in one place: for one voice, for the text lint, for translation."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from ingest.records import NO_DATA, PostureState
from tui.live import Freshness
from tui.signs import UNICODE, Signs

STATE: Final[dict[str, str]] = {
    PostureState.SITTING: "Sitting",
    PostureState.STANDING: "Standing",
    PostureState.MOVING: "Moving",
    PostureState.LYING: "Lying",
    PostureState.OFF_BODY: "Not worn",
    PostureState.UNKNOWN: "Not sure",
    NO_DATA: "No data",
}

FRESHNESS: Final[dict[Freshness, tuple[str, str]]] = {
    Freshness.CONNECTING: ("Connecting", "Waiting for the services to answer."),
    Freshness.NO_BROKER: (
        "No connection",
        "The broker does not answer; trying again. Measuring may go on.",
    ),
    Freshness.NO_SERVICE: (
        "Nothing is measuring",
        "No service announces itself here. To start: lumbar up",
    ),
    Freshness.BLUETOOTH_OFF: ("Bluetooth is off", "Switch it on; the strap is found by itself."),
    Freshness.SEARCHING: (
        "Looking for the strap",
        "Is it on and within 2 m? It is picked up by itself.",
    ),
    Freshness.LATE: ("No fresh data", "The strap is connected but silent; waiting."),
    Freshness.OFF_BODY: ("Not worn", "The strap lies still; put it on and it goes on by itself."),
    Freshness.UNCALIBRATED: (
        "Not calibrated yet",
        "Angles need your own upright: go to Strap and press n.",
    ),
    Freshness.LIVE: ("", ""),
}
"""Headline and what to do, for each freshness."""

RUNG: Final[dict[str, str]] = {
    "hint": "A break is near",
    "nudge": "Time for a break",
    "firm": "Take a break",
}
NEXT_RUNG: Final[dict[str, str]] = {"hint": "hint", "nudge": "nudge", "firm": "firm nudge"}


def duration(seconds: float) -> str:
    """Return a length of time as people say it: `45 s`, `34 min`, `1 h 05`."""
    if seconds < 60:
        return f"{int(seconds)} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02}"


def hours_minutes(seconds: float) -> str:
    """Return a length of time for columns, in the whole minutes of `duration`: `0:34`, `10:05`."""
    minutes = int(seconds // 60)
    return f"{minutes // 60}:{minutes % 60:02}"


def stopwatch(seconds: float) -> str:
    """Return a running length of time: `4:07`, `1:04:07`."""
    whole = int(max(0.0, seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def clock(moment: datetime, style: Literal["24h", "12h"] = "24h") -> str:
    """Return a time of day to the minute."""
    if style == "24h":
        return f"{moment:%H:%M}"
    return f"{moment:%I:%M} {'am' if moment.hour < 12 else 'pm'}".lstrip("0")


def signed_degrees(value_deg: float, signs: Signs = UNICODE) -> str:
    """Return whole degrees with a sign: `+12°`, `0°`."""
    whole = round(value_deg)
    sign = "" if whole == 0 else "+" if whole > 0 else signs.minus
    return f"{sign}{abs(whole)}{signs.degree}"


def sagittal(value_deg: float, signs: Signs = UNICODE) -> str:
    """Return an inclination forward or back in words: `12° forward`, `upright`."""
    return _sided(value_deg, ("forward", "back"), "upright", signs)


def frontal(value_deg: float, signs: Signs = UNICODE) -> str:
    """Return an inclination to a side in words: `3° right`, `level`."""
    return _sided(value_deg, ("right", "left"), "level", signs)


def _sided(value_deg: float, sides: tuple[str, str], middle: str, signs: Signs) -> str:
    whole = round(value_deg)
    if whole == 0:
        return middle
    unit = signs.degree or " deg"
    return f"{abs(whole)}{unit} {sides[0] if whole > 0 else sides[1]}"


def count(number: int, noun: str) -> str:
    """Return `1 break`, `3 breaks`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def percent(share: float | None) -> str:
    """Return a share as whole per cent, or a dash; never 100 % before it is."""
    return "—" if share is None else f"{min(int(share * 100 + 0.5), 99) if share < 1 else 100} %"


ANSWERED: Final[dict[str, str]] = {
    "snooze": "Put off for {minutes} min.",
    "in_call": "No nudge during the call, at most one after it.",
    "skip": "Skipped.",
    "done": "Noted.",
}
"""What is said once the monitor has accepted an answer."""

RATING: Final[dict[str, str]] = {
    "fine": "fine",
    "mild": "mild effort",
    "sharp": "sharp pain",
    "sore": "still sore the day after",
}


def not_saved(number: int) -> str:
    """Return the warning before leaving with unsaved work."""
    what = "1 entry is" if number == 1 else f"{number} entries are"
    return f"{what} not saved yet; press the key again to leave without."
