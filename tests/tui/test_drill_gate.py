"""Drills on the screen: at the wearer's own dose, with breath, and no load after long sitting."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType

from patience import until
from textual.pilot import Pilot
from textual.widgets import OptionList

from ingest.messages import NudgeMessage
from ingest.records import Event, PostureState, Second
from ingest.store.base import StoredEvent
from monitor.drills.catalogue import load_catalogue
from tui.screens.drills import DrillsScreen
from tui.screens.player import PlayerScreen
from tui.session import StepKind
from tui.widgets.figures_table import FiguresTable
from tui.widgets.game_card import GameCard
from tui.widgets.nudge_bar import NudgeBar
from tui.widgets.player_picture import PlayerPicture

SIZE = (100, 40)
LOADING = "glute_bridge"


def seated(to_s: int, minutes: int) -> list[Second]:
    up = (1.0, 0.0, 0.0)
    return [
        Second(
            t_s=t_s, session=1, rule="r", calibration="c1", state=PostureState.SITTING,
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


def proposing(scenes: ModuleType, drill: str | None) -> NudgeMessage:
    return NudgeMessage(
        id="n9", t_ms=scenes.NOW_MS, expires_ms=scenes.NOW_MS + 600_000, rung="nudge",
        reason="You have been sitting for 30 minutes.", drill=drill,
    )  # fmt: skip


def notes(app: object) -> list[str]:
    return [note.message for note in app._notifications]  # type: ignore[attr-defined]


async def test_d_starts_the_drill_that_a_nudge_proposes_and_one_at_a_time(
    scenes: ModuleType,
) -> None:
    app = scenes.app("nudge")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, PlayerScreen))
        assert app.screen.drill.id == "hip_hinge"
        await pilot.press("d")
        await until(pilot, lambda: any("finish or leave it" in note for note in notes(app)))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DrillsScreen))


async def test_d_starts_nothing_that_the_body_is_not_ready_for_and_says_why(
    scenes: ModuleType,
) -> None:
    app = scenes.app(history=history_of(scenes, 20))
    async with app.run_test(size=SIZE) as pilot:
        app.feed.say(proposing(scenes, LOADING))
        await until(pilot, lambda: app.newest.nudge is not None)
        await pilot.press("d")
        await until(
            pilot, lambda: any("two minutes on your feet or lying" in note for note in notes(app))
        )
        assert isinstance(app.screen, DrillsScreen)
        app.feed.say(proposing(scenes, "of_another_pack"))
        await until(pilot, lambda: app.newest.nudge.drill == "of_another_pack")
        await pilot.press("d")
        await until(pilot, lambda: any("of another pack is not among" in n for n in notes(app)))


async def test_d_without_a_proposal_does_nothing(scenes: ModuleType) -> None:
    app = scenes.app("firm")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.newest.nudge is not None)
        bar = app.screen.query_one(NudgeBar)
        await until(pilot, lambda: bar.reading is not None)
        assert "do the drill" not in bar.draw(bar.reading, 100).plain
        await pilot.press("d")
        assert app.current_mode == "live" and "d" not in app.screen.active_bindings


async def test_a_game_tells_how_it_is_scored_and_how_it_went(scenes: ModuleType) -> None:
    runs = [
        Event(kind="drill", t_ms=scenes.NOW_MS - day * 86_400_000, data=data)
        for day, data in (
            (3, {"drill": "tracking", "rms_deg": 4.14, "lag_s": 0.6}),
            (2, {"drill": "tracking", "stopped": "pain"}),
            (1, {"drill": "tracking", "rms_deg": 3.2, "lag_s": 0.4}),
        )
    ]

    class Played(scenes.ScriptedHistory):
        def events(self, from_s: int, to_s: int, kinds: tuple[str, ...] = ()) -> list[StoredEvent]:
            return [StoredEvent(id="e" * 32, event=event) for event in runs]

    app = scenes.app(history=Played)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        await highlight(pilot, "tracking")
        card = app.screen.query_one(GameCard)
        await until(pilot, lambda: card.reading is not None and card.reading.results)
        assert [words for _, words in card.reading.results] == [
            "3.2° off the line, 0.4 s behind it",
            "4.1° off the line, 0.6 s behind it",
        ]
        assert "root mean square" in card.draw(card.reading, 200).plain
        await highlight(pilot, "walk")
        assert not card.display
