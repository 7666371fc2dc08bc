"""What the commands hand to the dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from monitor.settings import SinkSettings
from tui.config import Config
from tui.scripted import ScriptedFeed
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
