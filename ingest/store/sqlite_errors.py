"""What SQLite's error codes mean for a history, and what its owner can do about each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ingest.errors import StoreError, StoreRefusedError, StoreUnavailableError

_PRIMARY_CODE = 0xFF  # the low byte of an extended result code

_PASSING: Final = {
    sqlite3.SQLITE_BUSY: ("is busy", "another program holds it; it is tried again"),
    sqlite3.SQLITE_LOCKED: ("is busy", "another program holds it; it is tried again"),
    sqlite3.SQLITE_FULL: ("cannot grow", "the disk is full: make room, nothing is lost meanwhile"),
    sqlite3.SQLITE_READONLY: (
        "is read-only",
        "make the file and its folder writable, nothing is lost meanwhile",
    ),
    sqlite3.SQLITE_PERM: ("may not be opened", "give yourself access to the file"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "check that its folder exists and is writable"),
    sqlite3.SQLITE_IOERR: ("cannot be written", "check the disk, it may be full or failing"),
    sqlite3.SQLITE_PROTOCOL: ("is busy", "too many programs open it at once; it is tried again"),
}
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def explained(error: sqlite3.Error, path: Path) -> StoreError:
    """Return the store's error for one of SQLite's."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code in _PASSING:
        what, advice = _PASSING[code]
        return StoreUnavailableError(f"{path} {what}", advice)
    if code in _DAMAGED:
        return StoreRefusedError(
            f"{path} is damaged or not a database: move it away or run "
            f"`lumbar store restore` with a backup; new records wait in the outbox"
        )
    return StoreRefusedError(f"{path} failed: {error}")


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn every error of SQLite inside the block into a StoreError with advice."""
    try:
        yield
    except sqlite3.Error as error:
        raise explained(error, path) from error
    except OSError as error:
        raise StoreUnavailableError(
            f"{path} cannot be opened ({error.strerror})", "check the disk and the folder's rights"
        ) from error
