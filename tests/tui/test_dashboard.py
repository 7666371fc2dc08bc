"""The dashboard driven by its keys."""

from __future__ import annotations

from types import ModuleType

import pytest
from patience import until

from ingest.messages import Reply
from tui.app import DashboardApp
from tui.bell import Bell
from tui.facts import ConnectionChanged, Fact, NudgeCleared, ServiceChanged
from tui.keys import PLACES
from tui.screens.help import HelpScreen
from tui.widgets.banner import Banner
from tui.widgets.nudge_bar import NudgeBar
from tui.widgets.state_card import StateCard

SIZE = (100, 40)


def words(app: DashboardApp) -> str:
    return " ".join(toast.message for toast in app._notifications)


async def settled(pilot: object) -> None:
    """Wait until history and drawing have come to rest."""
    for _ in range(3):
        await until(
            pilot, lambda: all(w.group == "feed" or w.is_finished for w in pilot.app.workers)
        )
        await pilot.pause()


async def test_a_digit_goes_to_its_screen(scenes: ModuleType) -> None:
    async with scenes.app().run_test(size=SIZE) as pilot:
        for key, _, mode in PLACES:
            await pilot.press(key)
            assert pilot.app.current_mode == mode


async def test_one_key_answers_the_nudge(scenes: ModuleType) -> None:
    app = scenes.app("nudge")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.newest.nudge is not None)
        await pilot.press("z", "x", "c", "i", "k")
        await until(pilot, lambda: len(app.feed.sent) == 5)
        assert app.feed.sent == [
            ("snooze", {"nudge": "n1", "minutes": 5}),
            ("snooze", {"nudge": "n1", "minutes": 10}),
            ("snooze", {"nudge": "n1", "minutes": 15}),
            ("in_call", {"nudge": "n1", "minutes": 30}),
            ("skip", {"nudge": "n1"}),
        ]


async def test_without_a_nudge_its_keys_do_nothing(scenes: ModuleType) -> None:
    app = scenes.app("sitting")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.newest.posture is not None)
        await pilot.press("z", "x", "c", "i", "k")
        await pilot.pause()
        assert app.feed.sent == []


async def test_standing_up_takes_the_nudge_away(scenes: ModuleType) -> None:
    app = scenes.app("nudge")
    async with app.run_test(size=SIZE) as pilot:
        bar = app.screen.query_one(NudgeBar)
        await until(pilot, lambda: bar.display)
        app.feed.say(NudgeCleared())
        await until(pilot, lambda: not bar.display)


async def test_the_nudge_never_takes_the_keyboard_away(scenes: ModuleType) -> None:
    app = scenes.app("nudge")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.newest.nudge is not None)
        await pilot.press("2")
        assert app.current_mode == "day"
        await until(pilot, lambda: app.screen.query_one(NudgeBar).display)


async def test_pause_pauses_and_a_second_press_resumes(scenes: ModuleType) -> None:
    app = scenes.app("sitting")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("p")
        await until(pilot, lambda: app.feed.sent)
        paused = scenes.paused_status()
        app.feed.say(paused)
        await until(pilot, lambda: app.newest.status == paused)
        await pilot.press("p")
        await until(pilot, lambda: len(app.feed.sent) == 2)
        assert [verb for verb, _ in app.feed.sent] == ["pause", "resume"]


async def test_saved_is_said_only_after_the_reply(scenes: ModuleType) -> None:
    app = scenes.app("sitting")
    app.feed.answers["mark"] = None
    app.desk._again_s = 0.01
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("m")
        await until(pilot, lambda: app.desk.waiting)
        assert "Saved" not in words(app) and "Kept here" in words(app)
        app.feed.answers["mark"] = Reply(id="x", accepted=True)
        await until(pilot, lambda: "Saved" in words(app))
        assert not app.desk.waiting
        assert {verb for verb, _ in app.feed.sent} == {"mark"}


async def test_a_refusal_is_told_with_its_reason(scenes: ModuleType) -> None:
    app = scenes.app("nudge")
    app.feed.answers["skip"] = Reply(id="x", accepted=False, reason="answered already")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.newest.nudge is not None)
        await pilot.press("k")
        await until(pilot, lambda: "answered already" in words(app))


async def test_quitting_with_unsaved_work_warns_once(scenes: ModuleType) -> None:
    app = scenes.app("sitting")
    app.feed.answers["mark"] = None
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("m")
        await until(pilot, lambda: app.desk.waiting)
        await pilot.press("q")
        await pilot.pause()
        assert app.is_running and "not saved yet" in words(app)
        await pilot.press("q")
    assert app.return_code == 0


async def test_ctrl_c_says_which_key_leaves(scenes: ModuleType) -> None:
    app = scenes.app(keys={"app.quit": "Q"})
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert [notice.message for notice in app._notifications] == [
            "Press Q to leave; measuring goes on."
        ]


