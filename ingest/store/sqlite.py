"""The default store: one SQLite file that a recorder writes while screens read it.

Write-ahead logging lets readers of other processes go on during a write. `synchronous=FULL` makes
every commit reach the disk: a recorder confirms after the commit, the outbox then forgets, so a
commit that a power cut could undo would be a loss. It costs .2 ms per commit on a laptop's disk,
and a recorder commits a few times a second.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ingest.errors import StoreUnavailableError
from ingest.records import Bout, Second
from ingest.store import rollup, schema
from ingest.store.base import Entry, StoredEvent, Totals, Window
from ingest.store.minutes import Minute, Tally
from ingest.store.ranges import Range, RevisedRange
from ingest.store.rows import (
    BOUT_COLUMNS,
    EVENT_COLUMNS,
    MINUTE_COLUMNS,
    SECOND_COLUMNS,
    bout_of,
    event_of,
    minute_of,
    second_of,
)
from ingest.store.sqlite_errors import explaining
from ingest.store.sqlite_write import Writer

BUSY_TIMEOUT_S: Final = 5.0  # longer than any commit of ours; then the recorder's back-off decides
_MAX_WAL_BYTES: Final = 16 * 1024 * 1024  # what a long reader made the log grow to is given back

_SECONDS = f"""
  SELECT {SECOND_COLUMNS}, max(session) FROM second
  WHERE strap = ? AND t_s >= ? AND t_s < ? GROUP BY t_s ORDER BY t_s"""
_BOUTS = f"""
  SELECT {BOUT_COLUMNS} FROM bout
  WHERE strap = ? AND start_ms < ? AND end_ms > ? ORDER BY start_ms"""
_EVENTS = f"""
  SELECT {EVENT_COLUMNS} FROM event
  WHERE wearer = ? AND t_ms >= ? AND t_ms < ?{{kinds}} ORDER BY t_ms, id"""
_SEALED = f"""
  SELECT {MINUTE_COLUMNS} FROM minute
  WHERE strap = ? AND t_s >= ? AND t_s < ? AND sealed = 1 ORDER BY t_s"""
_SPAN = """
  SELECT min(from_s), max(to_s) FROM (
    SELECT (SELECT min(t_s) FROM hour WHERE strap = id) AS from_s,
           (SELECT max(t_s) + 3600 FROM hour WHERE strap = id) AS to_s
    FROM strap WHERE wearer = ?1
    UNION ALL
    SELECT (SELECT min(start_ms) / 1000 FROM bout WHERE strap = id),
           (SELECT max(start_ms) / 1000 + 1 FROM bout WHERE strap = id)
    FROM strap WHERE wearer = ?1
    UNION ALL
    SELECT (SELECT min(from_s) FROM revised WHERE strap = id),
           (SELECT max(to_s) FROM revised WHERE strap = id)
    FROM strap WHERE wearer = ?1
    UNION ALL
    SELECT min(t_ms) / 1000, max(t_ms) / 1000 + 1 FROM event WHERE wearer = ?1)"""
_WEARERS = "SELECT wearer FROM strap UNION SELECT wearer FROM event ORDER BY 1"


class SqliteStore:
    """The history in a SQLite file; a `Store`.

    Opening for writing creates the file and brings its schema up to date. Opening `read_only`
    raises StoreUnavailableError while there is no file yet.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._read_only = read_only
        self._sql = self._opened()
        self._inode = self._file_inode()

    def write(self, entries: Sequence[Entry]) -> None:
        """Store all entries durably, or none (see Store)."""
        with self._transaction() as writer:
            writer.write(entries)

    def load_minutes(self, minutes: Iterable[Minute]) -> None:
        """Store minutes of which no single seconds exist, such as down-sampled history.

        They are sealed: seconds that arrive for them later are ignored. A minute whose seconds
        the store holds keeps those.
        """
        with self._transaction() as writer:
            writer.load_minutes(minutes)

    def totals(self, wearer: str, position: str, windows: Sequence[Window]) -> list[Totals]:
        """Return the totals of each window (see Store)."""
        with self._reading() as sql:
            strap = self._strap(wearer, position)
            if strap is None:
                return [Tally().totals(*window) for window in windows]
            return [rollup.tally(sql, strap, Range(*window)).totals(*window) for window in windows]

    def seconds(self, wearer: str, position: str, window: Window) -> list[Second]:
        """Return the seconds of a window in order, one per wall second."""
        with self._reading() as sql:
            rows = sql.execute(_SECONDS, (self._strap(wearer, position), *window))
            return [second_of(row, position) for row in rows]

    def bouts(self, wearer: str, position: str, window: Window) -> list[Bout]:
        """Return the bouts that overlap a window, by start."""
        from_ms, to_ms = window[0] * 1000, window[1] * 1000
        with self._reading() as sql:
            rows = sql.execute(_BOUTS, (self._strap(wearer, position), to_ms, from_ms))
            return [bout_of(row, position) for row in rows]

    def events(self, wearer: str, window: Window, kinds: Sequence[str] = ()) -> list[StoredEvent]:
        """Return the events of a window in order; `kinds` narrows them."""
        narrowing = f" AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        parameters = (wearer, window[0] * 1000, window[1] * 1000, *kinds)
        with self._reading() as sql:
            rows = sql.execute(_EVENTS.format(kinds=narrowing), parameters)
            return [event_of(row) for row in rows]

    def wearers(self) -> list[str]:
        """Return every wearer that has a record."""
        with self._reading() as sql:
            return [wearer for (wearer,) in sql.execute(_WEARERS)]

    def positions(self, wearer: str) -> list[str]:
        """Return every position for which a wearer has records."""
        query = "SELECT position FROM strap WHERE wearer = ? ORDER BY id"
        with self._reading() as sql:
            return [position for (position,) in sql.execute(query, (wearer,))]

    def span(self, wearer: str) -> Window | None:
        """Return from where to where a wearer has records, or None without any."""
        with self._reading() as sql:
            from_s, to_s = sql.execute(_SPAN, (wearer,)).fetchone()
        return None if from_s is None else (from_s, to_s)

    def sealed_minutes(self, wearer: str, position: str, window: Window) -> list[Minute]:
        """Return the minutes of a window of which no single seconds exist."""
        with self._reading() as sql:
            rows = sql.execute(_SEALED, (self._strap(wearer, position), *window))
            return [minute_of(row, wearer, position) for row in rows]

    def revised(self, wearer: str, position: str, window: Window) -> list[RevisedRange]:
        """Return which parts of a window a revision replaced, in order."""
        query = """
          SELECT max(from_s, ?2), min(to_s, ?3), rev FROM revised
          WHERE strap = ?1 AND from_s < ?3 AND to_s > ?2 ORDER BY from_s"""
        with self._reading() as sql:
            rows = sql.execute(query, (self._strap(wearer, position), *window))
            return [RevisedRange(*row) for row in rows]

    def close(self) -> None:
        """Release the file; a second call does nothing."""
        self._sql.close()

    def _opened(self) -> sqlite3.Connection:
        if self._read_only and not self.path.exists():
            raise StoreUnavailableError(
                f"there is no history at {self.path} yet", "start `lumbar up` and wear the strap"
            )
        with explaining(self.path):
            if not self._read_only:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                # Health data: the owner's only, from before SQLite makes a log with equal rights.
                self.path.touch(mode=0o600)
            mode = "ro" if self._read_only else "rwc"
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=BUSY_TIMEOUT_S,
                isolation_level=None,
                check_same_thread=False,  # one thread at a time is the contract, not one for ever
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if self._read_only:
            schema.check(connection, str(self.path), newest_needed=True)
            return
        schema.check(connection, str(self.path), newest_needed=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {_MAX_WAL_BYTES}")
        connection.execute("PRAGMA foreign_keys = ON")
        schema.prepare(connection, str(self.path))

    @contextmanager
    def _transaction(self) -> Iterator[Writer]:
        """Commit what the block writes; on any error nothing of it remains."""
        self._reopen_if_replaced()
        with explaining(self.path):
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield Writer(self._sql)
                self._sql.execute("COMMIT")
            except BaseException:
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Give the block one consistent view of the file."""
        self._reopen_if_replaced()
        with explaining(self.path):
            self._sql.execute("BEGIN")
            try:
                yield self._sql
            finally:
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")

    def _strap(self, wearer: str, position: str) -> int | None:
        row = self._sql.execute(
            "SELECT id FROM strap WHERE wearer = ? AND position = ?", (wearer, position)
        ).fetchone()
        return None if row is None else int(row[0])

    def _reopen_if_replaced(self) -> None:
        """Follow the path: SQLite would stay with a file that was deleted or restored."""
        if self._file_inode() != self._inode:
            fresh = self._opened()
            self._sql.close()
            self._sql = fresh
            self._inode = self._file_inode()

    def _file_inode(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino
