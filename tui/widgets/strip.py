"""One line about the apparatus: link, battery, calibration, coverage."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from tui import phrases
from tui.lines import fitting
from tui.readings import StripReading
from tui.widgets.picture import Picture

LINK_WORDS: Final = {
    "connected": "strap connected",
    "searching": "looking for the strap",
    "bluetooth_off": "Bluetooth off",
    "stale": "strap silent",
    "unknown": "link unknown",
}
LOW_BATTERY_PERCENT: Final = 15
MANY_WAITING: Final = 120  # two minutes of seconds; fewer are always on their way


class Strip(Picture[StripReading]):
    """Everything that is not about the body, in one quiet line; what needs care stands out."""

    def draw(self, reading: StripReading, width: int) -> Content:
        """Return as many parts as fit, the most telling first."""
        return fitting(self._parts(reading), width, "   ")

    def _parts(self, reading: StripReading) -> list[Content]:
        return [
            self._link(reading),
            *_troubles(reading),
            Content.styled(f"known today {phrases.percent(reading.known_share)}", "$quiet"),
            self._battery(reading),
            _calibration(reading),
        ]

    def _link(self, reading: StripReading) -> Content:
        good = reading.link == "connected"
        sign = self.signs.on if good else self.signs.off
        bars = ""
        if reading.bars is not None:
            bars = " " + self.signs.signal[: max(1, reading.bars)]
        words = LINK_WORDS[reading.link]
        return Content.styled(f"{sign} {words}{bars}".rstrip(), "$success" if good else "$warning")

    def _battery(self, reading: StripReading) -> Content:
        percent = reading.battery_percent
        if percent is None:
            return Content.styled("battery unknown", "$quiet")
        low = percent <= LOW_BATTERY_PERCENT
        word = "battery low" if low else "battery"
        left_s = reading.battery_s
        left = "" if left_s is None else f", lasts {phrases.duration(left_s)}"
        return Content.styled(f"{word} {percent} %{left}", "bold $warning" if low else "$quiet")


def _calibration(reading: StripReading) -> Content:
    if reading.calibrated:
        return Content.styled("calibrated", "$quiet")
    return Content.styled("not calibrated", "$warning")


def _troubles(reading: StripReading) -> list[Content]:
    parts = []
    if reading.recorder is False:
        parts.append(Content.styled("recorder away", "$warning"))
    if reading.monitor is False:
        parts.append(Content.styled("monitor away", "$warning"))
    if reading.backlog >= MANY_WAITING:
        parts.append(Content.styled(f"{reading.backlog} records waiting", "$quiet"))
    return parts
