"""Once a day, while measuring: old single seconds of the history become minutes."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ingest.errors import StoreError

if TYPE_CHECKING:
    from tui.wiring.services import Household

logger = logging.getLogger(__name__)

DAY_S: Final = 86_400
FIRST_AFTER_S: Final = 300.0  # the start of the services comes first
LOOK_S: Final = 600.0  # a sleep does not count the time that a laptop is suspended


class _ToldToStopError(Exception):
    """The services end; the rest is compacted another day."""


async def compact_daily(
    home: Household,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Compact a SQLite history soon and then once a day, until cancelled.

    It runs in a thread, day of history by day, so that neither measuring nor recording waits for
    it, and ends at the next day of history when cancelled. A store that cannot be compacted now
    is tried again a day later. Another store is left to its own retention.
    """
    if home.config.store.kind != "sqlite":
        return
    due_s = now() + FIRST_AFTER_S
    while True:
        await sleep(min(LOOK_S, max(0.0, due_s - now())))
        if now() >= due_s:
            await _compact(home, before_s=int(now()) - home.config.store.keep_seconds_days * DAY_S)
            due_s = now() + DAY_S


async def _compact(home: Household, *, before_s: int) -> None:
    from ingest.store.open import sqlite_path

    path = sqlite_path(home.config.store, home.data_dir)
    stopping = threading.Event()
    try:
        forgotten = await asyncio.to_thread(_in_thread, path, before_s, stopping)
    except StoreError as error:
        logger.warning("the history was not compacted and will be tomorrow: %s", error)
    else:
        if forgotten:
            logger.info("%d old seconds are kept as minutes now", forgotten)
    finally:
        stopping.set()


def _in_thread(path: Path, before_s: int, stopping: threading.Event) -> int:
    from ingest.store.sqlite_care import compact

    if not path.exists():
        return 0

    def progress(done: int, of: int) -> None:
        if stopping.is_set():
            raise _ToldToStopError

    try:
        # What is freed is filled again by what is measured; rewriting the file is for a person.
        return compact(path, before_s, progress=progress, shrink=False)
    except _ToldToStopError:
        return 0
