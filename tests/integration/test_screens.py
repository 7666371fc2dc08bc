"""Several screens of one wearer on a real broker with the real services behind them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from stopwatch import Stopwatch

import tui.feed
from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.connection import Connection
from monitor.settings import NudgeSettings
from sensor.timeline import Timeline, TimelineOrigin
from sensor.virtual.day import SimulatedDay, SimulatedSource
from sensor.virtual.day_script import Step
from tui.asking import Desk, Wish
from tui.feed import MqttFeed
from tui.listening import Listener
from tui.tables import Config, WearerSettings
from tui.wiring.services import Household, ingest_service, monitor_service, recording

START_S = 1_700_000_000.0
SPEED = 20.0
WITHIN_S = 1.0
NUDGES = NudgeSettings(nudge_min=1, hint_min=0, firm_min=0, moment_s=0)


@dataclass
class Screen:
    """What a dashboard has behind its pictures."""

    feed: MqttFeed
    listener: Listener = field(default_factory=Listener)
    said: list[str] = field(default_factory=list)
    listening: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        self.desk = Desk(self.feed, lambda words, _severity: self.said.append(words), again_s=0.2)

    @property
    def prompts(self) -> bool:
        shown = self.listener.newest.nudge_in_force(self.listener.now_s, self.feed.screen_id)
        return shown is not None

    async def listen(self) -> None:
        async with aclosing(self.feed.facts()) as facts:
            async for fact in facts:
                self.listener.take(fact)


@dataclass
class House:
    """A simulated wearer who sits, measured by services that can be stopped apart."""

    home: Household
    connection: Connection
    tasks: asyncio.TaskGroup

    async def screen(self, name: str) -> Screen:
        screen = Screen(MqttFeed(self.connection, self.home.wearer, screen_id=name))
        screen.listening = self.tasks.create_task(screen.listen())
        await until(lambda: screen.listener.newest.connected is True)
        return screen

    def start_monitor(self) -> asyncio.Task[None]:
        return self.tasks.create_task(self._monitor())

    async def _monitor(self) -> None:
        with closing(self.home.open_outbox("monitor")) as outbox:
            await monitor_service(self.home, self.connection, outbox).run()

    async def _ingest(self) -> None:
        day = SimulatedDay((Step("stand", 10.0), Step("sit", 3600.0)), seed=5, start_s=START_S)
        timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
        with closing(self.home.open_outbox("ingest")) as outbox:
            await ingest_service(
                self.home,
                self.connection,
                outbox,
                source=SimulatedSource(day),
                timeline=timeline,
            ).run()


@asynccontextmanager
async def household(folder: Path) -> AsyncIterator[House]:
    config = Config(wearer=WearerSettings(id="me", timezone="UTC"), nudges=NUDGES)
    home = Household(config=config, data_dir=folder)
    home.open_store().close()
    async with (
        EmbeddedBroker(token=secrets.token_hex(32)) as broker,
        recording(home, broker.connection),
        asyncio.TaskGroup() as tasks,
    ):
        house = House(home, broker.connection, tasks)
        running = [tasks.create_task(house._ingest())]
        try:
            yield house
        finally:
            for task in [*running, *tasks._tasks]:
                task.cancel()


async def until(true: Callable[[], bool], *, timeout_s: float = 60.0) -> float:
    """Wait until `true()` and return how many free seconds that took."""
    watch = Stopwatch()
    async with asyncio.timeout(timeout_s):
        while not true():  # noqa: ASYNC110 - screens are polled, as an eye does
            await asyncio.sleep(0.01)
    return watch.free_s


async def test_one_body_is_prompted_where_they_are_and_any_screen_answers(tmp_path):
    async with household(tmp_path) as house:
        screens = [await house.screen(name) for name in ("desk", "wall", "browser")]
        desk, wall, browser = screens
        house.start_monitor()
        await until(lambda: desk.listener.newest.online("monitor") is True)
        desk.feed.present(focused=False, key_pressed=False)
        browser.feed.present(focused=False, key_pressed=False)
        wall.feed.present(focused=True, key_pressed=True)
        await until(lambda: all(s.listener.newest.nudge is not None for s in screens))
        assert [s.prompts for s in screens] == [False, True, False]

        wall.feed.present(focused=False, key_pressed=False)
        browser.feed.present(focused=True, key_pressed=True)
        moved_s = await until(lambda: [s.prompts for s in screens] == [False, False, True])
        assert moved_s <= WITHIN_S

        browser.listening.cancel()
        left_s = await until(lambda: [desk.prompts, wall.prompts] == [False, True])
        assert left_s <= WITHIN_S

        nudge = desk.listener.newest.nudge
        assert nudge is not None
        asked = asyncio.create_task(desk.desk.ask(Wish("skip", {"nudge": nudge.id}, "Skipped.")))
        gone_s = await until(lambda: all(s.listener.newest.nudge is None for s in (desk, wall)))
        assert gone_s <= WITHIN_S
        assert await asked


async def test_a_mark_made_while_the_monitor_is_down_is_saved_once_when_it_returns(
    tmp_path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tui.feed, "REPLY_TIMEOUT_S", 0.5)
    async with household(tmp_path) as house:
        screen = await house.screen("desk")
        first = house.start_monitor()
        await until(lambda: screen.listener.newest.online("monitor") is True)
        first.cancel()
        await until(lambda: screen.listener.newest.online("monitor") is False)
        wish = Wish("mark", {"note": "hurts now", "at_s": screen.listener.now_s}, "Saved.")
        asked = asyncio.create_task(screen.desk.ask(wish))
        await until(lambda: len(screen.desk.waiting) == 1)
        assert screen.said == ["Nobody answered. Kept here and sent again until it is saved."]

        house.start_monitor()
        assert await asyncio.wait_for(asked, timeout=60)
        assert screen.said[1:] == ["Saved."]
        assert not screen.desk.waiting
        await until(lambda: marks(house.home) == ["hurts now"])


def marks(home: Household) -> list[object]:
    with closing(home.open_store(read_only=True)) as store:
        window = (int(START_S) - 60, int(START_S) + 7200)
        return [e.event.data["note"] for e in store.events(home.wearer, window, ("mark",))]
