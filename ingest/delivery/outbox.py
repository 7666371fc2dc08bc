"""Records wait here, on disk, until recorders have confirmed that they are stored.

A producer appends what one tick decided in one transaction, together with the checkpoint from which
it would continue after a crash: either both are there or neither. Every record gets a number that
is never used again; the epoch in the file tells the numbers of a deleted outbox from these.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from ingest.delivery.outbox_rows import OutboxItem, item_of, row_of
from ingest.delivery.outbox_schema import explaining, opened
from ingest.delivery.revisions import parted
from ingest.messages import StoredMessage
from ingest.records import Revision, Second
from ingest.settings import OutboxSettings

logger = logging.getLogger(__name__)

Numbered = tuple[int, OutboxItem]

MAX_HELD: Final = 36_000  # records kept in memory while the disk refuses them: ten hours of seconds
# What a full outbox gives up first; an event (a transition, a nudge, a mark) cannot be recomputed.
_FULL_ORDER: Final = ("second", "bout", "revision", "event")


class Outbox:
    """A durable queue of numbered records; used from one thread.

    Opening raises StoreUnavailableError where the folder cannot be written, and so does any later
    call once the file turns out to be damaged. A disk that refuses records is not raised: they are
    held in memory, `trouble` says why, and the next `append` tries again.

    Attributes:
        origin: the producer and its data folder.
        epoch: names this file; a new file gets a new one, unless the caller names it because the
            same records must get the same identity again (a replay).
        trouble: why the disk refuses records, in words for the wearer; "" when it does not.
        dropped: records given up because the outbox was full.
        last_rev: highest number of a revision ever appended, 0 before the first.
    """

    def __init__(
        self, path: Path, *, origin: str, settings: OutboxSettings, epoch: str | None = None
    ) -> None:
        self.path = path
        self.origin = origin
        self.trouble = ""
        self.dropped = 0
        self._settings = settings
        self._full = False
        self._listeners: list[Callable[[bool], None]] = []
        self._held: list[OutboxItem] = []
        self._held_checkpoint: bytes | None = None
        self._sql = opened(path)
        self.epoch: str = self._rows(_NAME_EPOCH, epoch or secrets.token_hex(8))[0][0]
        self.last_rev: int = self._noted("last_rev") or 0
        self._depth: int = self._rows("SELECT count(*) FROM record")[0][0]

    @property
    def depth(self) -> int:
        """Return how many records wait for a confirmation."""
        return self._depth + len(self._held)

    @property
    def stored_depth(self) -> int:
        """Return how many of them are on disk, so that they may be published."""
        return self._depth

    @property
    def oldest_ms(self) -> int | None:
        """Return the time of the oldest waiting record in UTC ms, or None when none waits."""
        rows = self._rows("SELECT t_ms FROM record ORDER BY seq LIMIT 1")
        return int(rows[0][0]) if rows else None

    @property
    def last_seq(self) -> int:
        """Return the highest number given so far, 0 before the first."""
        return int(self._rows("SELECT coalesce(max(seq), 0) FROM sqlite_sequence")[0][0])

    def listen(self, listener: Callable[[bool], None]) -> None:
        """Call `listener` after each append of records; True when one of them is urgent."""
        self._listeners.append(listener)

    def append(self, items: Sequence[OutboxItem], *, checkpoint: bytes | None = None) -> None:
        """Keep the records and the checkpoint in one transaction; long revisions in parts."""
        self._held.extend(parted(items))
        self.last_rev = max([self.last_rev, *(i.rev for i in items if isinstance(i, Revision))])
        self._held_checkpoint = checkpoint if checkpoint is not None else self._held_checkpoint
        held, blob = self._held, self._held_checkpoint
        if not held and blob is None:
            return
        if not self._commit(lambda sql: self._write(sql, held, blob)):
            self._bound_held()
            return
        self._held, self._held_checkpoint = [], None
        urgent = any(not isinstance(item, Second) for item in held)
        for listener in self._listeners if held else ():
            listener(urgent)

    def checkpoint(self) -> bytes | None:
        """Return the newest checkpoint, or None before the first."""
        value = self._noted("checkpoint")
        return None if value is None else bytes(value)

    def last_ms(self) -> int | None:
        """Return the end of the newest second last appended in UTC ms, or None before the first."""
        value = self._noted("last_ms")
        return None if value is None else int(value)

    def session_ms(self, now_ms: int) -> int:
        """Return the number of a new session: `now_ms`, raised where needed to be the largest."""
        return int(self._rows(_NEXT_SESSION, now_ms)[0][0])

    def next_rev(self, now_ms: int) -> int:
        """Return the number of a new revision: `now_ms`, raised where needed to be the largest."""
        return max(now_ms, self.last_rev + 1)

    def read(self, *, after: int, limit: int) -> list[Numbered]:
        """Return up to `limit` waiting records with a number above `after`, in order."""
        query = "SELECT seq, kind, body FROM record WHERE seq > ? ORDER BY seq LIMIT ?"
        return list(self._decoded(self._rows(query, after, limit)))

    def read_these(self, seqs: Iterable[int]) -> list[Numbered]:
        """Return those of the numbered records that still wait, in order."""
        query = """
          SELECT seq, kind, body FROM record
          WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"""
        return list(self._decoded(self._rows(query, _json(sorted(seqs)))))

    def head(self, limit: int) -> list[int]:
        """Return the numbers of the `limit` oldest waiting records."""
        rows = self._rows("SELECT seq FROM record ORDER BY seq LIMIT ?", limit)
        if len(rows) < limit:
            self._depth = len(rows)  # a second program on this file may have had some confirmed
        return [seq for (seq,) in rows]

    def confirm(self, stored: StoredMessage) -> list[int]:
        """Forget what enough recorders have stored; return those numbers.

        Confirmations for another origin or epoch, or from a recorder that is not required, change
        nothing.
        """
        if (stored.origin, stored.epoch) != (self.origin, self.epoch):
            return []
        required = self._settings.required
        if required and stored.recorder not in required:
            return []
        gone: list[int] = []

        def forget(sql: sqlite3.Connection) -> None:
            for first, last in stored.ranges:
                if required:
                    _note(sql, stored.recorder, first, last)
                rows = sql.execute(_FORGET, (first, last, _json(required)))
                gone.extend(seq for (seq,) in rows.fetchall())
            self._depth -= len(gone)

        return gone if self._commit(forget) else []

    def forget(self, seqs: Iterable[int]) -> None:
        """Forget records that nobody has to confirm."""

        def forget(sql: sqlite3.Connection) -> None:
            sql.executemany("DELETE FROM record WHERE seq = ?", ((seq,) for seq in seqs))
            self._depth = sql.execute("SELECT count(*) FROM record").fetchone()[0]

        self._commit(forget)

    def close(self) -> None:
        """Release the file."""
        if self._held:
            self.append([])
        self._sql.close()

    def _decoded(self, rows: list[tuple[int, str, bytes]]) -> Iterator[Numbered]:
        for seq, kind, body in rows:
            try:
                yield seq, item_of(kind, body)
            except (KeyError, msgspec.DecodeError) as error:
                # Another version wrote it. Waiting for ever would block those behind it.
                logger.error("record %d of %s cannot be read: %s", seq, self.path, error)
                self._commit(partial(self._set_aside, seq))

    def _set_aside(self, seq: int, sql: sqlite3.Connection) -> None:
        sql.execute("INSERT INTO unreadable SELECT * FROM record WHERE seq = ?", (seq,))
        sql.execute("DELETE FROM record WHERE seq = ?", (seq,))
        self._depth -= 1

    def _write(
        self, sql: sqlite3.Connection, items: list[OutboxItem], checkpoint: bytes | None
    ) -> None:
        sql.executemany(
            "INSERT INTO record (kind, t_ms, body) VALUES (?, ?, ?)", map(row_of, items)
        )
        if checkpoint is not None:
            _put(sql, "checkpoint", checkpoint)
        if any(isinstance(item, Revision) for item in items):
            _put(sql, "last_rev", self.last_rev)
        newest_ms = max((i.t_s * 1000 + 1000 for i in items if isinstance(i, Second)), default=0)
        if newest_ms:
            _put(sql, "last_ms", newest_ms)
        self._depth += len(items) - self._make_room(sql, len(items))

    def _commit(self, work: Callable[[sqlite3.Connection], None]) -> bool:
        """Return whether `work` was done and committed; what the disk refuses sets `trouble`."""
        before = self._depth, self.dropped
        try:
            self._sql.execute("BEGIN IMMEDIATE")
            work(self._sql)
            self._sql.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._depth, self.dropped = before
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")
            self._say(f"the outbox {self.path} cannot be written ({error}): free some space")
            return False
        self._say("")
        return True

    def _say(self, trouble: str) -> None:
        if trouble and not self.trouble:
            logger.error("%s", trouble)
        elif self.trouble and not trouble:
            logger.warning("the outbox %s can be written again", self.path)
        self.trouble = trouble

    def _make_room(self, sql: sqlite3.Connection, added: int) -> int:
        """Give up the oldest of the least valuable records; return how many."""
        surplus = excess = self._depth + added - self._settings.max_records
        for kind in _FULL_ORDER if surplus > 0 else ():
            surplus -= sql.execute(_GIVE_UP, (kind, surplus)).rowcount
            if surplus <= 0:
                break
        given_up = max(excess, 0)
        if given_up and not self._full:
            logger.error("the outbox is full: from now on the oldest records are given up")
        self._full = given_up > 0
        self.dropped += given_up
        return given_up

    def _bound_held(self) -> None:
        surplus = len(self._held) - MAX_HELD
        if surplus > 0:
            self.dropped += surplus
            del self._held[:surplus]

    def _noted(self, key: str) -> Any:
        rows = self._rows("SELECT value FROM meta WHERE key = ?", key)
        return rows[0][0] if rows else None

    def _rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with explaining(self.path):
            return self._sql.execute(query, parameters).fetchall()


_NAME_EPOCH: Final = """
INSERT INTO meta VALUES ('epoch', ?1)
ON CONFLICT (key) DO UPDATE SET value = value RETURNING value"""
_NEXT_SESSION: Final = """
INSERT INTO meta VALUES ('session_ms', ?1)
ON CONFLICT (key) DO UPDATE SET value = max(value + 1, excluded.value) RETURNING value"""
# What no required recorder is missing; a name that was required once counts no more.
_FORGET: Final = """
DELETE FROM record WHERE seq BETWEEN ?1 AND ?2
AND NOT EXISTS (SELECT 1 FROM json_each(?3) AS needed WHERE needed.value NOT IN
  (SELECT recorder FROM confirmed WHERE confirmed.seq = record.seq))
RETURNING seq"""
_GIVE_UP: Final = """
DELETE FROM record WHERE seq IN (SELECT seq FROM record WHERE kind = ? ORDER BY seq LIMIT ?)"""


def _note(sql: sqlite3.Connection, recorder: str, first: int, last: int) -> None:
    sql.execute(
        "INSERT OR IGNORE INTO confirmed SELECT seq, ? FROM record WHERE seq BETWEEN ? AND ?",
        (recorder, first, last),
    )


def _put(sql: sqlite3.Connection, key: str, value: bytes | int) -> None:
    sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _json(values: Sequence[int] | Sequence[str]) -> str:
    return msgspec.json.encode(values).decode()
