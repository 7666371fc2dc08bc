"""Keys that come in one chunk are taken as if each had waited for the one before it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from patience import until
from textual.events import Key
from textual.pilot import Pilot

from tui.app import DashboardApp
from tui.screens.player import PlayerScreen
from tui.screens.why import WhyScreen
from tui.widgets.drill_card import DrillCard


def at_once(pilot: Pilot[Any], *keys: str) -> None:
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))


def shown(app: DashboardApp) -> list[str]:
    return [card.reading.id for card in app.screen.query(DrillCard) if card.reading]


async def test_a_key_reaches_the_screen_that_the_one_before_it_opens(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test() as pilot:
        at_once(pilot, "4", "down", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, PlayerScreen) and shown(app))
        assert shown(app) == ["pelvic_tilt_standing"]  # below the two games


async def test_letters_of_a_note_are_no_commands(scenes: ModuleType) -> None:
    app = scenes.app("nudge", history=scenes.NudgedHistory)
    async with app.run_test() as pilot:
        at_once(pilot, "2", "a", *"zkq", "enter", "y")
        await until(pilot, lambda: isinstance(app.screen, WhyScreen) and app.screen.query("#why"))
        assert [(verb, args["note"]) for verb, args in app.feed.sent] == [("mark", "zkq")]
