"""Every key of every place does what its label says."""

from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin
from pathlib import Path
from types import ModuleType

import pytest
from patience import until
from textual.widgets import DataTable, Input, OptionList

from ingest.messages import AngleMessage, Reply, TimelineMessage
from ingest.records import Second
from ingest.store.base import Totals
from monitor.drills.catalogue import load_catalogue
from tui.facts import NudgeCleared
from tui.screens.bout import BoutScreen, StateChoice
from tui.screens.calibrate import CalibrateScreen
from tui.screens.day import DayScreen
from tui.screens.drills import DrillsScreen
from tui.screens.help import HelpScreen
from tui.screens.player import PlayerScreen
from tui.screens.repositioning import RepositioningScreen
from tui.screens.safety import SafetyScreen
from tui.screens.schedule import ScheduleScreen
from tui.screens.tracking import TrackingScreen
from tui.screens.why import WhyScreen
from tui.session import Stage
from tui.widgets.days_picture import DaysPicture
from tui.widgets.figures_table import FiguresTable
from tui.widgets.key_line import KeyLine
from tui.widgets.movement_line import MovementLine
from tui.widgets.pose_picture import PosePicture
from tui.widgets.top_bar import TopBar

SIZE = (100, 40)
HINGE = next(drill for drill in load_catalogue() if drill.id == "hip_hinge")
WALL_TILT = next(drill for drill in load_catalogue() if drill.id == "pelvic_tilt_wall")


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_keys_of_the_day(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        screen, table = app.screen, app.screen.query_one(DataTable)
        assert isinstance(screen, DayScreen)
        await until(pilot, lambda: table.row_count)
        await pilot.press("h", "h")
        assert screen.days_back == 2
        await pilot.press("l")
        assert screen.days_back == 1
        await pilot.press("t")
        assert screen.days_back == 0
        await pilot.press("l")
        assert screen.days_back == 0  # there is no day after today
        await pilot.press("a", *"stairs", "enter")
        await until(pilot, lambda: app.feed.sent)
        assert app.feed.sent[0][0] == "mark" and app.feed.sent[0][1]["note"] == "stairs"


@pytest.mark.parametrize("width", [40, 100])
async def test_a_click_goes_to_the_name_that_is_there(scenes: ModuleType, width: int) -> None:
    app = scenes.app()
    async with app.run_test(size=(width, 24)) as pilot:
        await pilot.press("3")
        bar = app.screen.query_one(TopBar)
        await until(pilot, lambda: bar.reading is not None)
        shown = bar.render().plain
        await pilot.click(TopBar, offset=(shown.index("Trends"), 0))
        await pilot.pause()
        assert app.current_mode == "trends"
        if width == 100:
            await pilot.click(TopBar, offset=(shown.index("Strap"), 0))
            await until(pilot, lambda: app.current_mode == "strap")


async def test_a_click_on_the_keys_does_what_is_written_there(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=(40, 24)) as pilot:
        line = app.screen.query_one(KeyLine)
        await until(pilot, lambda: line.reading)
        shown = line.render().plain
        assert "Hurts" not in shown and len(shown) < 38
        await pilot.click(KeyLine, offset=(38, 0))  # where the next one would be, had it room
        await pilot.pause()
        assert app.feed.sent == []
        await pilot.click(KeyLine, offset=(1 + shown.index("Help"), 0))
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_another_day_with_as_many_bouts_shows_its_own(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count)
        today = {key.value for key in table.rows}
        await pilot.press("h")
        await until(pilot, lambda: today.isdisjoint(key.value for key in table.rows))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BoutScreen))
        assert str(app.screen.bout.start_ms) not in today


