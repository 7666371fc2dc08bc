"""Drills on the screen: at the wearer's own dose, with breath, and no load after long sitting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType

from textual.pilot import Pilot
from textual.widgets import OptionList

from ingest.records import Event, PostureState, Second
from ingest.store.base import StoredEvent
from monitor.drills.catalogue import load_catalogue
from tui.screens.drills import DrillsScreen
from tui.screens.player import PlayerScreen
from tui.session import StepKind
from tui.widgets.figures_table import FiguresTable
from tui.widgets.player_picture import PlayerPicture

SIZE = (100, 40)
LOADING = "glute_bridge"


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    for _ in range(400):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError("it did not happen")


def seated(to_s: int, minutes: int) -> list[Second]:
    up = (1.0, 0.0, 0.0)
    return [
        Second(
            t_s=t_s, session=1, rule="r", calibration=None, state=PostureState.SITTING,
            confidence=1.0, sagittal_deg=45.0, frontal_deg=0.0, up=up, acc_sd_ms2=0.0,
            gyro_rms_rads=None, travel_m=0.0, log_odds=(0.0, 0.0, 0.0, 0.0), coverage=1.0,
        )
        for t_s in range(to_s - 60 * minutes, to_s)
    ]  # fmt: skip


def history_of(scenes: ModuleType, minutes: int, *, weeks: int = 0) -> type:
    """Return a past of so many minutes at the end of the own range, and weeks of bridges."""
    done = [
        Event(
            kind="drill",
            t_ms=scenes.NOW_MS - round(timedelta(days=day).total_seconds() * 1000),
            data={"drill": LOADING, "rating": "fine", "now_s": 0.0},
        )
        for day in range(1, 7 * weeks + 1, 2)
    ]

    class Past(scenes.ScriptedHistory):
        def trace(self, from_s: int, to_s: int) -> list[Second]:
            return seated(to_s, minutes)

        def events(self, from_s: int, to_s: int, kinds: tuple[str, ...] = ()) -> list[StoredEvent]:
            return [StoredEvent(id="e" * 32, event=event) for event in done]

    return Past


async def highlight(pilot: Pilot[None], drill: str) -> OptionList:
    options = pilot.app.screen.query_one(OptionList)
    options.highlighted = options.get_option_index(drill)
    await pilot.pause()
    return options


def plan_of(app: object) -> dict[str, str]:
    reading = app.screen.query_one("#plan", FiguresTable).reading  # type: ignore[attr-defined]
    return {} if reading is None else dict(reading.figures)


async def test_right_after_long_slumping_no_load_is_planned_or_started(scenes: ModuleType) -> None:
    app = scenes.app(history=history_of(scenes, 20))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "right after long sitting" in plan_of(app))
        await highlight(pilot, LOADING)
        await pilot.press("enter")
        assert isinstance(app.screen, DrillsScreen)
        await highlight(pilot, "walk")
        await pilot.press("enter")
        assert isinstance(app.screen, PlayerScreen)


async def test_a_drill_is_shown_and_led_at_the_dose_the_wearer_has_reached(
    scenes: ModuleType,
) -> None:
    app = scenes.app(history=history_of(scenes, 1, weeks=2))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "days practised" in plan_of(app))
        options = await highlight(pilot, LOADING)
        option = options.get_option_at_index(options.highlighted or 0)
        assert "11 holds" in str(option.prompt)
        await pilot.press("enter")
        assert isinstance(app.screen, PlayerScreen) and app.screen.drill.dose.reps == 11


async def test_a_hold_paces_the_breath(scenes: ModuleType) -> None:
    now_s = [0.0]
    drill = next(drill for drill in load_catalogue() if drill.id == "wall_plank")
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(screen := PlayerScreen(drill, clock=lambda: now_s[0]))
        picture = screen.query_one(PlayerPicture)
        for moment_s, way in ((6.0, "in"), (10.0, "out"), (14.0, "in")):
            now_s[0] = moment_s
            screen.tick()
            assert screen.player.step.kind is StepKind.HOLD and picture.reading is not None
            assert f"breathe {way}" in picture.draw(picture.reading, 40).plain
        await pilot.press("escape")
