"""Hours at each inclination, as bars."""

from __future__ import annotations

from textual.content import Content

from tui.weeks import bin_words
from tui.widgets.picture import Picture

AXIS = 14


class Histogram(Picture[tuple[float, ...]]):
    """One bar for every 5 degrees that occurred."""

    def draw(self, reading: tuple[float, ...], width: int) -> Content:
        """Return the bars from lean-back to slump."""
        seen = [i for i, hours in enumerate(reading) if hours > 0]
        if not seen:
            return Content.styled("no angles in this period", "$quiet")
        most = max(reading)
        lines = []
        for place in range(min(seen), max(seen) + 1):
            label = f"{bin_words(place, self.signs):>{AXIS}} "
            figure = f" {reading[place]:5.1f} h"
            room = max(1, width - len(label) - len(figure))
            bar = self.signs.full * round(reading[place] / most * room)
            lines.append(Content.assemble((label, "$quiet"), (bar.ljust(room), "$primary"), figure))
        return Content("\n").join(lines)
