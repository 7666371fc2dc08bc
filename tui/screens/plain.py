"""The live view in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from tui.live import Live
from tui.plain import nudge_sentence, sentences
from tui.screens.task import TaskScreen


class PlainLiveScreen(TaskScreen):
    """One sentence a line; a line changes only when its sentence does."""

    def body(self) -> Iterable[Widget]:
        """Yield the lines."""
        yield Static("", id="plain-nudge")
        for number in range(5):
            yield Static("", id=f"plain-{number}", classes="plain")

    def show_live(self, live: Live, now_s: float) -> None:
        """Write the newest facts."""
        super().show_live(live, now_s)
        lines = sentences(live, now_s, self.dashboard.timezone)
        for number, line in enumerate(lines):
            self._write(f"#plain-{number}", line)
        self._write("#plain-nudge", nudge_sentence(live, now_s, self.dashboard.feed.screen_id))

    def _write(self, selector: str, line: str) -> None:
        static = self.query_one(selector, Static)
        if str(static.content) != line:
            static.update(line)
