"""The screen shows the rungs that `[sinks]` gives it."""

from __future__ import annotations

from types import ModuleType

import pytest

from monitor.settings import SinkSettings
from monitor.showing import ACTIONS
from tui.keys import DRILL_ANSWER, NUDGE_ANSWERS
from tui.widgets.nudge_bar import NudgeBar
from tui.wiring.dashboard import RUNGS, rungs_of


@pytest.mark.parametrize(("silent", "shown"), [({"nudge"}, False), ({"hint", "firm"}, True)])
async def test_a_rung_is_shown_where_the_screen_is_among_its_sinks(
    scenes: ModuleType, silent: set[str], shown: bool
) -> None:
    app = scenes.app("nudge")
    app.silent_rungs = frozenset(silent)
    async with app.run_test(size=(100, 40)) as pilot:
        for _ in range(100):
            await pilot.pause(0.02)
            if app.newest.nudge is not None:
                break
        assert app.newest.nudge is not None and app.newest.nudge.rung == "nudge"
        app.draw_now()
        assert (app.screen.query_one(NudgeBar).reading is not None) is shown


def test_a_notice_offers_the_answers_of_the_screen() -> None:
    words = [binding.action for binding in NUDGE_ANSWERS if binding is not DRILL_ANSWER]
    noticed = [action.replace(" ", "', ") for action, _ in ACTIONS]
    assert [word.removeprefix("answer('").rstrip("')") for word in words] == noticed


def test_by_default_every_rung_is_on_the_screen() -> None:
    assert rungs_of(SinkSettings(), "screen") == RUNGS
    assert rungs_of(SinkSettings(firm=["strap"]), "screen") == RUNGS - {"firm"}
