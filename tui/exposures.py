"""Movement variety and end-range load of the last hour and of past hours, from stored seconds.

The figures are those of `ingest.past.exposure`; each stands beside the seconds that it rests on.
A past hour is held against the range that was its own: a new calibration does not change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.past.exposure import Range, loads
from ingest.past.figures import own_range
from ingest.past.variety import Variety, variety
from ingest.records import PostureState
from tui import phrases

if TYPE_CHECKING:
    from ingest.past.history import History
    from ingest.records import Second
    from ingest.store.base import Totals, Window

HOUR_S: Final = 3600
NORM: Final = (9.0, 13.0)  # shifts and fidgets per 15 min in the field: docs/metrics.md
MOVES: Final = ("shift", "fidget")
LEAST_SEATED_S: Final = 300  # fewer seated seconds say little of variety
USUAL_DAYS: Final = 14
USUAL_S: Final = 20 * HOUR_S  # so much sitting, the newest of those days, is what is usual
LEAST_USUAL_S: Final = 4 * HOUR_S


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an hour, or many, amounted to.

    Attributes:
        variety: shifts and fidgets, with the seated seconds they were counted in.
        known_s: seconds that were stored at all.
        window_s: seconds that there were.
        load: end-range load at the end, 0 to 1; None without an own range.
        peak: highest load on the way.
    """

    variety: Variety
    known_s: int
    window_s: int
    load: float | None = None
    peak: float | None = None

    @property
    def per_15_min(self) -> tuple[float, float] | None:
        """Shifts and fidgets per 15 min of sitting, or None with too little of it."""
        return None if self.variety.seated_s < LEAST_SEATED_S else self.variety.per_15_min()


def exposure(seconds: Sequence[Second], own: Range | None, *, window_s: int = HOUR_S) -> Exposure:
    """Return what some seconds amount to; `own` is the range to hold them against."""
    load = peak = None
    if own is not None:
        charged = [0.0, *loads(seconds, own)]
        load, peak = charged[-1], max(charged)
    return Exposure(variety(seconds), len(seconds), window_s, load, peak)


def last_hour(history: History, now_s: float, own: tuple[float, float] | None) -> Exposure:
    """Return the exposure of the hour up to now; `own` is (lean-back, slump) in degrees.

    The load before that hour has faded by now.
    """
    to_s = int(now_s)
    known = None if own is None or own[0] == own[1] else Range(*own)
    return exposure(history.trace(to_s - HOUR_S, to_s), known)


def past_hour(history: History, *, window: Window, ranges: Mapping[str, Range]) -> Exposure:
    """Return the exposure of one window of the past; `ranges` are by calibration id."""
    seconds = history.trace(*window)
    return exposure(seconds, own_range(seconds, ranges), window_s=window[1] - window[0])


def together(hours: Iterable[Exposure]) -> Exposure:
    """Return many hours as one; the load has no end there, only a peak."""
    every = tuple(hours)
    peaks = [hour.peak for hour in every if hour.peak is not None]
    counted = Variety(
        sum(hour.variety.shifts for hour in every),
        sum(hour.variety.fidgets for hour in every),
        sum(hour.variety.seated_s for hour in every),
    )
    known_s = sum(hour.known_s for hour in every)
    window_s = sum(hour.window_s for hour in every)
    return Exposure(counted, known_s, window_s, None, max(peaks, default=None))


def rates(found: Exposure) -> str:
    """Return `11 shifts + 14 fidgets per 15 min`, or that there is too little."""
    per = found.per_15_min
    if per is None:
        return "too little sitting to say"
    shifts, fidgets = (
        phrases.count(round(rate), noun) for rate, noun in zip(per, MOVES, strict=True)
    )
    return f"{shifts} + {fidgets} / 15 min"


def measure(usual: Exposure | None) -> str:
    """Return what to hold the rates against: one's own usual, else the norm of the field."""
    per = None if usual is None or usual.variety.seated_s < LEAST_USUAL_S else usual.per_15_min
    if per is None:
        return f"field norm {NORM[0]:.0f} + {NORM[1]:.0f}"
    return f"your usual {per[0]:.0f} + {per[1]:.0f}"


def usual_hours(hours: Sequence[Totals]) -> list[Window]:
    """Return the newest hours that together hold enough sitting to know what is usual."""
    found: list[Window] = []
    seated_s = 0.0
    for hour in reversed(hours):
        sat_s = hour.seconds[PostureState.SITTING]
        if sat_s >= LEAST_SEATED_S and seated_s < USUAL_S:
            found.append((hour.from_s, hour.to_s))
            seated_s += sat_s
    return found


def exposure_figures(found: Exposure, *, unread: int = 0) -> tuple[tuple[str, str], ...]:
    """Return the figures of a period; `unread` hours are still to come."""
    per = found.per_15_min
    shifts, fidgets = ("—", "—") if per is None else (f"{per[0]:.0f}", f"{per[1]:.0f}")
    counted = phrases.duration(found.variety.seated_s)
    peak = phrases.percent(found.peak)
    return (
        ("shifts per 15 min", f"{shifts} (field norm {NORM[0]:.0f})"),
        ("fidgets per 15 min", f"{fidgets} (field norm {NORM[1]:.0f})"),
        ("counted in sitting of", f"{counted}, still reading" if unread else counted),
        ("highest end-range load", f"{peak} (experimental)"),
    )