async def test_help_opens_and_closes_with_one_key(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


async def test_the_palette_opens(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert type(app.screen).__name__ == "CommandPalette"
        await pilot.press("escape")


async def test_a_lost_broker_is_said_and_recovers_alone(scenes: ModuleType) -> None:
    app = scenes.app("sitting")
    async with app.run_test(size=SIZE) as pilot:
        banner = app.screen.query_one(Banner)
        app.feed.say(ConnectionChanged(False))
        await until(pilot, lambda: banner.display)
        assert app.screen.query_one(StateCard).reading.confidence is None
        app.feed.say(ConnectionChanged(True))
        await until(pilot, lambda: not banner.display)


async def test_a_remapped_key_acts_and_the_old_one_does_not(scenes: ModuleType) -> None:
    app = scenes.app(keys={"screen.day": "d"})
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        assert app.current_mode == "live"
        await pilot.press("d")
        assert app.current_mode == "day"


async def test_presence_names_focus_and_key(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("2")
        await pilot.pause()
        assert (True, True) in app.feed.announced


@pytest.mark.parametrize("fact", [ServiceChanged("monitor", True), ConnectionChanged(True)])
async def test_whoever_comes_anew_is_told_that_this_screen_is_here(
    scenes: ModuleType, fact: Fact
) -> None:
    app = scenes.app("sitting")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.newest.posture is not None)
        await pilot.pause()
        before = len(app.feed.announced)
        app.feed.say(fact)
        await until(pilot, lambda: len(app.feed.announced) > before)


async def test_no_screen_breaks_when_it_shrinks_and_grows_back(scenes: ModuleType) -> None:
    async with scenes.app("nudge").run_test(size=(120, 40)) as pilot:
        for key, _, mode in PLACES:
            await pilot.press(key)
            for size in ((20, 5), (200, 60), (40, 10)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
            assert pilot.app.current_mode == mode


async def test_a_narrow_terminal_shows_the_keys_once_they_take_the_room_of_nothing_else(
    scenes: ModuleType,
) -> None:
    async with scenes.app("sitting").run_test(size=(60, 20)) as pilot:
        body, keys = (pilot.app.screen.query_one(name) for name in ("#body", "#keys"))
        for size, shown in {(60, 20): True, (40, 13): True, (40, 12): False}.items():
            await pilot.resize_terminal(*size)
            await until(pilot, lambda height=size[1]: pilot.app.screen.size.height == height)
            pilot.app.draw_now()
            await settled(pilot)
            assert (keys.display, body.max_scroll_y) == (shown, 0)


async def test_a_failing_history_stays_said_and_the_rest_goes_on(scenes: ModuleType) -> None:
    app = scenes.app("sitting", history=scenes.AwayHistory)
    async with app.run_test(size=SIZE) as pilot:
        for place in ("live", "day"):
            await app.switch_mode(place)
            banner = app.screen.query_one(Banner)
            await until(pilot, lambda shown=banner: shown.display)
            app.screen._look()
            await settled(pilot)
            app.draw_now()
            assert "no such file" in banner.reading.advice
        await pilot.press("1")
        assert app.screen.query_one(StateCard).reading.confidence == 0.94


async def test_a_service_that_died_is_told_on_every_screen(scenes: ModuleType) -> None:
    app = scenes.app("sitting")
    async with app.run_test(size=SIZE) as pilot:
        for service in ("recorder", "monitor"):
            app.feed.say(ServiceChanged(service, online=False))
            for key, _, _ in PLACES:
                await pilot.press(key)
                shown = app.screen.query_one(Banner)
                await until(pilot, lambda banner=shown, name=service: said(banner, name))
            app.feed.say(ServiceChanged(service, online=True))
            await until(pilot, lambda banner=shown: banner.reading is None)


def said(banner: Banner, words: str) -> bool:
    return banner.reading is not None and words in banner.reading.advice


async def test_without_any_history_every_screen_opens(scenes: ModuleType) -> None:
    app = scenes.app("sitting", history=None)
    async with app.run_test(size=SIZE) as pilot:
        for key, _, mode in PLACES:
            await pilot.press(key)
            assert app.current_mode == mode


async def test_ascii_draws_nothing_beyond_ascii(scenes: ModuleType) -> None:
    app = scenes.app("nudge", glyphs="ascii")
    async with app.run_test(size=SIZE) as pilot:
        for key in "1235":
            await pilot.press(key)
            await settled(pilot)
            drawn = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
            assert drawn.isascii(), sorted({letter for letter in drawn if not letter.isascii()})


async def test_the_bell_rings_once_for_a_rung_that_asks_for_it(
    scenes: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = scenes.app("nudge")
    app._bell = Bell({"nudge"})
    rings: list[bool] = []
    monkeypatch.setattr(app, "bell", lambda: rings.append(True))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: rings)
        app.draw_now()
        app.feed.say(NudgeCleared(), scenes.FIRM)
        await until(pilot, lambda: app.newest.nudge == scenes.FIRM)
        app.draw_now()
        assert rings == [True]
