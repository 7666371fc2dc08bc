"""What the commands hand to the dashboard."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from monitor.drills.catalogue import load_catalogue
from monitor.drills.journal import Practice
from monitor.settings import SinkSettings
from tui.app import DashboardApp
from tui.config import Config
from tui.doses import at_level
from tui.screens.player import PlayerScreen
from tui.scripted import ScriptedFeed
from tui.settings import ScreenSettings
from tui.wiring import demo_dashboard
from tui.wiring.dashboard import bell_rungs, open_dashboard
from tui.wiring.live import own_household
from tui.wiring.simulated import demo_household, demo_zone


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every dashboard that was opened; none of them draws."""
    apps: list[Any] = []

    def run(app: Any) -> None:
        apps.append(app)

    monkeypatch.setattr("tui.app.DashboardApp.run", run)
    return apps


def test_settings_are_changed_in_the_file_they_were_read_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Any]
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = tmp_path / "mine.toml"
    path.write_text('[sinks]\nfirm = ["screen", "bell"]\n')
    open_dashboard(own_household(path), ScriptedFeed())
    assert opened[0].config_path == path
    assert opened[0]._bell._rungs == {"firm"}


def test_the_demo_has_no_file_to_change(tmp_path: Path, opened: list[Any]):
    open_dashboard(demo_household(tmp_path, zone=demo_zone()), ScriptedFeed(), simulated=True)
    assert opened[0].config_path is None


def test_the_bell_rings_only_where_it_was_asked_for():
    assert bell_rungs(Config().sinks) == frozenset()
    assert bell_rungs(SinkSettings(nudge=["bell"])) == {"nudge"}


def test_a_drill_opens_its_player_at_the_dose_reached(tmp_path: Path, opened: list[Any]):
    drill = next(d for d in load_catalogue() if d.dose.reps_max > d.dose.reps)
    weeks = [dt.date(2024, 3, 1) + dt.timedelta(days=day) for day in (0, 2, 7, 9)]
    journal = [Practice(day, drill.id, "fine") for day in weeks]
    risen = at_level(drill, journal, dt.date(2024, 3, 15))
    assert risen.dose.reps == drill.dose.reps + 2
    home = demo_household(tmp_path, zone=demo_zone())
    open_dashboard(home, ScriptedFeed(), simulated=True, drill=risen)
    assert opened[0]._drill is risen


def test_the_demo_looks_as_the_wearer_set_it(
    tmp_path: Path, opened: list[Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(demo_dashboard, "_service", lambda *_, **__: nullcontext())
    own = tmp_path / "lumbar.toml"
    own.write_text('[screen]\ntheme = "lumbar-light"\n[nudges]\nnudge_min = 5\n')
    demo_dashboard.run_dashboard(speed=20, radio="none", seed=7, config=own)
    assert opened[0].settings.theme == "lumbar-light"


async def test_the_player_is_on_top_at_once():
    drill = load_catalogue()[0]
    app = DashboardApp(
        ScriptedFeed(), None, ScreenSettings(), wearer="me", timezone=demo_zone(),
        simulated=True, drill=drill,
    )  # fmt: skip
    async with app.run_test() as pilot:
        for _ in range(100):
            if isinstance(app.screen, PlayerScreen):
                break
            await pilot.pause(0.02)
        assert isinstance(app.screen, PlayerScreen) and app.screen.drill is drill
        await pilot.press("escape")
        assert app.current_mode == "drills"
