"""What is drawn, screen by screen and state by state; posture time stands still."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import pytest
from textual.pilot import Pilot

from monitor.drills.catalogue import load_catalogue
from tui.keys import PLACES
from tui.screens import settings
from tui.screens.player import PlayerScreen
from tui.screens.repositioning import RepositioningScreen
from tui.tables import keys

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60), "40x10": (40, 10)}
SMALL = ("80x24", "40x10")
WIDE = "120x40"
RunBefore = Callable[[Pilot[Any]], Awaitable[None]]


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


async def rest(pilot: Pilot[Any]) -> None:
    """Wait until history and drawing have come to rest."""
    app = pilot.app
    for _ in range(3):
        for _ in range(500):
            if all(w.group == "feed" or w.is_finished for w in app.workers):
                break
            await pilot.pause(0.02)
        await pilot.pause()
    app.draw_now()
    await pilot.pause()


def pressing(*pressed: str) -> RunBefore:
    async def run(pilot: Pilot[Any]) -> None:
        await rest(pilot)
        for key in pressed:
            await pilot.press(key)
            await rest(pilot)

    return run


@pytest.mark.parametrize(
    ("key", "mode", "size"),
    [
        (key, mode, size)
        for key, _, mode in PLACES
        for size in SIZES
        if size in SMALL or mode in ("live", "day", "trends") or (mode, size) == ("drills", WIDE)
    ],
)
def test_each_screen_at_each_size(
    scenes: ModuleType,
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    mode: str,
    size: str,
) -> None:
    few = [item for item in keys() if item.table in ("wearer", "store")]
    monkeypatch.setattr(settings, "keys", lambda: few)
    app = scenes.app("sitting")
    assert snap_compare(app, terminal_size=SIZES[size], run_before=pressing(key))


@pytest.mark.parametrize(
    ("scene", "theme"),
    [("nudge", "lumbar-light"), ("firm", "lumbar-dark"), ("late", "lumbar-clear"),
     ("no_broker", "terminal-16"), ("searching", "lumbar-light"), ("off_body", "lumbar-clear"),
     ("uncalibrated", "lumbar-dark"), ("nothing", "textual-light")],
)  # fmt: skip
def test_each_state_in_a_theme(
    scenes: ModuleType, snap_compare: Callable[..., bool], scene: str, theme: str
) -> None:
    # Before a Timeline is announced, today is the wall's, and a history would be drawn by it.
    history = None if scene == "nothing" else scenes.ScriptedHistory
    app = scenes.app(scene, theme=theme, history=history)
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing())


@pytest.mark.parametrize("key", ["1", "3", "4"])
def test_in_ascii(scenes: ModuleType, snap_compare: Callable[..., bool], key: str) -> None:
    app = scenes.app("nudge", glyphs="ascii")
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing(key))


@pytest.mark.parametrize(
    "pressed", [("question_mark",), ("4", "r"), ("5", "n", "space"), ("2", "enter")]
)
def test_what_lies_behind_a_key(
    scenes: ModuleType, snap_compare: Callable[..., bool], pressed: tuple[str, ...]
) -> None:
    app = scenes.app("sitting")
    assert snap_compare(app, terminal_size=(80, 30), run_before=pressing(*pressed))


@pytest.mark.parametrize("game", [False, True])
def test_practice(scenes: ModuleType, snap_compare: Callable[..., bool], game: bool) -> None:
    app = scenes.app("sitting")

    async def practise(pilot: Pilot[Any]) -> None:
        await rest(pilot)
        hinge = next(drill for drill in load_catalogue() if drill.id == "hip_hinge")
        frozen = {"clock": lambda: 0.0}
        app.push_screen(RepositioningScreen(**frozen) if game else PlayerScreen(hinge, **frozen))
        await rest(pilot)

    assert snap_compare(app, terminal_size=(80, 40), run_before=practise)
