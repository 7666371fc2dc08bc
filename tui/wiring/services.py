"""Wires the stages into what one process runs."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from ingest.records import EventKinds
from sensor.source import SampleSource
from sensor.timeline import Timeline
from tui.tables import Config
from tui.wiring.patience import stored_in_time

if TYPE_CHECKING:
    from ingest.delivery.connection import Connection
    from ingest.delivery.outbox import Outbox
    from ingest.delivery.recorder import Recorder
    from ingest.past.history import History
    from ingest.service import IngestService
    from ingest.store.base import Store
    from monitor.service import MonitorService
    from monitor.settings import MonitorSettings

DEAD_LETTERS: Final = "dead-letters.jsonl"
LAST_WORDS_S: Final = 5.0  # what the monitor said at the very end is stored within


@dataclass(frozen=True, kw_only=True)
class Household:
    """For whom the services run, where their files are and how they are set.

    Attributes:
        config: the effective settings.
        data_dir: folder of the store and the outboxes; it exists.
        config_path: the file that the settings came from, or would; None where there is none.
    """

    config: Config
    data_dir: Path
    config_path: Path | None = None

    @property
    def wearer(self) -> str:
        """The wearer's id."""
        return self.config.wearer.id

    @property
    def timezone(self) -> ZoneInfo:
        """The zone of the wearer's days."""
        return self.config.zone

    @property
    def monitor_settings(self) -> MonitorSettings:
        """Every table that the monitor is told about."""
        from monitor.settings import MonitorSettings

        config = self.config
        return MonitorSettings(
            nudges=config.nudges,
            schedule=config.schedule,
            holds=config.holds,
            sinks=config.sinks,
            drills=config.own_drills,
            stands=config.wearer.stands,
        )

    @property
    def recorded(self) -> bool:
        """Whether a history is kept at all."""
        return self.config.store.kind != "none"

    @property
    def dead_letters(self) -> Path:
        """The file of messages that were refused."""
        return self.data_dir / DEAD_LETTERS

    def open_store(self, *, read_only: bool = False) -> Store:
        """Open the configured store; raise StoreError with advice."""
        from ingest.store.open import open_store

        return open_store(self.config.store, data_dir=self.data_dir, read_only=read_only)

    def read_store(self) -> Store:
        """Open the configured store for questions; raise StoreError with advice."""
        return self.open_store(read_only=True)

    def open_history(self) -> History:
        """Open the store for questions about this wearer's past."""
        from ingest.past.history import History

        return History(self.read_store(), wearer=self.wearer, timezone=self.timezone)

    @property
    def history(self) -> Callable[[], History] | None:
        """How to open the history, or None where none is kept."""
        return self.open_history if self.recorded else None

    def open_outbox(self, producer: str) -> Outbox:
        """Open the outbox of a producer ("ingest", "monitor"); its origin names the folder too."""
        from ingest.delivery.outbox import Outbox

        folder = hashlib.blake2b(str(self.data_dir.resolve()).encode(), digest_size=6).hexdigest()
        return Outbox(
            self.data_dir / f"outbox-{producer}.sqlite",
            origin=f"{producer}-{folder}",
            settings=self.config.outbox,
        )


def event_kinds() -> EventKinds:
    """Return every kind of event that a stage declares; the recorder refuses the others."""
    from ingest.measurement.pipeline import EVENT_KINDS as INGEST_KINDS
    from monitor.kinds import EVENT_KINDS as MONITOR_KINDS

    return {**INGEST_KINDS, **MONITOR_KINDS}


def recorder(home: Household, connection: Connection, *, name: str = "recorder") -> Recorder:
    """Return the recorder of a household's store."""
    from ingest.delivery.recorder import Recorder

    return Recorder(
        connection,
        home.open_store,
        event_kinds(),
        name=name,
        wearers=home.wearer,
        dead_letters=home.dead_letters,
    )


