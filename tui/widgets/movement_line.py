"""One line about movement while sitting: variety first, then end-range load and coverage."""

from __future__ import annotations

from textual.content import Content

from tui import phrases
from tui.exposures import HOUR_S, Exposure, rates
from tui.lines import fitting
from tui.widgets.picture import Picture


class MovementLine(Picture[Exposure]):
    """How varied sitting was in the last hour."""

    def draw(self, reading: Exposure, width: int) -> Content:
        """Return as many parts as fit, variety first."""
        known = phrases.percent(reading.known_s / (reading.window_s or HOUR_S))
        load = phrases.percent(reading.load)
        parts = [
            Content.assemble(("Variety ", "$secondary"), rates(reading)),
            Content.styled(f"known {known} of the last hour", "$quiet"),
            Content.styled(f"end-range load {load} (experimental)", "$quiet"),
        ]
        return fitting(parts, width, "   ")
