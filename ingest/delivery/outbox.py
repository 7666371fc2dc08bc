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

from ingest.delivery.outbox_schema import explaining, opened
from ingest.delivery.revisions import parted
from ingest.messages import StoredMessage
from ingest.records import Bout, Event, Record, Revision, Second
from ingest.settings import OutboxSettings

logger = logging.getLogger(__name__)

OutboxItem = Record | Revision
Numbered = tuple[int, OutboxItem]

MAX_HELD: Final = 36_000  # records kept in memory while the disk refuses them: ten hours of seconds
# What a full outbox gives up first; an event (a transition, a nudge, a mark) cannot be recomputed.
_FULL_ORDER: Final = ("second", "bout", "revision", "event")
_KINDS: Final[dict[type[Any], str]] = {
    Second: "second",
    Bout: "bout",
    Event: "event",
    Revision: "revision",
}
_DECODERS: Final = {name: msgspec.json.Decoder(kind) for kind, name in _KINDS.items()}
_encode = msgspec.json.Encoder().encode


class Outbox:
    """A durable queue of numbered records; used from one thread.

    Opening raises StoreUnavailableError where the folder cannot be written. Later trouble with the
    disk is never raised: records are held in memory, `trouble` says why, and the next `append`
    tries again.

    Attributes:
        origin: the producer and its data folder.
        epoch: names this file; a new file gets a new one, unless the caller names it because the
            same records must get the same identity again (a replay).
        trouble: why the disk refuses records, in words for the wearer; "" when it does not.
        dropped: records given up because the outbox was full.
    """

    def __init__(
        self, path: Path, *, origin: str, settings: OutboxSettings, epoch: str | None = None
    ) -> None:
        self.path = path
        self.origin = origin
        self.trouble = ""
        self.dropped = 0
        self._settings = settings
        self._listeners: list[Callable[[bool], None]] = []
        self._held: list[OutboxItem] = []
        self._held_checkpoint: bytes | None = None
        self._sql = opened(path)
        with explaining(path):
            self.epoch: str = self._fixed("epoch", epoch or secrets.token_hex(8))
        self._depth: int = self._value("SELECT count(*) FROM record")

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
        row = self._sql.execute("SELECT t_ms FROM record ORDER BY seq LIMIT 1").fetchone()
        return None if row is None else int(row[0])

    @property
    def last_seq(self) -> int:
        """Return the highest number given so far, 0 before the first."""
        return int(self._value("SELECT coalesce(max(seq), 0) FROM sqlite_sequence"))

    def listen(self, listener: Callable[[bool], None]) -> None:
        """Call `listener` after each append of records; True when one of them is urgent."""
        self._listeners.append(listener)

    def append(self, items: Sequence[OutboxItem], *, checkpoint: bytes | None = None) -> None:
        """Keep the records and the checkpoint in one transaction; long revisions in parts."""
        self._held.extend(parted(items))
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
        row = self._sql.execute("SELECT value FROM meta WHERE key = 'checkpoint'").fetchone()
        return None if row is None else bytes(row[0])

    def last_ms(self) -> int | None:
        """Return the end of the newest second ever appended in UTC ms, or None before the first."""
        row = self._sql.execute("SELECT value FROM meta WHERE key = 'last_ms'").fetchone()
        return None if row is None else int(row[0])

    def session_ms(self, now_ms: int) -> int:
        """Return the number of a new session: `now_ms`, raised where needed to be the largest."""
        with explaining(self.path):
            last = self._fixed("session_ms", 0)
            session = max(int(last) + 1, now_ms)
            _put(self._sql, "session_ms", session)
        return session

    def read(self, *, after: int, limit: int) -> list[Numbered]:
        """Return up to `limit` waiting records with a number above `after`, in order."""
        rows = self._sql.execute(
            "SELECT seq, kind, body FROM record WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        )
        return list(self._decoded(rows.fetchall()))

    def read_these(self, seqs: Iterable[int]) -> list[Numbered]:
        """Return those of the numbered records that still wait, in order."""
        rows = self._sql.execute(
            "SELECT seq, kind, body FROM record"
            " WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq",
            (msgspec.json.encode(sorted(seqs)).decode(),),
        )
        return list(self._decoded(rows.fetchall()))

    def head(self, limit: int) -> list[int]:
        """Return the numbers of the `limit` oldest waiting records."""
        rows = self._sql.execute("SELECT seq FROM record ORDER BY seq LIMIT ?", (limit,))
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
                rows = sql.execute(_FORGET, (first, last, len(required)))
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
                yield seq, _DECODERS[kind].decode(body)
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
        sql.executemany("INSERT INTO record (kind, t_ms, body) VALUES (?, ?, ?)", map(_row, items))
        if checkpoint is not None:
            _put(sql, "checkpoint", checkpoint)
        newest_ms = max((i.t_s * 1000 + 1000 for i in items if isinstance(i, Second)), default=0)
        if newest_ms:
            _put(sql, "last_ms", newest_ms)
        self._depth += len(items) - self._make_room(sql, len(items))

    def _commit(self, work: Callable[[sqlite3.Connection], None]) -> bool:
        """Return whether `work` was done and committed; what the disk refuses sets `trouble`."""
        depth = self._depth
        try:
            self._sql.execute("BEGIN IMMEDIATE")
            work(self._sql)
            self._sql.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._depth = depth
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
        if given_up:
            logger.error("the outbox is full: %d of the oldest records are given up", given_up)
        self.dropped += given_up
        return given_up

    def _bound_held(self) -> None:
        surplus = len(self._held) - MAX_HELD
        if surplus > 0:
            self.dropped += surplus
            del self._held[:surplus]

    def _fixed(self, key: str, default: Any) -> Any:
        self._sql.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, default))
        return self._value("SELECT value FROM meta WHERE key = ?", key)

    def _value(self, query: str, *parameters: Any) -> Any:
        return self._sql.execute(query, parameters).fetchone()[0]


_FORGET: Final = """
DELETE FROM record WHERE seq BETWEEN ?1 AND ?2
AND (?3 = 0 OR (SELECT count(*) FROM confirmed WHERE confirmed.seq = record.seq) >= ?3)
RETURNING seq"""
_GIVE_UP: Final = """
DELETE FROM record WHERE seq IN (SELECT seq FROM record WHERE kind = ? ORDER BY seq LIMIT ?)"""


def _row(item: OutboxItem) -> tuple[str, int, bytes]:
    return _KINDS[type(item)], _t_ms(item), _encode(item)


def _t_ms(item: OutboxItem) -> int:
    match item:
        case Second():
            return item.t_s * 1000
        case Bout():
            return item.start_ms
        case Event():
            return item.t_ms
        case Revision():
            return item.from_s * 1000


def _note(sql: sqlite3.Connection, recorder: str, first: int, last: int) -> None:
    sql.execute(
        "INSERT OR IGNORE INTO confirmed SELECT seq, ? FROM record WHERE seq BETWEEN ? AND ?",
        (recorder, first, last),
    )


def _put(sql: sqlite3.Connection, key: str, value: bytes | int) -> None:
    sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
