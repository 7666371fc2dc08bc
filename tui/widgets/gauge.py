"""The inclination gauge: the wearer on the scale of the wearer's own range."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from tui import phrases
from tui.lines import fitting, runs
from tui.readings import GaugeReading, Scale
from tui.widgets.picture import Picture

ALONE: Final = 32  # cells; a terminal so narrow shows no card of the inclination


class Gauge(Picture[GaugeReading]):
    """A track from lean-back to slump with upright, an easy band and the wearer on it."""

    def draw(self, reading: GaugeReading, width: int) -> Content:
        """Return scale, track and words."""
        return Content("\n").join(
            [self._scale(reading, width), self._track(reading, width), self._words(reading, width)]
        )

    def _scale(self, reading: GaugeReading, width: int) -> Content:
        scale = reading.scale
        low = f"{phrases.signed_degrees(scale.low_deg, self.signs)} {scale.low_word}"
        high = f"{scale.high_word} {phrases.signed_degrees(scale.high_deg, self.signs)}"
        upright = "upright"
        left = column(0, scale, width) - len(upright) // 2
        if left <= len(low) or left + len(upright) >= width - len(high):
            return Content.styled(low + high.rjust(width - len(low)), "$quiet")
        line = low.ljust(left) + upright
        return Content.styled(line + high.rjust(width - len(line)), "$quiet")

    def _track(self, reading: GaugeReading, width: int) -> Content:
        zero = column(0, reading.scale, width)
        easy = reading.scale.easy or (0.0, 0.0)
        cells = [(self.signs.track, "$panel")] * width
        first, last = (column(angle, reading.scale, width) for angle in easy)
        for x in range(first, last + 1):
            cells[x] = (self.signs.rule if not self.signs.ascii else "=", "$success")
        cells[zero] = (self.signs.zero, "$foreground")
        if reading.sagittal_deg is not None:
            here = column(reading.sagittal_deg, reading.scale, width)
            for x in range(min(zero, here), max(zero, here)):
                cells[x] = (self.signs.full if not self.signs.ascii else "#", "$primary")
            cells[here] = (self.signs.marker, "bold $foreground")
        return Content.assemble(*runs(cells))

    def _words(self, reading: GaugeReading, width: int) -> Content:
        """Return what the card beside it does not say; that card is not there when it is tiny."""
        alone = width < ALONE
        if reading.sagittal_deg is None:
            why = self.signs.plain(f"— {reading.why_empty}") if alone else ""
            return Content.styled(why, "$quiet")
        parts = []
        if alone:
            words = phrases.sagittal(reading.sagittal_deg, self.signs)
            parts.append(Content.styled(words, "bold"))
        if reading.frontal_deg is not None:
            parts.append(Content(phrases.frontal(reading.frontal_deg, self.signs)))
        if reading.percent is not None:
            parts.append(Content(f"{reading.percent} % of own range"))
        elif not reading.scale.own:
            parts.append(Content.styled("own range not measured yet", "$quiet"))
        return fitting(parts, width, f"  {self.signs.dot}  ")


def column(angle_deg: float, scale: Scale, width: int) -> int:
    """Return the cell of an angle; angles beyond the scale stand at its ends."""
    share = (angle_deg - scale.low_deg) / (scale.high_deg - scale.low_deg)
    return min(max(round(share * (width - 1)), 0), width - 1)
