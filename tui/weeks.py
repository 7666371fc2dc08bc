"""Weeks seen as a whole: when one sits, how one is inclined, this period against the last; pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ingest.records import PostureState
from tui import past, phrases
from tui.signs import UNICODE, Signs

if TYPE_CHECKING:
    from ingest.past.history import DaySummary
    from ingest.store.base import Totals

BIN_DEG: Final = 5
LOW_DEG: Final = -45
HIGH_DEG: Final = 60
LEAST_DAYS: Final = 3  # of each period; a mean of fewer is not compared
LEAST_KNOWN_S: Final = 300  # of an hour; less says nothing about it

WEEKDAYS: Final = 7
HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of two periods, in words; `change` says what became of it."""

    name: str
    now: str
    before: str
    change: str


def hour_windows(last: dt.date, days: int, zone: ZoneInfo) -> list[tuple[int, int]]:
    """Return every UTC hour that begins inside the local days."""
    first = dt.datetime.combine(last - dt.timedelta(days=days - 1), dt.time(), zone)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)
    return [(t, t + 3600) for t in range(int(first.timestamp()), int(end.timestamp()), 3600)]


def sitting_by_hour(
    hours: Sequence[Totals], zone: ZoneInfo
) -> tuple[tuple[float | None, ...], ...]:
    """Return (7, 24) shares of known time spent sitting; None where hardly anything is known."""
    sitting = [[0.0] * HOURS for _ in range(WEEKDAYS)]
    known = [[0.0] * HOURS for _ in range(WEEKDAYS)]
    for totals in hours:
        local = dt.datetime.fromtimestamp(totals.from_s, zone)
        sitting[local.weekday()][local.hour] += totals.seconds[PostureState.SITTING]
        known[local.weekday()][local.hour] += totals.known_s
    return tuple(
        tuple(s / k if k >= LEAST_KNOWN_S else None for s, k in zip(row, whole, strict=True))
        for row, whole in zip(sitting, known, strict=True)
    )


def angle_histogram(cells: Sequence[Totals]) -> tuple[float, ...]:
    """Return hours in every 5° of mean inclination, from LOW_DEG to HIGH_DEG; ends collect more."""
    bins = [0.0] * ((HIGH_DEG - LOW_DEG) // BIN_DEG)
    for totals in cells:
        angle = totals.sagittal_mean_deg
        if angle is None:
            continue
        place = int((angle - LOW_DEG) // BIN_DEG)
        bins[min(max(place, 0), len(bins) - 1)] += totals.worn_s / 3600
    return tuple(bins)


def bin_words(place: int, signs: Signs = UNICODE) -> str:
    """Return which inclinations a bin of `angle_histogram` holds: `+5° to +10°`, `from +55°`."""
    low = LOW_DEG + place * BIN_DEG
    if low == LOW_DEG:
        return f"below {phrases.signed_degrees(low + BIN_DEG, signs)}"
    if low + BIN_DEG == HIGH_DEG:
        return f"from {phrases.signed_degrees(low, signs)}"
    words = (phrases.signed_degrees(edge, signs) for edge in (low, low + BIN_DEG))
    return " to ".join(words)


def compared(days: Sequence[DaySummary]) -> tuple[Compared, ...]:
    """Return the second half of the days against the first; days hardly worn do not count.

    Where a period has fewer than LEAST_DAYS such days, a row says so and nothing is compared: what
    was before is left out.
    """
    half = len(days) // 2
    worn, now = ([d for d in part if past.valid(d)] for part in (days[:half], days[half:]))
    missing = list(_missing(now, worn))
    before = [] if missing else worn
    figures: tuple[tuple[str, Callable[[DaySummary], float]], ...] = (
        ("sitting", lambda day: day.totals.seconds[PostureState.SITTING]),
        ("on your feet", lambda day: past.up_s(day.totals)),
        ("in bouts over 30 min", lambda day: day.long_sitting_s),
        ("longest sitting", lambda day: day.longest_sitting_s),
    )
    rows = [(name, _mean(now, of), _mean(before, of)) for name, of in figures]
    return (
        Compared("days worn 5 h or more", str(len(now)), str(len(worn)), ""),
        *(Compared(words, "", "", "") for words in missing),
        *(_compared(*row) for row in rows),
        Compared("breaks", _breaks(now), _breaks(before), ""),
        Compared("known of the time worn", _known(now), _known(before), ""),
    )


def _missing(now: Sequence[DaySummary], before: Sequence[DaySummary]) -> Iterator[str]:
    """Yield what stands in the way of a comparison."""
    for days, when in ((now, "now"), (before, "before")):
        if len(days) < LEAST_DAYS:
            yield f"too few worn days {when}"


def _mean(days: Sequence[DaySummary], of: Callable[[DaySummary], float]) -> float | None:
    return sum(map(of, days)) / len(days) if days else None


def _breaks(days: Sequence[DaySummary]) -> str:
    mean = _mean(days, lambda day: day.breaks)
    return "—" if mean is None else f"{mean:.0f}"


def _known(days: Sequence[DaySummary]) -> str:
    worn_s = sum(day.totals.worn_s for day in days)
    return phrases.percent(sum(day.totals.known_s for day in days) / worn_s if worn_s else None)


def _compared(name: str, now: float | None, before: float | None) -> Compared:
    words = ["—" if mean is None else phrases.duration(mean) for mean in (now, before)]
    return Compared(name, words[0], words[1], _change(now, before))


def _change(now: float | None, before: float | None) -> str:
    if now is None or before is None:
        return ""
    difference_s = now - before
    sign = "+" if difference_s > 0 else UNICODE.minus
    return "same" if abs(difference_s) < 60 else sign + phrases.duration(abs(difference_s))
