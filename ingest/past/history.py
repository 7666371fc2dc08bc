"""The questions that people ask of the past, answered from any store.

Days are the wearer's local days, from midnight to midnight, 23 to 25 hours long. Figures of bouts
count the part of a bout inside the day; whether it was a long one is decided by its whole length.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from ingest.past.exposure import Range
from ingest.past.figures import Figures, figures_of, ranges_of
from ingest.records import DEFAULT_POSITION, Bout, PostureState, Second
from ingest.store.base import Store, StoredEvent, Totals, Window

CELL_S: Final = 300
CALIBRATIONS_S: Final = 400 * 86_400  # how old the calibration of a second may be
LONG_SITTING_S: Final = 1800  # activPAL's convention for prolonged sitting; see docs/metrics.md
BREAK_KIND: Final = "break"
NUDGE_KIND: Final = "nudge"
MARK_KIND: Final = "mark"


@dataclass(frozen=True, slots=True)
class Day:
    """One local day.

    Attributes:
        date: the local date.
        totals: of the whole day.
        cells: one per 300 s from midnight; the last is shorter where the day is no multiple.
        bouts: those that overlap the day, uncut, by start.
        events: all kinds, in order.
        longest_sitting_s: longest part of a sitting bout inside the day.
        long_sitting_s: seconds inside the day of sitting bouts that lasted over 30 minutes.
        mean_sitting_s: mean part of a sitting bout inside the day, or None without any.
    """

    date: dt.date
    totals: Totals
    cells: list[Totals]
    bouts: list[Bout]
    events: list[StoredEvent]
    longest_sitting_s: float
    long_sitting_s: float
    mean_sitting_s: float | None


@dataclass(frozen=True, slots=True)
class DaySummary:
    """One local day in a row of days; names as in `Day`.

    Attributes:
        breaks: breaks credited that day.
        nudges: prompts given that day.
    """

    date: dt.date
    totals: Totals
    longest_sitting_s: float
    long_sitting_s: float
    breaks: int
    nudges: int


class History:
    """Answers for one wearer and position; it only reads."""

    def __init__(
        self,
        store: Store,
        *,
        wearer: str,
        position: str = DEFAULT_POSITION,
        timezone: ZoneInfo,
    ) -> None:
        self._store = store
        self._wearer = wearer
        self._position = position
        self._timezone = timezone

    def day(self, date: dt.date) -> Day:
        """Return everything that is shown of one local day."""
        window = local_day(date, self._timezone)
        totals, *cells = self._totals([window, *_cells(window)])
        bouts = self._store.bouts(self._wearer, self._position, window)
        sitting = _sitting_parts(bouts, window)
        inside = [part_s for part_s, _ in sitting]
        return Day(
            date=date,
            totals=totals,
            cells=cells,
            bouts=bouts,
            events=self._store.events(self._wearer, window),
            longest_sitting_s=max(inside, default=0.0),
            long_sitting_s=_long_sitting_s(sitting),
            mean_sitting_s=sum(inside) / len(inside) if inside else None,
        )

    def days(self, last: dt.date, count: int) -> list[DaySummary]:
        """Return `count` local days in order, the last being `last`."""
        dates = [last - dt.timedelta(days=back) for back in reversed(range(count))]
        windows = [local_day(date, self._timezone) for date in dates]
        if not windows:
            return []
        span = (windows[0][0], windows[-1][1])
        bouts = self._store.bouts(self._wearer, self._position, span)
        events = self._store.events(self._wearer, span, (BREAK_KIND, NUDGE_KIND))
        counts = Counter((self._date_of(e.event.t_ms), e.event.kind) for e in events)
        rows = zip(dates, self._totals(windows), _by_window(bouts, windows), strict=True)
        return [
            _summary(date, totals, _sitting_parts(inside, (totals.from_s, totals.to_s)), counts)
            for date, totals, inside in rows
        ]

    def trace(self, from_s: int, to_s: int) -> list[Second]:
        """Return the single seconds of [from_s, to_s), as far as they are kept."""
        return self._store.seconds(self._wearer, self._position, (from_s, to_s))

    def figures(self, from_s: int, to_s: int) -> Figures:
        """Return every figure of [from_s, to_s), as far as its single seconds are kept."""
        ranges = self.own_ranges(from_s, to_s)
        marks = [e.event.t_ms // 1000 for e in self.events(from_s, to_s, (MARK_KIND,))]
        return figures_of(self.trace(from_s, to_s), (from_s, to_s), ranges, marks)

    def own_ranges(self, from_s: int, to_s: int) -> dict[str, Range]:
        """Return the own ranges, by calibration id, that seconds of [from_s, to_s) may have."""
        calibrated = self.events(max(0, from_s - CALIBRATIONS_S), to_s, ("calibration",))
        return ranges_of([e.event for e in calibrated if e.event.position == self._position])

    def bouts(self, from_s: int, to_s: int) -> list[Bout]:
        """Return the bouts that overlap [from_s, to_s), by start."""
        return self._store.bouts(self._wearer, self._position, (from_s, to_s))

    def events(self, from_s: int, to_s: int, kinds: Sequence[str] = ()) -> list[StoredEvent]:
        """Return the events of [from_s, to_s) in order; `kinds` narrows them."""
        return self._store.events(self._wearer, (from_s, to_s), kinds)

    def totals(self, windows: Sequence[Window]) -> list[Totals]:
        """Return the totals of each window."""
        return self._totals(windows)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _totals(self, windows: Sequence[Window]) -> list[Totals]:
        return self._store.totals(self._wearer, self._position, windows)

    def _date_of(self, t_ms: int) -> dt.date:
        return dt.datetime.fromtimestamp(t_ms / 1000, self._timezone).date()


def local_day(date: dt.date, timezone: ZoneInfo) -> Window:
    """Return the UTC seconds of a local day: from its first instant to that of the next."""
    return _midnight(date, timezone), _midnight(date + dt.timedelta(days=1), timezone)


def _midnight(date: dt.date, timezone: ZoneInfo) -> int:
    # Where clocks jump over midnight, fold=0 gives the instant of the jump: the day's first.
    return int(dt.datetime.combine(date, dt.time(), timezone).timestamp())


def _cells(window: Window) -> list[Window]:
    from_s, to_s = window
    return [(start, min(start + CELL_S, to_s)) for start in range(from_s, to_s, CELL_S)]


def _by_window(bouts: Iterable[Bout], windows: Sequence[Window]) -> list[list[Bout]]:
    """Return for each of the adjoining windows the bouts that overlap it."""
    starts_ms = [from_s * 1000 for from_s, _ in windows]
    inside: list[list[Bout]] = [[] for _ in windows]
    for bout in bouts:
        first = max(bisect_right(starts_ms, bout.start_ms) - 1, 0)
        for overlapped in inside[first : bisect_left(starts_ms, bout.end_ms)]:
            overlapped.append(bout)
    return inside


def _sitting_parts(bouts: Iterable[Bout], window: Window) -> list[tuple[float, float]]:
    """Return (seconds inside the window, whole seconds) of each sitting bout."""
    from_ms, to_ms = window[0] * 1000, window[1] * 1000
    parts = [
        (
            (min(bout.end_ms, to_ms) - max(bout.start_ms, from_ms)) / 1000,
            (bout.end_ms - bout.start_ms) / 1000,
        )
        for bout in bouts
        if bout.state is PostureState.SITTING
    ]
    return [part for part in parts if part[0] > 0]


def _long_sitting_s(parts: Iterable[tuple[float, float]]) -> float:
    return sum((inside_s for inside_s, whole_s in parts if whole_s > LONG_SITTING_S), 0.0)


def _summary(
    date: dt.date,
    totals: Totals,
    sitting: Sequence[tuple[float, float]],
    counts: Counter[tuple[dt.date, str]],
) -> DaySummary:
    return DaySummary(
        date=date,
        totals=totals,
        longest_sitting_s=max((inside_s for inside_s, _ in sitting), default=0.0),
        long_sitting_s=_long_sitting_s(sitting),
        breaks=counts[date, BREAK_KIND],
        nudges=counts[date, NUDGE_KIND],
    )


HistoryFactory = Callable[[], History]
