"""The day after a drill one question is asked, once."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType

from patience import until

from ingest.records import Event
from ingest.store.base import StoredEvent
from tui.screens.check_in import CheckInScreen
from tui.screens.drills import DrillsScreen
from tui.widgets.figures_table import FiguresTable

SIZE = (100, 40)


async def test_how_yesterdays_drills_feel_is_asked_once_and_kept(scenes: ModuleType) -> None:
    yesterday_ms = scenes.NOW_MS - 86_400_000
    drill = Event(kind="drill", t_ms=yesterday_ms, data={"drill": "hip_hinge", "rating": "fine"})

    class Practised(scenes.ScriptedHistory):
        def events(self, from_s: int, to_s: int, kinds: tuple[str, ...] = ()) -> list[StoredEvent]:
            return [StoredEvent(id="e" * 32, event=drill)]

    app = scenes.app(history=Practised)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("4")
        plan = app.screen.query_one("#plan", FiguresTable)

        def asks() -> bool:
            return plan.reading is not None and "press n" in dict(plan.reading.figures).values()

        await until(pilot, asks)
        await pilot.press("n")
        assert isinstance(app.screen, CheckInScreen)
        await pilot.press("3")
        await until(pilot, lambda: app.feed.sent)
        yesterday = (app.today - timedelta(days=1)).isoformat()
        verb, args = app.feed.sent[0]
        assert (verb, args["answer"], args["day"]) == ("check_in", "sore", yesterday)
        await until(pilot, lambda: not asks())
        await pilot.press("n")
        assert isinstance(app.screen, DrillsScreen)


async def test_without_drills_yesterday_nothing_is_asked(scenes: ModuleType) -> None:
    app = scenes.app(history=scenes.ScriptedHistory)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("4", "n")
        assert isinstance(app.screen, DrillsScreen)
