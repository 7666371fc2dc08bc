"""What is drawn, screen by screen and state by state; posture time stands still.

Starting a dashboard is the dear part, so one dashboard is walked through many pictures.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from monitor.drills.catalogue import load_catalogue
from sensor.scan import ScanRow
from tui.keys import PLACES
from tui.live import Live
from tui.screens import settings
from tui.screens.player import PlayerScreen
from tui.screens.repositioning import RepositioningScreen
from tui.tables import keys

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60), "40x10": (40, 10)}
KEY_OF = {mode: key for key, _, mode in PLACES}
MODES = tuple(KEY_OF)
THEMES = ("lumbar-dark", "lumbar-light", "lumbar-clear", "terminal-16")
STATE_SIZES = ("80x24", "120x40", "40x10")
STATES = {
    "stale": ("late", "ScriptedHistory"),
    "lost": ("no_broker", "ScriptedHistory"),
    "off_body": ("off_body", "ScriptedHistory"),
    "uncalibrated": ("uncalibrated", "ScriptedHistory"),
    "empty": ("sitting", "EmptyHistory"),
    "huge": ("sitting", "HugeHistory"),
}
ENDLESS = ("feed", "scan")
ALIKE = {("empty", "settings"), ("huge", "settings")}  # a file is on show there, no history


def looks(state: str, mode: str) -> tuple[str, str]:
    """Return theme and size of one picture, so that each pair of them all is drawn somewhere."""
    row, column = tuple(STATES).index(state), MODES.index(mode)
    return THEMES[(row + column) % 4], STATE_SIZES[(row + 2 * column) % 3]


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    few = [item for item in keys() if item.table in ("wearer", "store")]
    monkeypatch.setattr(settings, "keys", lambda: few)


class Radio:
    """Hears two straps at once, and goes on hearing them."""

    place = "the radio of a test"

    def rows(self) -> list[ScanRow]:
        return [
            ScanRow("Lumbar-S", "lumbar_imu", "Open Lumbar IMU", 100, "C0:01", -61, 83),
            ScanRow("WT901", "witmotion", "WitMotion", 60, "C0:02", None),
        ]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Radio]:
        yield self


class Gallery:
    """The pictures of one dashboard, each beside the one that somebody looked at."""

    def __init__(self, pilot: Pilot[Any], snapshot: SnapshotAssertion, unlike: Path) -> None:
        self.pilot = pilot
        self.unlike: list[Path] = []
        self._snapshot = snapshot.use_extension(SVGImageExtension)
        self._folder = unlike

    async def rest(self) -> None:
        """Wait until history and drawing have come to rest."""
        app = self.pilot.app
        for _ in range(2000):
            await self.pilot.pause()
            if all(w.group in ENDLESS or w.is_finished for w in app.workers):
                break
        app.draw_now()
        await self.pilot.pause()

    async def press(self, *pressed: str) -> None:
        for key in pressed:
            await self.pilot.press(key)

    async def hang(self, name: str) -> None:
        """Compare what is on show now; keep what differs, to be looked at."""
        await self.rest()
        drawn = self.pilot.app.export_screenshot(title="lumbar", simplify=True)
        if self._snapshot(name=name) != drawn:
            self.unlike.append(self._folder / f"{name}.svg")
            self.unlike[-1].write_text(drawn, encoding="utf-8")


Opened = Callable[..., Any]


@pytest.fixture
def gallery(snapshot: SnapshotAssertion, tmp_path: Path) -> Opened:
    """Open a dashboard and fail at the end if a picture differs."""

    @asynccontextmanager
    async def opened(app: Any, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Gallery]:
        async with app.run_test(size=size) as pilot:
            shown = Gallery(pilot, snapshot, tmp_path)
            yield shown
        assert not shown.unlike, f"look at {shown.unlike}"

    return opened


async def test_each_screen_at_each_size(scenes: ModuleType, gallery: Opened) -> None:
    async with gallery(scenes.app("sitting")) as shown:
        for size, mode in product(SIZES, MODES):
            await shown.pilot.resize_terminal(*SIZES[size])
            await shown.press(KEY_OF[mode])
            await shown.hang(f"{mode}-{size}")


@pytest.mark.parametrize("history", sorted({history for _, history in STATES.values()}))
async def test_each_state_of_each_screen(scenes: ModuleType, gallery: Opened, history: str) -> None:
    states = [state for state, (_, found) in STATES.items() if found == history]
    drawn = [(looks(*where), *where) for where in product(states, MODES) if where not in ALIKE]
    app = scenes.app("sitting", history=getattr(scenes, history))
    async with gallery(app) as shown:
        for (theme, size), state, mode in sorted(drawn):  # a change of theme is dear
            app.theme = theme
            app.listener.newest = Live()
            app.feed.say(*scenes.SCENES[STATES[state][0]])
            await shown.pilot.resize_terminal(*SIZES[size])
            await shown.press(KEY_OF[mode])
            await shown.hang(f"{state}-{mode}-{theme}-{size}")


def test_states_are_drawn_in_each_pair_of_theme_and_size() -> None:
    drawn = {(s, m): looks(s, m) for s, m in product(STATES, MODES) if (s, m) not in ALIKE}
    assert set(drawn.values()) == set(product(THEMES, STATE_SIZES))
    for place in (0, 1):
        assert {(where[place], look[0]) for where, look in drawn.items()} == set(
            product((tuple(STATES), MODES)[place], THEMES)
        )
        assert {(where[place], look[1]) for where, look in drawn.items()} == set(
            product((tuple(STATES), MODES)[place], STATE_SIZES)
        )


@pytest.mark.parametrize(
    ("scene", "theme"),
    [("nudge", "lumbar-light"), ("firm", "lumbar-dark"), ("searching", "lumbar-light"),
     ("bluetooth_off", "terminal-16"), ("no_service", "lumbar-clear"),
     ("nothing", "textual-light")],
)  # fmt: skip
async def test_each_trouble_and_each_rung(
    scenes: ModuleType, gallery: Opened, scene: str, theme: str
) -> None:
    # Before a Timeline is announced, today is the wall's, and a history would be drawn by it.
    history = None if scene in ("nothing", "no_service") else scenes.ScriptedHistory
    async with gallery(scenes.app(scene, theme=theme, history=history)) as shown:
        await shown.hang(f"{scene}-{theme}")


async def test_in_ascii(scenes: ModuleType, gallery: Opened) -> None:
    async with gallery(scenes.app("nudge", glyphs="ascii")) as shown:
        for mode in MODES:
            await shown.press(KEY_OF[mode])
            await shown.hang(mode)


async def test_without_colours(
    scenes: ModuleType, gallery: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with gallery(scenes.app("sitting"), SIZES["120x40"]) as shown:
        for mode in ("live", "day", "trends"):
            await shown.press(KEY_OF[mode])
            await shown.hang(mode)


async def test_what_lies_behind_a_key(scenes: ModuleType, gallery: Opened) -> None:
    async with gallery(scenes.app("sitting"), (80, 30)) as shown:
        for name, pressed in {
            "help": ("question_mark",),
            "safety": ("4", "r"),
            "calibrate": ("5", "n", "space"),
            "bout": ("2", "enter"),
        }.items():
            await shown.press(*pressed)
            await shown.hang(name)
            await shown.press("escape")


@pytest.mark.parametrize("game", [False, True])
async def test_practice(scenes: ModuleType, gallery: Opened, game: bool) -> None:
    async with gallery(scenes.app("sitting"), (80, 40)) as shown:
        hinge = next(drill for drill in load_catalogue() if drill.id == "hip_hinge")
        frozen = {"clock": lambda: 0.0}
        screen = RepositioningScreen(**frozen) if game else PlayerScreen(hinge, **frozen)
        shown.pilot.app.push_screen(screen)
        await shown.hang("game" if game else "player")


async def test_straps_in_reach(scenes: ModuleType, gallery: Opened) -> None:
    app = scenes.app("sitting")
    app.reach = Radio()
    async with gallery(app) as shown:
        await shown.press("5", "s")
        await shown.hang("scan")


async def test_the_player_fills_a_large_terminal(scenes: ModuleType, gallery: Opened) -> None:
    async with gallery(scenes.app("sitting"), SIZES["200x60"]) as shown:
        hinge = next(drill for drill in load_catalogue() if drill.id == "hip_hinge")
        shown.pilot.app.push_screen(PlayerScreen(hinge, clock=lambda: 0.0))
        await shown.hang("player")
