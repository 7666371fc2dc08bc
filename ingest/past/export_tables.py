"""The tables that can be exported: their columns and where their rows come from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ingest.records import NO_DATA, Bout, Second
from ingest.store import rows
from ingest.store.base import Store, StoredEvent, Window
from ingest.store.minutes import MINUTE_S, STATES

Row = tuple[Any, ...]
Rows = Callable[[Store, str, str, Window], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class ExportTable:
    """One kind of row.

    Attributes:
        name: what is asked for on the command line.
        columns: (name, type) in order; the type is one of "text", "integer", "real", "json".
        rows: yields the rows of (store, wearer, position, window), in order of time.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: Rows

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [name for name, _ in self.columns]


def iso(t_ms: int) -> str:
    """Return UTC milliseconds as ISO 8601 text, such as 2026-01-05T08:00:00.250Z."""
    moment = dt.datetime.fromtimestamp(t_ms / 1000, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _second_row(second: Second) -> Row:
    t_s, *rest = rows.second_row(second)
    return (iso(t_s * 1000), t_s, second.position, *rest)


def _bout_row(bout: Bout) -> Row:
    start_ms, end_ms, *rest = rows.bout_row(bout)
    return (iso(start_ms), start_ms, end_ms, bout.position, *rest)


def _event_row(stored: StoredEvent) -> Row:
    identity, t_ms, *rest = rows.event_row(stored.id, stored.event)
    return (iso(t_ms), t_ms, identity, *rest)


def _seconds(store: Store, wearer: str, position: str, window: Window) -> Iterator[Row]:
    return map(_second_row, store.seconds(wearer, position, window))


def _bouts(store: Store, wearer: str, position: str, window: Window) -> Iterator[Row]:
    """Yield the bouts that begin in the window, so that adjoining windows share none."""
    bouts = store.bouts(wearer, position, window)
    return (_bout_row(bout) for bout in bouts if bout.start_ms >= window[0] * 1000)


def _events(store: Store, wearer: str, position: str, window: Window) -> Iterator[Row]:
    events = store.events(wearer, window)
    return (_event_row(stored) for stored in events if stored.event.position == position)


def _minutes(store: Store, wearer: str, position: str, window: Window) -> Iterator[Row]:
    """Yield every minute of which something is known."""
    from_s, to_s = window
    starts = range(from_s // MINUTE_S * MINUTE_S, to_s, MINUTE_S)
    # One question instead of 1440 for an empty day: a clock that began in 1970 makes many of them.
    [whole] = store.totals(wearer, position, [(starts.start, starts.stop)])
    if whole.seconds[NO_DATA] == whole.to_s - whole.from_s:
        return
    for totals in store.totals(wearer, position, [(t_s, t_s + MINUTE_S) for t_s in starts]):
        if totals.seconds[NO_DATA] < MINUTE_S:
            counts = (int(totals.seconds[state]) for state in (*STATES, NO_DATA))
            start = totals.from_s
            yield (iso(start * 1000), start, position, *counts, totals.sagittal_mean_deg)


def _columns(text: str) -> tuple[tuple[str, str], ...]:
    """Return columns written as `name:type name:type …`, the type being its first letter."""
    types = {"t": "text", "i": "integer", "r": "real", "j": "json"}
    pairs = (word.split(":") for word in text.split())
    return tuple((name, types[kind]) for name, kind in pairs)


TABLES: Final = {
    table.name: table
    for table in (
        ExportTable(
            "seconds",
            _columns(
                "time:t t_s:i position:t session:i state:t confidence:r sagittal_deg:r "
                "frontal_deg:r up_x:r up_y:r up_z:r acc_sd_ms2:r gyro_rms_rads:r travel_m:r "
                "log_odds_sitting:r log_odds_standing:r log_odds_moving:r log_odds_lying:r "
                "coverage:r rule:t calibration:t"
            ),
            _seconds,
        ),
        ExportTable(
            "minutes",
            _columns(
                "time:t t_s:i position:t sitting:i standing:i moving:i lying:i off_body:i "
                "unknown:i no_data:i sagittal_mean_deg:r"
            ),
            _minutes,
        ),
        ExportTable(
            "bouts",
            _columns(
                "time:t start_ms:i end_ms:i position:t session:i state:t interruptions:i "
                "interrupted_s:r mean_sagittal_deg:r rule:t"
            ),
            _bouts,
        ),
        ExportTable("events", _columns("time:t t_ms:i id:t kind:t position:t data:j"), _events),
    )
}
