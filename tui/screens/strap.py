"""The strap: link, battery, calibration, and what happened to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.happenings import happenings
from tui.live import Live
from tui.readings import local
from tui.screens.calibrate import CalibrateScreen
from tui.screens.scan import ScanScreen
from tui.screens.task import TaskScreen
from tui.strap_facts import calibration_figures, link_figures
from tui.widgets.figures_table import FiguresReading, FiguresTable
from tui.widgets.story import Story

REFRESH_S: Final = 10.0
LOG_DAYS: Final = 28
LOG_KINDS: Final = ("calibration", "calibration_refused", "slip")


class StrapScreen(TaskScreen):
    """Everything about the apparatus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "n",
            "calibrate",
            "New calibration",
            id="strap.calibrate",
            tooltip="Start the calibration",
        ),
        Binding("s", "scan", "Find straps", id="strap.scan", tooltip="Look for straps, and pair"),
        Binding(
            "u",
            "undo",
            "Undo calibration",
            id="strap.undo",
            tooltip="Bring back the calibration before this one",
        ),
    ]

    def body(self) -> Iterable[Widget]:
        """Yield link, calibration, log."""
        signs = self.dashboard.signs
        yield FiguresTable(signs, title="Link", id="link", classes="card")
        yield FiguresTable(signs, title="Calibration", id="calibration", classes="card")
        yield Story(signs, title="Last 28 days", id="strap-log", classes="card")

    def on_mount(self) -> None:
        """Keep the log up to date."""
        self.set_interval(REFRESH_S, self.refresh_log)
        self.refresh_log()

    def show_live(self, live: Live, now_s: float) -> None:
        """Draw the newest facts."""
        super().show_live(live, now_s)
        zone = self.dashboard.timezone
        self.query_one("#link", FiguresTable).reading = FiguresReading(link_figures(live, now_s))
        self.query_one("#calibration", FiguresTable).reading = FiguresReading(
            calibration_figures(live, now_s, zone, self.dashboard.signs)
        )

    def action_calibrate(self) -> None:
        """Open the wizard."""
        self.app.push_screen(CalibrateScreen())

    def action_scan(self) -> None:
        """Look for straps with the radio of this machine."""
        reach = self.dashboard.reach
        if reach is None:
            self.notify("This dashboard has no radio to look with.", severity="warning")
        else:
            self.app.push_screen(ScanScreen(reach))

    def action_undo(self) -> None:
        """Bring back the calibration before this one."""
        self.dashboard.ask("calibrate", {"step": "undo"}, "The calibration before is back.")

    @work(exclusive=True, group="log", exit_on_error=False)
    async def refresh_log(self) -> None:
        """Ask the history what happened to strap and calibration."""
        to_s = int(self.dashboard.now_s) + 1
        from_s = to_s - LOG_DAYS * 86_400
        events = await self.recall(lambda history: history.events(from_s, to_s, LOG_KINDS))
        if events is not None:
            self.query_one(Story).reading = tuple(
                (f"{local(item.t_s, self.dashboard.timezone):%d %b %H:%M}", item)
                for item in happenings(events)
            )
