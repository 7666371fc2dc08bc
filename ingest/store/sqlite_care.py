"""Care of a SQLite history: backup, restore, integrity, retention. Works beside a recorder."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from ingest.errors import StoreRefusedError
from ingest.store import schema
from ingest.store.copying import DAY_S, Progress
from ingest.store.minutes import MINUTE_S, STATES
from ingest.store.rollup import HOUR_S
from ingest.store.sqlite import BUSY_TIMEOUT_S, SqliteStore
from ingest.store.sqlite_errors import explaining

_BACKUP_PAGES: Final = 2000  # 8 MB between two reports of progress
_FAULTS_SHOWN: Final = 20

_SUMS: Final = ", ".join(f"sum({state})" for state in STATES)
_COLUMNS: Final = ", ".join(STATES)
_COUNTED: Final = ", ".join(f"sum(state = '{state}')" for state in STATES)
# A minute must count the newest session of its seconds, an hour the sum of its minutes.
_WRONG_MINUTES: Final = f"""
  SELECT strap, t_s FROM (
    SELECT strap, t_s, {_COLUMNS} FROM minute WHERE sealed = 0
    EXCEPT
    SELECT strap, t_s / {MINUTE_S} * {MINUTE_S} AS start, {_COUNTED}
    FROM (SELECT strap, t_s, max(session), state FROM second GROUP BY strap, t_s)
    GROUP BY strap, start)"""
_MISSING_MINUTES: Final = f"""
  SELECT strap, t_s / {MINUTE_S} * {MINUTE_S} AS start FROM second
  EXCEPT SELECT strap, t_s FROM minute"""
_WRONG_HOURS: Final = f"""
  SELECT strap, t_s FROM (
    SELECT strap, t_s, {_COLUMNS} FROM hour
    EXCEPT
    SELECT strap, t_s / {HOUR_S} * {HOUR_S} AS start, {_SUMS} FROM minute GROUP BY strap, start)"""
_MISSING_HOURS: Final = f"""
  SELECT DISTINCT strap, t_s / {HOUR_S} * {HOUR_S} AS start FROM minute
  EXCEPT SELECT strap, t_s FROM hour"""


def backup(source: Path, target: Path, *, progress: Progress = lambda done, of: None) -> None:
    """Copy a history into one new file while it may be written; the copy appears complete or not.

    Raises StoreRefusedError when `target` exists or its folder does not.
    """
    if not target.parent.is_dir():
        raise StoreRefusedError(f"there is no folder {target.parent}: make it, or name another")
    if target.exists():
        raise StoreRefusedError(f"{target} exists already: name another file")
    partial = target.with_name(target.name + ".part")
    partial.unlink(missing_ok=True)
    with explaining(target), _reading(source) as old, closing(sqlite3.connect(partial)) as new:
        partial.chmod(0o600)
        old.backup(new, pages=_BACKUP_PAGES, progress=lambda _, left, of: progress(of - left, of))
        new.execute("PRAGMA journal_mode = DELETE")
    _sync(partial)
    with explaining(target):
        _give_name(partial, target)


def restore(
    source: Path, target: Path, *, progress: Progress = lambda done, of: None
) -> Path | None:
    """Put a backup in the place of a history; return where the old one was moved, or None.

    The backup is checked first. A recorder that is running follows the new file by itself.
    """
    faults = integrity(source)
    if faults:
        raise StoreRefusedError(f"{source} is damaged and was not restored: {faults[0]}")
    fresh = target.with_name(target.name + ".restored")
    fresh.unlink(missing_ok=True)
    backup(source, fresh, progress=progress)
    kept = _moved_away(target) if target.exists() else None
    fresh.replace(target)
    SqliteStore(target).close()  # brings an older backup to today's schema
    return kept


def migrate(path: Path) -> tuple[int, int]:
    """Bring a history to the newest schema; return the versions before and after."""
    with _reading(path) as connection:
        before = schema.check(connection, str(path), newest_needed=False)
    SqliteStore(path).close()
    return before, len(schema.MIGRATIONS)


def integrity(path: Path) -> list[str]:
    """Return what is wrong with a history: indexes, references, minutes and hours; [] when sound.

    Raises StoreRefusedError where pages are too damaged to be read.
    """
    with explaining(path), _reading(path) as connection:
        schema.check(connection, str(path), newest_needed=True)
        faults = [
            text
            for (text,) in connection.execute(f"PRAGMA integrity_check({_FAULTS_SHOWN})")
            if text != "ok"
        ]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        faults += [f"{table}: a row of an unknown strap" for table, *_ in orphans[:_FAULTS_SHOWN]]
        for what, query in _ROLLUP_CHECKS:
            rows = connection.execute(f"{query} LIMIT {_FAULTS_SHOWN}").fetchall()
            faults += [f"{what} of strap {strap} at {t_s}" for strap, t_s in rows]
    return faults


_ROLLUP_CHECKS: Final = (
    ("wrong minute", _WRONG_MINUTES),
    ("missing minute", _MISSING_MINUTES),
    ("wrong hour", _WRONG_HOURS),
    ("missing hour", _MISSING_HOURS),
)


def compact(
    path: Path,
    before_s: int,
    *,
    progress: Progress = lambda done, of: None,
    shrink: bool = True,
) -> int:
    """Forget single seconds before `before_s` (cut to its hour); return how many.

    Minutes, hours, bouts and events stay for ever. It goes day by day, so that a recorder never
    waits long, and may be stopped at any time, also by what `progress` raises. `shrink` gives the
    room back to the disk, which rewrites the file and makes a recorder wait for that.
    """
    end = before_s // HOUR_S * HOUR_S
    with explaining(path), _writing(path) as connection:
        first = connection.execute("SELECT min(t_s) FROM second").fetchone()[0]
        days = [] if first is None else list(range(first // DAY_S * DAY_S, end, DAY_S))
        forgotten = 0
        for number, day in enumerate(days, start=1):
            forgotten += _seal(connection, day, min(day + DAY_S, end))
            progress(number, len(days))
        if forgotten and shrink:
            _shrink(connection)
    return forgotten


def _seal(connection: sqlite3.Connection, from_s: int, to_s: int) -> int:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "UPDATE minute SET sealed = 1 WHERE t_s >= ? AND t_s < ?", (from_s, to_s)
        )
        gone = connection.execute(
            "DELETE FROM second WHERE t_s >= ? AND t_s < ?", (from_s, to_s)
        ).rowcount
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return gone


def _shrink(connection: sqlite3.Connection) -> None:
    """Give freed pages back to the disk, unless somebody needs the file just now."""
    try:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        # The pages are used again by what is written next, so nothing is lost but space.
        if error.sqlite_errorcode not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL}:
            raise


def _moved_away(path: Path) -> Path:
    """Move a history and its log aside, so that the log is never read into another file."""
    number = 1
    while (kept := path.with_name(f"{path.name}.before-restore-{number}")).exists():
        number += 1
    with explaining(path), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.replace(kept.with_name(kept.name + suffix))
    path.replace(kept)
    return kept


def _give_name(partial: Path, target: Path) -> None:
    try:
        os.link(partial, target)  # fails where another backup came first, unlike a rename
    except FileExistsError:
        raise StoreRefusedError(f"{target} exists already: name another file") from None
    except OSError:  # a stick with a file system that knows no links
        partial.replace(target)
    else:
        partial.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.exists():
        raise StoreRefusedError(f"{path} does not exist")
    with explaining(path), closing(_connected(path, "ro")) as connection:
        yield connection


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    SqliteStore(path).close()  # checks that it is a history of today's schema
    with closing(_connected(path, "rw")) as connection:
        yield connection


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
