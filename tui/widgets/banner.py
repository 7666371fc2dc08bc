"""The line that says first what the wearer must know: lost, late, not worn, not calibrated."""

from __future__ import annotations

from textual.content import Content

from tui import phrases
from tui.live import Freshness
from tui.widgets.picture import Picture


class Banner(Picture[Freshness]):
    """Hidden while everything is live."""

    def watch_reading(self, reading: Freshness | None) -> None:
        """Appear with trouble and go with it."""
        super().watch_reading(reading)
        self.set_class(reading not in (None, Freshness.LIVE), "-shown")
        self.set_class(reading is not None and reading.believable, "-mild")

    def draw(self, reading: Freshness, width: int) -> Content:
        """Return headline and advice in one line."""
        headline, advice = phrases.FRESHNESS[reading]
        return Content.assemble((headline, "bold"), f"  {advice}")
