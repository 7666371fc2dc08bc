"""Settings: every key with value, source and meaning; changed one at a time, checked first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static

from monitor.errors import MonitorError
from tui.config import PREFIX
from tui.config_edit import parsed, shown, write_key
from tui.config_held import held
from tui.exits import ConfigError
from tui.facts import new_command_id
from tui.lines import shortened
from tui.screens.schedule import ScheduleScreen, week_lines
from tui.screens.task import TaskScreen
from tui.sinks_tried import named, outcomes
from tui.tables import Key, keys

VALUE_CELLS = 30  # so that the source fits beside it at 80 columns
READ_ONLY = "This dashboard was opened without a file, so nothing can be changed here."
SIMULATED = "The simulated wearer has no file of its own: look around, nothing can be changed here."
HOW = "Enter changes the key, Escape leaves it. A service reads its settings when it starts."
TRY = "This is a try: your next nudge will be shown on these sinks."
BUZZ_S = 0.3
WRITTEN = "Written to {path}. It counts after `lumbar up --stop` and `lumbar up`."
OVERRULED = "Written to {path}, but {variable} counts as long as it is set."


class SettingsScreen(TaskScreen):
    """The configuration file as a table."""

    AUTO_FOCUS = "#settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "change",
            "Change",
            id="settings.change",
            tooltip="Change the key in the line",
            priority=True,  # the table's own Enter would hide it from the line of keys
        ),
        Binding("w", "week", "Week", id="settings.week", tooltip="Preview the week's hours"),
        Binding(
            "r",
            "try_sinks",
            "Try a nudge",
            id="settings.try_sinks",
            tooltip="Show a try on every sink, and what became of it",
        ),
        Binding("t", "app.change_theme", "Theme", id="settings.theme", tooltip="Choose a theme"),
        Binding(
            "escape", "cancel", "Cancel", show=False, id="settings.cancel", tooltip="Leave the key"
        ),
    ]

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        self._keys: dict[str, Key] = {}
        self._editing: Key | None = None
        self._trouble = ""

    def body(self) -> Iterable[Widget]:
        """Yield table, explanation, input."""
        table: DataTable[str] = DataTable(id="settings", cursor_type="row", zebra_stripes=False)
        yield table
        yield Static("", id="setting-meaning")
        yield Input(id="setting-value", compact=True)

    def on_mount(self) -> None:
        """Fill the table."""
        table = self.query_one(DataTable)
        table.add_column("key", key="key")
        table.add_column("value", key="value")
        table.add_column("from", key="from")
        self.query_one(Input).display = False
        self._fill()

    def _fill(self) -> None:
        loaded, trouble = held(self.dashboard.config_path)
        table = self.query_one(DataTable)
        row = table.cursor_row
        table.clear()
        for key in keys():
            name = f"{key.table}.{key.name}"
            self._keys[name] = key
            value = getattr(getattr(loaded.config, key.table), key.name)
            source = loaded.sources[key.table, key.name]
            words = shortened(shown(value), VALUE_CELLS, self.dashboard.signs)
            table.add_row(name, words, source.rsplit("/", 1)[-1], key=name)
        table.move_cursor(row=row)
        self._trouble = trouble

    def _key(self) -> Key | None:
        table = self.query_one(DataTable)
        if not table.row_count:
            return None
        row = table.coordinate_to_cell_key(table.cursor_coordinate).row_key
        return self._keys.get(row.value or "")

    @on(DataTable.RowHighlighted)
    def _row_highlighted(self) -> None:
        key = self._key()
        self._say(f"{key.description if key else ''}\n{self._trouble or self._how()}")

    def _how(self) -> str:
        if self.dashboard.config_path is not None:
            return HOW
        return SIMULATED if self.dashboard.simulated else READ_ONLY

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Enter to the field while a value is typed."""
        if action == "change" and self._editing is not None:
            return False
        return super().check_action(action, parameters)

    @on(DataTable.RowSelected)
    def _row_selected(self) -> None:
        self.action_change()

    def action_change(self) -> None:
        """Let the value of the key in the line be typed."""
        key = self._key()
        if key is None:
            return
        if self.dashboard.config_path is None:
            self.notify(self._how())
            return
        self._editing = key
        loaded, _ = held(self.dashboard.config_path, {})
        value = getattr(getattr(loaded.config, key.table), key.name)
        field = self.query_one(Input)
        field.value = shown(value)
        field.border_title = f"{key.table}.{key.name}"
        field.display = True
        field.focus()

    @on(Input.Submitted)
    def _value_submitted(self, event: Input.Submitted) -> None:
        key, path = self._editing, self.dashboard.config_path
        if key is None or path is None:
            return
        try:
            write_key(path, key.table, key.name, parsed(event.value, key.default))
        except (ConfigError, OSError, ValueError) as error:
            self._say(f"Not changed. {error}")
            return
        self._fill()
        self.action_cancel()
        source = held(path)[0].sources[key.table, key.name]
        words = OVERRULED if source.startswith(PREFIX) else WRITTEN
        self.notify(words.format(path=path, variable=source))

    def action_week(self) -> None:
        """Show when nudges are welcome in the next seven days."""
        app = self.dashboard
        try:
            settings = held(app.config_path)[0].config.schedule
            lines = week_lines(settings, app.today, app.timezone, app.signs)
        except (ConfigError, MonitorError) as error:
            self._say(str(error))
            return
        self.app.push_screen(ScheduleScreen(lines))

    @work(exclusive=True, group="try", exit_on_error=False)
    async def action_try_sinks(self) -> None:
        """Show a try on every sink that a rung names, and say what became of each."""
        feed = self.dashboard.feed
        sinks = named(held(self.dashboard.config_path)[0].config.sinks)
        self.notify(TRY)
        self._say("Trying: " + ", ".join(sinks))
        if "bell" in sinks:
            self.app.bell()
        strap = None
        if "strap" in sinks:
            strap = await feed.send("vibrate", {"seconds": BUZZ_S}, command_id=new_command_id())
        monitor = await feed.send("try_sinks", {}, command_id=new_command_id())
        self._say("\n".join(outcomes(sinks, monitor, strap)))

    def action_cancel(self) -> None:
        """Leave the key as it is."""
        self._editing = None
        self.query_one(Input).display = False
        self.query_one(DataTable).focus()

    def _say(self, words: str) -> None:
        self.query_one("#setting-meaning", Static).update(words)
