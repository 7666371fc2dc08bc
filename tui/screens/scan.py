"""Straps in reach: a live table, and the one that is read from now on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Static

from sensor.errors import SensorError
from tui.config_edit import write_key
from tui.exits import ConfigError
from tui.live import Live
from tui.reach import Reach, told
from tui.screens.task import TaskScreen

if TYPE_CHECKING:
    from sensor.scan import ScanRow

REDRAW_S: Final = 0.5
SILENT_S: Final = 6.0  # straps advertise at least every two seconds
LISTENING: Final = "Listening with {place}. Enter pairs the strap in the line."
NOTHING: Final = "No strap heard yet. Is it switched on, within 2 m and not connected to a phone?"
HELD: Final = (
    "{strap} is connected to the running services: a connected strap advertises nothing, so it is"
    " not in this list."
)
CALLING: Final = "Calling on {strap} ..."
PAIRED: Final = "Paired: only {serial} is read after `lumbar up --stop` and `lumbar up`."
UNPAIRED: Final = "Any known strap is read after `lumbar up --stop` and `lumbar up`."
NAMELESS: Final = "This strap tells no serial, so it cannot be told from others: not paired."
NO_FILE: Final = "This dashboard has no settings file, so nothing is written."


class ScanScreen(TaskScreen):
    """Who is there, and who is mine.

    Args:
        reach: the radio to listen with.
    """

    AUTO_FOCUS = "#straps"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "pair", "Pair", id="scan.pair", tooltip="Read only this strap", priority=True
        ),
        Binding("f", "forget", "Any strap", id="scan.forget", tooltip="Read any known strap again"),
        Binding("escape", "leave", "Back", id="scan.back", tooltip="Back to the strap"),
    ]

    def __init__(self, reach: Reach) -> None:
        super().__init__("strap")
        self._reach = reach
        self._listening = LISTENING.format(place=reach.place)
        self._held = ""
        self._silent = False

    def body(self) -> Iterable[Widget]:
        """Yield table and words."""
        table: DataTable[str] = DataTable(id="straps", classes="card", cursor_type="row")
        table.border_title = "Straps in reach"
        table.add_columns("name", "kind", "signal", "battery", "address")
        yield table
        yield Static("", id="scan-held")
        yield Static(self._listening, id="scan-words")

    def on_mount(self) -> None:
        """Listen until the wearer has seen enough."""
        self._listen()

    def show_live(self, live: Live, now_s: float) -> None:
        """Draw the newest facts; a strap that the services hold cannot be heard."""
        super().show_live(live, now_s)
        link = live.link
        held = "" if link is None or link.state != "connected" else link.device or "A strap"
        if held != self._held:
            self._held = held
            self.query_one("#scan-held", Static).update(HELD.format(strap=held) if held else "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer pairing only where there is somebody."""
        if action == "pair" and not self.query_one(DataTable).row_count:
            return False
        return super().check_action(action, parameters)

    @work(exclusive=True, group="scan", exit_on_error=False)
    async def _listen(self) -> None:
        waited_s = 0.0
        try:
            async with self._reach.listening() as heard:
                while True:
                    self._show(heard.rows(), silent=waited_s >= SILENT_S)
                    await asyncio.sleep(REDRAW_S)
                    waited_s += REDRAW_S
        except SensorError as error:
            self._say(str(error))

    def _show(self, rows: Sequence[ScanRow], *, silent: bool) -> None:
        table, signs = self.query_one(DataTable), self.dashboard.signs
        known = {key.value for key in table.rows}
        for row in rows:
            cells = [signs.plain(cell) for cell in _cells(row)]
            if row.address not in known:
                table.add_row(*cells, key=row.address)
                self.refresh_bindings()
                continue
            for column, cell in zip(table.columns, cells, strict=True):
                table.update_cell(row.address, column, cell, update_width=True)
        if (silent and not rows) != self._silent:
            self._silent = not self._silent
            self._say(NOTHING if self._silent else self._listening)

    def action_pair(self) -> None:
        """Call on the strap in the line, and remember its serial."""
        table = self.query_one(DataTable)
        row = table.coordinate_to_cell_key(table.cursor_coordinate).row_key
        self._pair(row.value or "", str(table.get_row(row)[0]))

    # The same group as the scan: a strap is called on more surely while nobody listens.
    @work(exclusive=True, group="scan", exit_on_error=False)
    async def _pair(self, address: str, name: str) -> None:
        self._say(CALLING.format(strap=name))
        try:
            met = await self._reach.meet(address)
        except SensorError as error:
            self._say(str(error))
            return
        self._say("\n".join([*told(met), self._remember(met.serial) if met.serial else NAMELESS]))

    def action_forget(self) -> None:
        """Read any known strap again."""
        self._say(self._remember(""))

    def action_leave(self) -> None:
        """Stop listening and go back."""
        self.workers.cancel_group(self, "scan")
        self.app.pop_screen()

    def _remember(self, serial: str) -> str:
        path = self.dashboard.config_path
        if path is None:
            return NO_FILE
        try:
            write_key(path, "strap", "serial", serial)
        except (ConfigError, OSError, ValueError) as error:
            return f"Not paired. {error}"
        return PAIRED.format(serial=serial) if serial else UNPAIRED

    def _say(self, words: str) -> None:
        self.query_one("#scan-words", Static).update(self.dashboard.signs.plain(words))


def _cells(row: ScanRow) -> tuple[str, str, str, str, str]:
    signal = "" if row.rssi_dbm is None else f"{row.rssi_dbm} dBm"
    battery = "" if row.battery_percent is None else f"{row.battery_percent} %"
    return row.name or "(no name)", row.title or "unknown", signal, battery, row.address
