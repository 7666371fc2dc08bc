"""The file of an outbox: its tables, and how an older file becomes a newer one."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ingest.errors import StoreUnavailableError
from sensor.owned import make_owned

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_S: Final = 2.0
_PRIMARY_CODE: Final = 0xFF  # the low byte of an extended result code
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# Each step brings a file of version n (its place in the tuple) to n + 1.
_STEPS: Final = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE record (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        t_ms INTEGER NOT NULL,
        body BLOB NOT NULL
    );
    CREATE INDEX record_by_kind ON record (kind, seq);
    CREATE TABLE confirmed (seq INTEGER, recorder TEXT, PRIMARY KEY (seq, recorder)) WITHOUT ROWID;
    CREATE TRIGGER forget_confirmations AFTER DELETE ON record
        BEGIN DELETE FROM confirmed WHERE seq = old.seq; END;
    CREATE TABLE unreadable (seq INTEGER, kind TEXT, t_ms INTEGER, body BLOB);
    """,
)


def opened(path: Path) -> sqlite3.Connection:
    """Return a connection to the outbox file, made or brought up to date as needed.

    Every commit reaches the disk (synchronous=FULL): a record that a power cut could take back
    would be a loss. A damaged file is set aside and a new one begun, so that measuring goes on.
    Raises StoreUnavailableError with what to do when the folder or the file cannot be used.
    """
    with explaining(path):
        try:
            return _connected(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            _set_aside(path, error)
            return _connected(path)


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn what the disk or SQLite says into StoreUnavailableError with what to do."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        damaged = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE in _DAMAGED
        raise StoreUnavailableError(
            f"the outbox {path} cannot be used ({error})",
            "start again, which sets the file aside and begins a new one"
            if damaged
            else "make its folder writable and see that the disk has space",
        ) from error


def _connected(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    make_owned(path)  # before SQLite does: its log gets equal rights
    sql = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("PRAGMA synchronous = FULL")
        _migrate(sql, path)
        (verdict,) = sql.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    except BaseException:
        sql.close()
        raise
    return sql


def _set_aside(path: Path, error: sqlite3.DatabaseError) -> None:
    stamp = time.time_ns() // 1_000_000
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        file = path.with_name(name)
        if file.exists():
            file.replace(path.with_name(f"{name}.damaged-{stamp}"))
    logger.error("the outbox %s is damaged (%s); it was set aside and a new one begun", path, error)


def _migrate(sql: sqlite3.Connection, path: Path) -> None:
    version = int(sql.execute("PRAGMA user_version").fetchone()[0])
    if version > len(_STEPS):
        raise StoreUnavailableError(
            f"the outbox {path} was made by a newer Lumbar", "install that one again"
        )
    for number, step in enumerate(_STEPS[version:], start=version + 1):
        sql.executescript(f"BEGIN; {step} PRAGMA user_version = {number}; COMMIT;")
