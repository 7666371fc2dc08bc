"""The inclination gauge: the wearer on the scale of the wearer's own range."""

from __future__ import annotations

from textual.content import Content

from tui import phrases
from tui.lines import fitting
from tui.readings import TARGET_BAND_SHARE, GaugeReading
from tui.widgets.picture import Picture


class Gauge(Picture[GaugeReading]):
    """A track from lean-back to slump with upright, an easy band and the wearer on it."""

    def draw(self, reading: GaugeReading, width: int) -> Content:
        """Return scale, track and words."""
        return Content("\n").join(
            [self._scale(reading, width), self._track(reading, width), self._words(reading, width)]
        )

    def _scale(self, reading: GaugeReading, width: int) -> Content:
        low = f"{phrases.signed_degrees(reading.low_deg, self.signs)} back"
        high = f"slumped {phrases.signed_degrees(reading.high_deg, self.signs)}"
        upright = "upright"
        left = column(0, reading, width) - len(upright) // 2
        if left <= len(low) or left + len(upright) >= width - len(high):
            return Content.styled(low + high.rjust(width - len(low)), "$quiet")
        line = low.ljust(left) + upright
        return Content.styled(line + high.rjust(width - len(line)), "$quiet")

    def _track(self, reading: GaugeReading, width: int) -> Content:
        zero = column(0, reading, width)
        easy = column(reading.high_deg * TARGET_BAND_SHARE, reading, width)
        cells = [(self.signs.track, "$panel")] * width
        for x in range(zero, min(easy + 1, width)):
            cells[x] = (self.signs.rule if not self.signs.ascii else "=", "$success 60%")
        cells[zero] = (self.signs.zero, "$foreground")
        if reading.sagittal_deg is not None:
            here = column(reading.sagittal_deg, reading, width)
            for x in range(min(zero, here), max(zero, here)):
                cells[x] = (self.signs.full if not self.signs.ascii else "#", "$primary")
            cells[here] = (self.signs.marker, "bold $foreground")
        return Content.assemble(*cells)

    def _words(self, reading: GaugeReading, width: int) -> Content:
        if reading.sagittal_deg is None:
            return Content.styled(self.signs.plain(f"— {reading.why_empty}"), "$quiet")
        parts = [Content.styled(phrases.sagittal(reading.sagittal_deg, self.signs), "bold")]
        if reading.frontal_deg is not None:
            parts.append(Content(phrases.frontal(reading.frontal_deg, self.signs)))
        if reading.percent is not None:
            parts.append(Content(f"{reading.percent} % of own range"))
        elif not reading.own_range:
            parts.append(Content.styled("own range not measured yet", "$quiet"))
        return fitting(parts, width, f"  {self.signs.dot}  ")


def column(angle_deg: float, reading: GaugeReading, width: int) -> int:
    """Return the cell of an angle; angles beyond the scale stand at its ends."""
    span = reading.high_deg - reading.low_deg
    share = (angle_deg - reading.low_deg) / span
    return min(max(round(share * (width - 1)), 0), width - 1)
