"""The end of a run: the monitor goes only when what it said at the very end is stored."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ingest.delivery.connection import Connection
from ingest.delivery.outbox import Outbox
from ingest.records import Event
from ingest.settings import StoreSettings
from sensor.timeline import Timeline, TimelineOrigin
from tui.exits import CommandError
from tui.tables import Config, WearerSettings
from tui.wiring import patience, services
from tui.wiring.patience import stored_in_time
from tui.wiring.services import Household, run_everything


class Ingest:
    """Measures until the monitor has decided on the last second, and is done."""

    def __init__(self, decided: asyncio.Event) -> None:
        self._decided = decided

    async def run(self) -> None:
        await self._decided.wait()


class Monitor:
    """Decides, and is confirmed a few turns of the loop later, or never."""

    left = -1

    def __init__(self, outbox: Outbox, decided: asyncio.Event, *, stored: bool) -> None:
        self._outbox = outbox
        self._decided = decided
        self._stored = stored

    async def run(self) -> None:
        try:
            self._outbox.append([Event(kind="break", t_ms=1, data={})])
            self._decided.set()
            for _ in range(20):
                await asyncio.sleep(0)
            if self._stored:
                self._outbox.forget(self._outbox.head(1))
            await asyncio.Event().wait()
        finally:
            self.left = self._outbox.depth


async def run_until_left(folder: Path, monkeypatch: pytest.MonkeyPatch, *, stored: bool) -> Monitor:
    """Run everything with these services and return the monitor as it was told to go."""
    config = Config(wearer=WearerSettings(id="me"), store=StoreSettings(kind="none"))
    home = Household(config=config, data_dir=folder)
    decided = asyncio.Event()
    made: list[Monitor] = []

    def monitor_service(_home: Household, _connection: Connection, outbox: Outbox) -> Monitor:
        made.append(Monitor(outbox, decided, stored=stored))
        return made[0]

    def ingest_service(*_args: Any, **_settings: Any) -> Ingest:
        return Ingest(decided)

    monkeypatch.setattr(services, "monitor_service", monitor_service)
    monkeypatch.setattr(services, "ingest_service", ingest_service)
    timeline = Timeline(TimelineOrigin.DEMO, 1.0, rate=0.0)
    source: Any = None
    async with asyncio.timeout(60):
        await run_everything(home, Connection(port=1), source=source, timeline=timeline)
    return made[0]


async def test_what_the_monitor_decides_at_the_very_end_is_stored(tmp_path, monkeypatch):
    monitor = await run_until_left(tmp_path, monkeypatch, stored=True)
    assert monitor.left == 0


async def test_a_recorder_that_is_gone_holds_up_no_end(tmp_path, monkeypatch):
    monkeypatch.setattr(services, "LAST_WORDS_S", 0.05)
    monitor = await run_until_left(tmp_path, monkeypatch, stored=False)
    assert monitor.left == 1


class Waiting:
    """Measured something that nobody ever stores."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def run(self) -> None:
        self._outbox.append([Event(kind="break", t_ms=1, data={})])
        await asyncio.Event().wait()


async def test_what_nobody_attends_to_ends_when_the_store_takes_nothing(tmp_path, monkeypatch):
    config = Config(wearer=WearerSettings(id="me"), store=StoreSettings(kind="none"))
    monkeypatch.setattr(services, "ingest_service", lambda _h, _c, outbox, **_: Waiting(outbox))
    monkeypatch.setattr(patience, "LOOK_S", 0.0)
    monkeypatch.setattr(services, "stored_in_time", partial(stored_in_time, patience_s=0.05))
    with pytest.raises(CommandError, match="took no record"):
        async with asyncio.timeout(60):
            await run_everything(
                Household(config=config, data_dir=tmp_path),
                Connection(port=1),
                source=None,  # type: ignore[arg-type]
                timeline=Timeline(TimelineOrigin.DEMO, 1.0, rate=0.0),
                monitored=False,
                attended=False,
            )
