"""Temporary folders of one process; what a killed process left, the next start removes."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

LOCK: Final = "owner.lock"


@contextmanager
def own_folder(prefix: str) -> Iterator[Path]:
    """Give the block a folder `<prefix>…` that goes with it; first remove abandoned ones.

    Abandoned is a folder of this user that holds a lock file which nobody holds any more.
    """
    _sweep(prefix)
    with tempfile.TemporaryDirectory(prefix=prefix) as name, _claimed(Path(name)):
        yield Path(name)


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    unclaimed = folder / "unclaimed"
    with unclaimed.open("wb") as file:
        # Renamed when it is locked: nobody ever finds the lock file of a living owner free.
        _lock(file.fileno())
        if sys.platform != "win32":  # there an open file keeps its name
            unclaimed.rename(folder / LOCK)
        yield


def _sweep(prefix: str) -> None:
    if sys.platform == "win32":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            with (folder / LOCK).open("rb") as file:
                _lock(file.fileno())  # BlockingIOError where its owner lives
                shutil.rmtree(folder, ignore_errors=True)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        return
    import fcntl  # no such module on Windows

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