def ingest_service(
    home: Household,
    connection: Connection,
    outbox: Outbox,
    *,
    source: SampleSource,
    timeline: Timeline,
    await_monitor: bool = False,
    restore: bool = True,
) -> IngestService:
    """Return the service that reads `source` on `timeline`."""
    from ingest.measurement.posture import PARAMS
    from ingest.service import IngestService

    return IngestService(
        wearer=home.wearer,
        source=source,
        timeline=timeline,
        outbox=outbox,
        connection=connection,
        await_monitor=await_monitor,
        recorded=home.recorded,
        restore=restore,
        backfill=True,
        home_assistant=home.config.mqtt.home_assistant,
        open_history=home.read_store if home.recorded else None,
        timezone=home.timezone,
        params=replace(PARAMS, stands=home.config.wearer.stands),
    )


def monitor_service(home: Household, connection: Connection, outbox: Outbox) -> MonitorService:
    """Return the service that decides what the wearer is told."""
    from monitor.service import MonitorService

    return MonitorService(
        wearer=home.wearer,
        settings=home.monitor_settings,
        connection=connection,
        outbox=outbox,
        history=home.history,
        timezone=home.timezone,
        recorded=home.recorded,
    )


@asynccontextmanager
async def recording(home: Household, connection: Connection) -> AsyncIterator[None]:
    """Record for the length of the block, if a history is kept."""
    if not home.recorded:
        yield
        return
    async with recorder(home, connection):
        yield


async def run_with(main: Awaitable[None], *helpers: Coroutine[Any, Any, None]) -> None:
    """Run until `main` ends; the helpers run beside it, and a helper that fails ends all."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(helper) for helper in helpers]
            await main
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as failed:
        # The wearer is told one reason, that of the first service that failed.
        raise failed.exceptions[0] from None


async def run_everything(
    home: Household,
    connection: Connection,
    *,
    source: SampleSource,
    timeline: Timeline,
    monitored: bool = True,
    attended: bool = True,
) -> None:
    """Run recorder, monitor and ingest on a broker until the source ends.

    Where nobody attends to it, raises CommandError when the store takes nothing.
    """
    with (
        closing(home.open_outbox("ingest")) as ingest_outbox,
        closing(home.open_outbox("monitor")) as monitor_outbox,
    ):
        async with recording(home, connection):
            ingest = ingest_service(
                home,
                connection,
                ingest_outbox,
                source=source,
                timeline=timeline,
                await_monitor=monitored and timeline.stepped,
            )
            monitor = monitor_service(home, connection, monitor_outbox)

            async def measure() -> None:
                await ingest.run()
                if monitored:
                    await _emptied(monitor_outbox)

            helpers = [monitor.run()] if monitored else []
            helpers += [] if attended else [stored_in_time(ingest_outbox)]
            await run_with(measure(), *helpers)


async def _emptied(outbox: Outbox) -> None:
    """Return when the outbox is empty, or when it stays full for longer than anybody waits."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_S):
            while outbox.depth:  # noqa: ASYNC110 - an outbox tells of appending, not of emptying
                await asyncio.sleep(0.02)


def run_until_told(work: Callable[[], Coroutine[Any, Any, None]], *, leash: bool = False) -> None:
    """Run `work` until it ends or the process is told to stop (SIGTERM or Ctrl-C).

    With `leash` the end of standard input also means stop: a parent that dies, however it dies,
    takes its service with it.
    """

    async def served() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(work(), name="services")
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(number, task.cancel)
        if leash:
            _follow_stdin(loop, task)
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(served())


def _follow_stdin(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    import os
    import sys

    def wait() -> None:
        with suppress(OSError, ValueError):
            # Not `sys.stdin`: its lock, held by a thread, aborts an interpreter that ends.
            while os.read(sys.stdin.fileno(), 1024):
                pass
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(task.cancel)

    threading.Thread(target=wait, name="leash", daemon=True).start()
