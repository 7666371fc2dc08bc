"""The card with the current bout."""

from __future__ import annotations

from textual.content import Content

from tui import phrases
from tui.readings import BoutReading
from tui.widgets.figures import large
from tui.widgets.picture import Picture


class BoutCard(Picture[BoutReading]):
    """How long the current stretch has lasted, in large figures."""

    def draw(self, reading: BoutReading, width: int) -> Content:
        """Return large figures, or a sentence where nothing is under way."""
        if reading.state is None or reading.seconds is None or reading.since is None:
            return Content.styled("nothing under way", "$quiet")
        style = f"$state-{reading.state}" if reading.live else "$quiet"
        rows = large(phrases.stopwatch(reading.seconds), self.signs)
        return Content.styled("\n".join(rows), style)

    def caption(self, reading: BoutReading) -> str:
        """Return since when."""
        return "" if reading.since is None else f"since {reading.since:%H:%M}"
