"""Straps in reach, seen and paired from the dashboard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from patience import until
from textual.widgets import DataTable

from sensor.errors import SensorError
from sensor.scan import ScanRow
from tui.app import DashboardApp
from tui.reach import Introduced
from tui.screens.scan import ScanScreen
from tui.screens.strap import StrapScreen

SIZE = (100, 30)
MINE = ScanRow("Lumbar-S", "lumbar_imu", "Open Lumbar IMU", 100, "C0:01", -61, 83)
OTHER = ScanRow("WT901", "witmotion", "WitMotion", 60, "C0:02", None)


class ScriptedReach:
    """A radio that hears what it is told to and knows one strap."""

    place = "the radio of a test"

    def __init__(self, *rows: ScanRow, error: str = "") -> None:
        self.heard = list(rows)
        self.error = error
        self.listens = False
        self.serial = "4F2A"

    def rows(self) -> list[ScanRow]:
        return self.heard

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[ScriptedReach]:
        if self.error:
            raise SensorError(self.error)
        self.listens = True
        try:
            yield self
        finally:
            self.listens = False

    async def meet(self, address: str) -> Introduced:
        assert not self.listens  # many adapters cannot do both
        if address != MINE.address:
            raise SensorError(f"No strap at {address}: is it switched on and within 2 m?")
        return Introduced("Open Lumbar IMU", self.serial, 83, ("measures at 50 Hz",))


def app_with(scenes: ModuleType, reach: ScriptedReach, **wanted: Any) -> DashboardApp:
    app: DashboardApp = scenes.app(**wanted)
    app.reach = reach
    return app


def words(app: DashboardApp) -> str:
    return str(app.screen.query_one("#scan-words").content)


async def test_a_strap_is_found_paired_and_let_go(scenes: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    reach = ScriptedReach(MINE)
    app = app_with(scenes, reach, config_path=path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("5", "s")
        assert isinstance(app.screen, ScanScreen)
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count)
        assert table.get_row("C0:01")[1:4] == ["Open Lumbar IMU", "-61 dBm", "83 %"]
        reach.heard.append(OTHER)
        await until(pilot, lambda: table.row_count == 2)
        await pilot.press("enter")
        await until(pilot, lambda: "Paired: only 4F2A" in words(app))
        assert 'serial = "4F2A"' in path.read_text() and "measures at 50 Hz" in words(app)
        await pilot.press("f")
        assert 'serial = ""' in path.read_text() and "Any known strap" in words(app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: "within 2 m" in words(app))
        await pilot.press("escape")
        assert isinstance(app.screen, StrapScreen) and not reach.listens


async def test_without_bluetooth_one_line_says_so(scenes: ModuleType) -> None:
    app = app_with(scenes, ScriptedReach(error="Bluetooth is off: switch it on."))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("5", "s")
        await until(pilot, lambda: words(app) == "Bluetooth is off: switch it on.")
        await pilot.press("enter")
        assert words(app) == "Bluetooth is off: switch it on."


async def test_the_strap_that_is_worn_is_told_apart_from_one_that_is_away(
    scenes: ModuleType,
) -> None:
    app = app_with(scenes, ScriptedReach())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("5", "s")
        held = app.screen.query_one("#scan-held")
        await until(pilot, lambda: "Lumbar 4F2A is connected" in str(held.content))


async def test_a_strap_without_a_serial_is_not_paired(scenes: ModuleType, tmp_path: Path) -> None:
    reach = ScriptedReach(MINE)
    reach.serial = ""
    app = app_with(scenes, reach, config_path=tmp_path / "config.toml")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("5", "s")
        await until(pilot, lambda: app.screen.query_one(DataTable).row_count)
        await pilot.press("enter")
        await until(pilot, lambda: "not paired" in words(app))
        assert not (tmp_path / "config.toml").exists()


async def test_u_brings_the_calibration_before_back(scenes: ModuleType) -> None:
    app = scenes.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("5", "u")
        await until(pilot, lambda: app.feed.sent == [("calibrate", {"step": "undo"})])
