"""The card with the inclination in large figures."""

from __future__ import annotations

from textual.content import Content

from tui import phrases
from tui.readings import GaugeReading
from tui.widgets.figures import large
from tui.widgets.picture import Picture


class AngleCard(Picture[GaugeReading]):
    """Whole degrees forward or back from the wearer's own upright."""

    def draw(self, reading: GaugeReading, width: int) -> Content:
        """Return large figures, or why there are none."""
        if reading.sagittal_deg is None:
            return Content.styled(self.signs.plain(f"— {reading.why_empty}"), "$quiet")
        figure = f"{abs(reading.sagittal_deg)}{self.signs.degree}"
        return Content.styled("\n".join(large(figure, self.signs)), "$primary")

    def caption(self, reading: GaugeReading) -> str:
        """Return the side the body leans to."""
        return "" if reading.sagittal_deg is None else _side(reading.sagittal_deg)


def _side(angle_deg: int) -> str:
    return "upright" if angle_deg == 0 else phrases.sagittal(angle_deg).split(" ", 1)[1]
