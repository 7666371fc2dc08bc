"""What happens to records inside one transaction of the SQLite store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

from ingest.messages import RevisionMessage
from ingest.records import Bout, Event, Second
from ingest.store import rollup
from ingest.store.base import Entry
from ingest.store.minutes import MINUTE_S, Minute
from ingest.store.ranges import (
    Range,
    RevisedRange,
    inside,
    merged,
    narrowed,
    overlaid,
    steps_holding,
    widened,
    without,
)
from ingest.store.rows import (
    BOUT_COLUMNS,
    EVENT_COLUMNS,
    MINUTE_COLUMNS,
    SECOND_COLUMNS,
    bout_row,
    event_row,
    minute_row,
    second_row,
)

_PUT_SECOND: Final = (
    f"INSERT OR REPLACE INTO second (strap, {SECOND_COLUMNS}) VALUES ({'?, ' * 19}?)"
)
# A bout that another session began at the same instant gives way to the newer session's.
_PUT_BOUT: Final = f"""
  INSERT INTO bout (strap, {BOUT_COLUMNS}) VALUES ({"?, " * 8}?)
  ON CONFLICT (strap, start_ms) DO UPDATE SET
    end_ms = excluded.end_ms, session = excluded.session, state = excluded.state,
    interruptions = excluded.interruptions, interrupted_s = excluded.interrupted_s,
    mean_sagittal_deg = excluded.mean_sagittal_deg, rule = excluded.rule
  WHERE excluded.session >= bout.session"""
_PUT_EVENT: Final = (
    f"INSERT OR REPLACE INTO event (wearer, {EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
)
_PUT_SEALED: Final = f"""
  INSERT INTO minute (strap, {MINUTE_COLUMNS}, sealed) VALUES ({"?, " * 10}1)
  ON CONFLICT (strap, t_s) DO UPDATE SET
    sitting = excluded.sitting, standing = excluded.standing, moving = excluded.moving,
    lying = excluded.lying, off_body = excluded.off_body, unknown = excluded.unknown,
    sagittal_sum_deg = excluded.sagittal_sum_deg, sagittal_n = excluded.sagittal_n
  WHERE minute.sealed = 1"""


ItemT = TypeVar("ItemT", Second, Bout, RevisionMessage)


class Writer:
    """Writes into one open transaction; the caller commits or rolls back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        self._straps: dict[tuple[str, str], int] = {}

    def write(self, entries: Sequence[Entry]) -> None:
        """Store the entries and derive the minutes and hours that they change."""
        for wearer, revision in _items(entries, RevisionMessage):
            self._revise(self._strap(wearer, revision.position), revision)
        for strap, seconds in self._by_strap(_items(entries, Second)).items():
            self._put_seconds(strap, seconds)
        for strap, bouts in self._by_strap(_items(entries, Bout)).items():
            self._put_bouts(strap, bouts)
        events = [
            (entry.wearer, *event_row(_identity(entry), entry.item))
            for entry in entries
            if isinstance(entry.item, Event)
        ]
        self._sql.executemany(_PUT_EVENT, events)

    def load_minutes(self, minutes: Iterable[Minute]) -> None:
        """Store sealed minutes; a minute that has seconds of its own keeps those."""
        rows = [(self._strap(m.wearer, m.position), *minute_row(m)) for m in minutes]
        self._sql.executemany(_PUT_SEALED, rows)
        starts: dict[int, list[int]] = {}
        for row in rows:
            starts.setdefault(row[0], []).append(row[1])
        for strap, minute_starts in starts.items():
            rollup.derive_hours(self._sql, strap, steps_holding(minute_starts, MINUTE_S))

    def _put_seconds(self, strap: int, seconds: Sequence[Second]) -> None:
        """Store seconds as first measured; a revised range and a sealed minute stay closed."""
        closed = self._closed(strap, [second.t_s for second in seconds])
        fresh = [s for s in seconds if not inside(s.t_s, closed)]
        self._sql.executemany(_PUT_SECOND, [(strap, *second_row(s)) for s in fresh])
        rollup.derive(self._sql, strap, steps_holding((s.t_s for s in fresh), MINUTE_S))

    def _put_bouts(self, strap: int, bouts: Sequence[Bout]) -> None:
        starts = [bout.start_ms // 1000 for bout in bouts]
        revised = self._revised(strap, Range(min(starts), max(starts) + 1))
        rows = [(strap, *bout_row(b)) for b in bouts if not inside(b.start_ms // 1000, revised)]
        self._sql.executemany(_PUT_BOUT, rows)

    def _revise(self, strap: int, revision: RevisionMessage) -> None:
        """Replace the parts of a range in which the revision is the newest."""
        new = RevisedRange(revision.from_s, revision.to_s, revision.rev)
        older = self._revised(strap, Range(new.from_s, new.to_s))
        for piece in overlaid(older, new):
            self._mark_revised(strap, piece, revision)
            self._replace(strap, piece, revision)

    def _replace(self, strap: int, piece: Range, revision: RevisionMessage) -> None:
        whole = narrowed(piece, MINUTE_S)
        self._sql.execute(
            "DELETE FROM minute WHERE strap = ? AND t_s >= ? AND t_s < ?", (strap, *whole)
        )
        self._sql.execute(
            "DELETE FROM second WHERE strap = ? AND t_s >= ? AND t_s < ?", (strap, *piece)
        )
        self._sql.execute(
            "DELETE FROM bout WHERE strap = ? AND start_ms >= ? AND start_ms < ?",
            (strap, piece.from_s * 1000, piece.to_s * 1000),
        )
        sealed = self._sealed(strap, piece)
        seconds = [s for s in revision.seconds if inside(s.t_s, [piece])]
        kept = [(strap, *second_row(s)) for s in seconds if not inside(s.t_s, sealed)]
        self._sql.executemany(_PUT_SECOND, kept)
        bouts = [b for b in revision.bouts if inside(b.start_ms // 1000, [piece])]
        self._sql.executemany(_PUT_BOUT, [(strap, *bout_row(b)) for b in bouts])
        rollup.derive(self._sql, strap, [piece])

    def _mark_revised(self, strap: int, piece: Range, revision: RevisionMessage) -> None:
        """Note that a piece now belongs to the revision; what older ones keep is cut to fit."""
        for older in self._revised(strap, piece):
            key = (strap, older.from_s)
            query = "SELECT reason FROM revised WHERE strap = ? AND from_s = ?"
            reason = self._sql.execute(query, key).fetchone()[0]
            self._sql.execute("DELETE FROM revised WHERE strap = ? AND from_s = ?", key)
            for rest in without(Range(older.from_s, older.to_s), [piece]):
                self._put_revised(strap, rest, older.rev, reason)
        self._put_revised(strap, piece, revision.rev, revision.reason)

    def _put_revised(self, strap: int, piece: Range, rev: int, reason: str) -> None:
        self._sql.execute(
            "INSERT INTO revised VALUES (?, ?, ?, ?, ?)", (strap, *piece, rev, reason)
        )

    def _closed(self, strap: int, starts: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the ranges among `starts` that take no second any more."""
        around = widened(Range(min(starts), max(starts) + 1), MINUTE_S)
        return [*self._revised(strap, around), *self._sealed(strap, around)]

    def _revised(self, strap: int, window: Range) -> list[RevisedRange]:
        rows = self._sql.execute(
            "SELECT from_s, to_s, rev FROM revised WHERE strap = ? AND from_s < ? AND to_s > ?",
            (strap, window.to_s, window.from_s),
        )
        return [RevisedRange(*row) for row in rows.fetchall()]

    def _sealed(self, strap: int, window: Range) -> list[Range]:
        around = widened(window, MINUTE_S)
        rows = self._sql.execute(
            "SELECT t_s FROM minute WHERE strap = ? AND t_s >= ? AND t_s < ? AND sealed = 1",
            (strap, *around),
        )
        return merged(Range(t_s, t_s + MINUTE_S) for (t_s,) in rows.fetchall())

    def _by_strap(self, items: Iterable[tuple[str, ItemT]]) -> dict[int, list[ItemT]]:
        grouped: dict[int, list[ItemT]] = {}
        for wearer, item in items:
            grouped.setdefault(self._strap(wearer, item.position), []).append(item)
        return grouped

    def _strap(self, wearer: str, position: str) -> int:
        key = (wearer, position)
        if key not in self._straps:
            self._sql.execute("INSERT OR IGNORE INTO strap (wearer, position) VALUES (?, ?)", key)
            row = self._sql.execute(
                "SELECT id FROM strap WHERE wearer = ? AND position = ?", key
            ).fetchone()
            self._straps[key] = int(row[0])
        return self._straps[key]


def _items(entries: Sequence[Entry], kind: type[ItemT]) -> Iterator[tuple[str, ItemT]]:
    return ((e.wearer, e.item) for e in entries if isinstance(e.item, kind))


def _identity(entry: Entry) -> str:
    if entry.event_id is None:
        raise ValueError("an event is stored under its event_id, and this entry has none")
    return entry.event_id
