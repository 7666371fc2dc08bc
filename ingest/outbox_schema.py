"""The file of an outbox: its tables, and how an older file becomes a newer one."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

BUSY_TIMEOUT_S: Final = 2.0
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
    would be a loss.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sql = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    sql.execute("PRAGMA journal_mode = WAL")
    sql.execute("PRAGMA synchronous = FULL")
    _migrate(sql, path)
    return sql


def _migrate(sql: sqlite3.Connection, path: Path) -> None:
    version = int(sql.execute("PRAGMA user_version").fetchone()[0])
    if version > len(_STEPS):
        sql.close()
        raise sqlite3.DatabaseError(f"{path} was made by a newer Lumbar: install that one again")
    for number, step in enumerate(_STEPS[version:], start=version + 1):
        sql.executescript(f"BEGIN; {step} PRAGMA user_version = {number}; COMMIT;")
