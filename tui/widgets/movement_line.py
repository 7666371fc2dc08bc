"""The headline about movement while sitting: variety, against one's own usual; then the load."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from tui import phrases
from tui.exposures import Exposure, measure, rates
from tui.lines import flowed_content
from tui.widgets.picture import Picture


@dataclass(frozen=True, slots=True)
class MovementReading:
    """The last hour, and what is usual for the wearer, once that is known."""

    hour: Exposure
    usual: Exposure | None = None


class MovementLine(Picture[MovementReading]):
    """How varied sitting was in the last hour."""

    def draw(self, reading: MovementReading, width: int) -> Content:
        """Return variety first, then coverage and end-range load."""
        hour = reading.hour
        known = phrases.percent(hour.known_s / hour.window_s)
        load = phrases.percent(hour.load)
        parts = [
            Content.assemble(("Variety ", "bold $secondary"), rates(hour)),
            Content.styled(f"last hour, {known} known", "$quiet"),
            Content.styled(measure(reading.usual), "$quiet"),
            Content.styled(f"end-range load {load} (experimental)", "$quiet"),
        ]
        return flowed_content(parts, width, "   ")