async def test_a_bout_opens_and_can_be_corrected(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, BoutScreen))
        bout = app.screen.bout
        assert bout.state == "standing"
        await pilot.press("e")
        assert isinstance(app.screen, StateChoice)
        await pilot.press("enter")
        await until(pilot, lambda: app.feed.sent)
        wanted = {"from_s": bout.start_ms // 1000, "to_s": bout.end_ms // 1000, "state": "sitting"}
        assert app.feed.sent == [("correct", wanted)]
        await pilot.press("escape")
        assert isinstance(app.screen, DayScreen)


async def test_w_changes_the_period(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("3")
        days = app.screen.query_one(DaysPicture)
        await until(pilot, lambda: len(days.reading or ()) == 28)
        await pilot.press("w")
        await until(pilot, lambda: len(days.reading or ()) == 7)


async def test_arrows_scroll_what_does_not_fit(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        body, last = app.screen.query_one("#body"), app.screen.query_one("#exposure", FiguresTable)
        # What comes last makes the body longer.
        await until(pilot, lambda: last.reading and "reading" not in last.reading.figures[2][1])
        await until(pilot, lambda: body.max_scroll_y > 20)
        await pilot.press("end")
        await until(pilot, lambda: body.scroll_y == body.max_scroll_y)
        await pilot.press("home")
        await until(pilot, lambda: body.scroll_y == 0)
        await pilot.press("pagedown")
        await until(pilot, lambda: body.scroll_y > 5)
        await pilot.press("pageup")
        await until(pilot, lambda: body.scroll_y == 0)
        await pilot.press("down", "down", "up")
        await until(pilot, lambda: body.scroll_y == 1)


async def test_keys_of_the_drills(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("4")
        options = app.screen.query_one(OptionList)
        before = options.option_count
        ids = {options.get_option_at_index(i).id for i in range(before)}
        assert "hip_hinge" in ids and not {"sciatic_nerve_glide", "jefferson_curl"} & ids
        await pilot.press("f")
        assert 0 < options.option_count < before
        await pilot.press("r")
        assert isinstance(app.screen, SafetyScreen)
        await pilot.press("escape", "enter")
        assert isinstance(app.screen, PlayerScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, DrillsScreen)


async def test_the_player_counts_down_pauses_and_goes_on(scenes: ModuleType) -> None:
    app, clock = scenes.app(), Clock()
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(screen := PlayerScreen(HINGE, clock=clock))
        clock.now_s = 2.0
        await until(pilot, lambda: screen.player.left_s == 3.0)
        await pilot.press("space")
        clock.now_s = 50.0
        await pilot.pause(0.15)
        assert screen.player.stage is Stage.PAUSED and screen.player.left_s == 3.0
        await pilot.press("space", "n")
        assert screen.player.step.work


@pytest.mark.parametrize(("key", "rating"), [("1", "fine"), ("2", "mild"), ("3", "sharp")])
async def test_a_finished_drill_is_rated_with_one_key(
    scenes: ModuleType, key: str, rating: str
) -> None:
    app, clock = scenes.app(), Clock()
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(screen := PlayerScreen(HINGE, clock=clock))
        clock.now_s = 600.0
        await until(pilot, lambda: screen.player.stage is Stage.DONE)
        await pilot.press(key)
        await until(pilot, lambda: app.feed.sent)
        verb, args = app.feed.sent[0]
        assert verb == "drill" and args["drill"] == "hip_hinge" and args["rating"] == rating
        assert args["stopped"] is None and not isinstance(app.screen, PlayerScreen)


async def test_pain_stops_a_drill_at_once_and_is_written_once(scenes: ModuleType) -> None:
    app, clock = scenes.app(), Clock()
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(screen := PlayerScreen(HINGE, clock=clock))
        clock.now_s = 9.0
        await pilot.press("h")
        assert screen.player.stage is Stage.STOPPED
        await pilot.press("escape")
        await until(pilot, lambda: app.feed.sent)
        await pilot.pause()
        assert [(v, a["rating"], a["stopped"]) for v, a in app.feed.sent] == [
            ("drill", "sharp", "pain")
        ]


def at_rate(scenes: ModuleType, rate: float) -> TimelineMessage:
    return TimelineMessage(origin="demo", event_ms=scenes.NOW_MS, wall_ms=scenes.NOW_MS, rate=rate)


async def test_the_strap_coaches_from_the_end_of_getting_ready(scenes: ModuleType) -> None:
    app, clock = scenes.app("late"), Clock()
    async with app.run_test(size=SIZE) as pilot:
        app.trace.extend(angle(scenes, i / 10, 0.0) for i in range(300))
        await app.push_screen(PlayerScreen(WALL_TILT, clock=clock))
        said = app.screen.query_one("#player-coach")
        clock.now_s = 6.0
        await pilot.pause(0.15)
        assert str(said.content) == ""  # what was before the drill is none of it
        app.trace.extend(angle(scenes, 30 + i / 10, 10.0 * (i > 15)) for i in range(56))
        await until(pilot, lambda: str(said.content) == "Held for 4 s.")


async def test_a_day_that_runs_faster_coaches_and_measures_nothing(scenes: ModuleType) -> None:
    app, clock = scenes.app("late"), Clock()
    app.feed.say(at_rate(scenes, 20.0))
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(PlayerScreen(WALL_TILT, clock=clock))
        said = app.screen.query_one("#player-coach")
        await until(pilot, lambda: "faster than yours" in str(said.content))
        app.pop_screen()
        await app.push_screen(game := TrackingScreen())
        await pilot.press("space")
        assert not game.running


async def test_rating_keys_do_nothing_during_a_drill(scenes: ModuleType) -> None:
    app, clock = scenes.app(), Clock()
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(PlayerScreen(HINGE, clock=clock))
        await pilot.press("1", "2", "3")
        assert isinstance(app.screen, PlayerScreen) and app.feed.sent == []


async def test_the_warning_signs_pause_a_drill(scenes: ModuleType) -> None:
    app, clock = scenes.app(), Clock()
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(screen := PlayerScreen(HINGE, clock=clock))
        await pilot.press("r")
        assert isinstance(app.screen, SafetyScreen) and screen.player.stage is Stage.PAUSED


def angle(scenes: ModuleType, since_s: float, degrees: float) -> AngleMessage:
    t_ms = scenes.NOW_MS + round(since_s * 1000)
    up = (cos(radians(degrees)), 0.0, sin(radians(degrees)))
    return AngleMessage(t_ms=t_ms, sagittal_deg=degrees, frontal_deg=0.0, up=up)


async def test_returns_to_neutral_are_measured_and_written(scenes: ModuleType) -> None:
    app = scenes.app("late")
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(screen := RepositioningScreen())
        await pilot.press("space")
        returns = [0.0, *(error for _ in range(5) for error in (20.0, 2.0))]
        samples = [degrees for degrees in returns for _ in range(20)]
        app.trace.extend(angle(scenes, 0.1 + i / 10, deg) for i, deg in enumerate(samples))
        await until(pilot, lambda: app.feed.sent)
        verb, args = app.feed.sent[0]
        assert verb == "drill" and args["drill"] == "repositioning" and args["trials"] == 5
        assert args["constant_deg"] == pytest.approx(2.0, abs=0.1)
        assert not screen.running


async def test_a_followed_line_is_measured_and_written(scenes: ModuleType) -> None:
    app = scenes.app("late")
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(screen := TrackingScreen())
        await pilot.press("space")
        target = screen._run.target
        app.trace.extend(
            angle(scenes, 0.1 + i / 10, target.at(0.1 + i / 10) + 3.0) for i in range(600)
        )
        await until(pilot, lambda: app.feed.sent)
        assert app.feed.sent[0][1]["rms_deg"] == pytest.approx(3.0, abs=0.1)


async def test_pain_stops_a_game(scenes: ModuleType) -> None:
    app = scenes.app("late")
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(TrackingScreen())
        await pilot.press("r", "escape", "space", "h")
        await until(pilot, lambda: app.feed.sent)
        assert app.feed.sent[0][1]["stopped"] == "pain"
        assert not isinstance(app.screen, TrackingScreen)


async def test_leaving_a_game_without_a_result_writes_nothing(scenes: ModuleType) -> None:
    app = scenes.app("late")
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(TrackingScreen())
        await pilot.press("space", "escape")
        await pilot.pause()
        assert app.feed.sent == []


async def test_the_wizard_goes_from_pose_to_pose(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("5", "n")
        assert isinstance(app.screen, CalibrateScreen)
        poses = app.screen.query_one(PosePicture)
        await pilot.press("n")
        assert poses.reading.index == 0  # upright cannot be left out
        await pilot.press("space")
        await until(pilot, lambda: poses.reading.index == 1)
        await pilot.press("n")
        await until(pilot, lambda: poses.reading.index == 2)
        assert poses.reading.outcomes == ("taken", "left out", "", "")
        assert app.feed.sent == [("calibrate", {"step": "upright"})]
        await pilot.press("escape")
        assert not isinstance(app.screen, CalibrateScreen)


async def test_a_refused_pose_says_why_and_stays(scenes: ModuleType) -> None:
    app = scenes.app()
    app.feed.answers["calibrate"] = Reply(id="x", accepted=False, reason="You were still moving.")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("5", "n", "space")
        poses = app.screen.query_one(PosePicture)
        await until(pilot, lambda: poses.reading.refused)
        assert poses.reading.index == 0 and poses.reading.answer == "You were still moving."


async def test_a_setting_is_changed_checked_and_written(scenes: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n[wearer]\nid = 'anna'\n")
    app = scenes.app(config_path=path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "enter")
        field = app.screen.query_one(Input)
        assert field.value == "anna"
        field.value = "no spaces please"
        await pilot.press("enter")
        assert path.read_text() == "# mine\n[wearer]\nid = 'anna'\n" and field.display
        field.value = "berta"
        await pilot.press("enter")
        assert path.read_text() == '# mine\n[wearer]\nid = "berta"\n' and not field.display


async def test_escape_leaves_a_setting_as_it_is(scenes: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    app = scenes.app(config_path=path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "enter")
        app.screen.query_one(Input).value = "berta"
        await pilot.press("escape")
        assert not path.exists() and not app.screen.query_one(Input).display


async def test_without_a_file_nothing_can_be_changed(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "enter")
        assert not app.screen.query_one(Input).display


async def test_the_demo_says_that_it_has_no_file_to_change(scenes: ModuleType) -> None:
    app = scenes.app()
    app.simulated = True
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "enter")
        assert "no file of its own" in str(app.screen.query_one("#setting-meaning").content)
        assert not app.screen.query_one(Input).display


async def test_a_variable_that_overrules_the_file_is_named(
    scenes: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("LUMBAR_WEARER_ID", "carla")
    app = scenes.app(config_path=path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "enter")
        app.screen.query_one(Input).value = "berta"
        await pilot.press("enter")
        await until(pilot, lambda: app._notifications)
        assert "LUMBAR_WEARER_ID counts" in next(iter(app._notifications)).message


async def test_a_file_broken_by_hand_is_named_and_no_screen_ends(
    scenes: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[wearer]\nname = 1\n")
    app = scenes.app(config_path=path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("4", "6", "down")
        said = app.screen.query_one("#setting-meaning")
        await until(pilot, lambda: "config.toml:2" in str(said.content))


async def test_movement_of_the_last_hour_stands_beside_what_is_known_of_it(
    scenes: ModuleType,
) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        line = app.screen.query_one(MovementLine)
        await until(pilot, lambda: line.reading is not None)
        drawn = str(line.render())
        assert "fidgets / 15 min" in drawn and "last hour, 100 % known" in drawn
        assert "field norm 9 + 13" in drawn


async def test_trends_tell_movement_and_that_no_experiment_ran(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("3", "w")
        experiment = app.screen.query_one("#experiment", FiguresTable)
        moved = app.screen.query_one("#exposure", FiguresTable)
        await until(pilot, lambda: experiment.reading is not None)
        assert experiment.reading.figures[0][0] == "none yet"
        await until(pilot, lambda: moved.reading and "reading" not in moved.reading.figures[2][1])
        assert "experimental" in moved.reading.figures[3][1]


async def test_trends_read_an_hour_again_only_once_a_revision_changed_it(
    scenes: ModuleType,
) -> None:
    seated, asked = [3000.0], []

    class Corrected(scenes.ScriptedHistory):
        def totals(self, windows: list[tuple[int, int]]) -> list[Totals]:
            known = super().totals(windows)
            at = next(i for i, hour in enumerate(known) if hour.seconds["sitting"] > 300)
            corrected = {**known[at].seconds, "sitting": seated[0]}
            return [*known[:at], replace(known[at], seconds=corrected), *known[at + 1 :]]

        def trace(self, from_s: int, to_s: int) -> list[Second]:
            asked.append(from_s)
            return []

    app = scenes.app(history=Corrected)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("3")
        moved = app.screen.query_one("#exposure", FiguresTable)
        await until(pilot, lambda: moved.reading and "reading" not in moved.reading.figures[2][1])
        first = min(asked)
        asked.clear()
        await app.screen.refresh_days().wait()
        assert asked == []
        seated[0] = 2400.0
        await app.screen.refresh_days().wait()
        assert asked == [first]


async def test_t_offers_the_themes(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "t")
        await pilot.pause()
        assert type(app.screen).__name__ == "CommandPalette"
        await pilot.press("escape")


async def test_plain_mode_answers_a_nudge_too(scenes: ModuleType) -> None:
    app = scenes.app("nudge", plain=True)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.newest.nudge is not None)
        line = app.screen.query_one("#plain-nudge")
        await until(pilot, lambda: "Time for a break" in str(line.content))
        await pilot.press("k")
        await until(pilot, lambda: app.feed.sent == [("skip", {"nudge": "n1"})])
        app.feed.say(NudgeCleared())
        await until(pilot, lambda: str(line.content) == "")


async def test_w_previews_the_week_of_the_schedule(scenes: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[schedule]\ntuesday = ["09:00-10:00"]\nquiet = ["09:30-10:00"]\n')
    app = scenes.app(config_path=path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "w")
        assert isinstance(app.screen, ScheduleScreen)
        row = next(line for line in app.screen.lines if line.startswith("Tue"))
        assert row[7:] == "·" * 18 + "█◌" + "·" * 28
        await pilot.press("escape")
        assert not isinstance(app.screen, ScheduleScreen)


async def test_r_tries_every_sink_and_says_what_became_of_each(
    scenes: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[sinks]\nhint = ["screen"]\nnudge = ["desktop", "strap"]\nfirm = ["bell"]\n')
    app = scenes.app(config_path=path)
    app.feed.answers["try_sinks"] = Reply(id="x", accepted=True, data={"desktop": "shown"})
    app.feed.answers["vibrate"] = Reply(id="y", accepted=False, reason="It has no motor.")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "r")
        said = app.screen.query_one("#setting-meaning")
        await until(pilot, lambda: "screen: shown" in str(said.content))
        assert str(said.content).splitlines()[1:] == [
            "desktop: shown",
            "strap: It has no motor.",
            "bell: rung",
        ]
        app.feed.answers["try_sinks"] = None
        await pilot.press("r")
        await until(pilot, lambda: "desktop: nobody answered" in str(said.content))


async def test_y_explains_the_newest_nudge_from_what_was_stored(scenes: ModuleType) -> None:
    app = scenes.app(history=scenes.NudgedHistory)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, WhyScreen))
        told = str(app.screen.query_one("#why").content)
        assert "Evidence, grade C" in told and "nudges.nudge_min" in told
        await pilot.press("escape")
        assert not isinstance(app.screen, WhyScreen)


async def test_y_without_any_nudge_says_so(scenes: ModuleType) -> None:
    app = scenes.app(history=scenes.QuietHistory)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("y")
        await until(pilot, lambda: app._notifications)
        assert "No hint or nudge" in next(iter(app._notifications)).message
