"""Sitting credit as a tank: sitting fills it, a break drains it."""

from __future__ import annotations

from textual.content import Content

from tui import phrases
from tui.lines import fitting
from tui.readings import TankReading
from tui.widgets.picture import Picture


class Tank(Picture[TankReading]):
    """How full the tank is, and when the next nudge is due."""

    def draw(self, reading: TankReading, width: int) -> Content:
        """Return the bar and one line of words."""
        if not reading.known:
            return Content.styled("No monitor has said anything yet.", "$quiet")
        figures = f"{phrases.duration(reading.used_s)} of {phrases.duration(reading.full_s)}"
        bar = self._bar(reading, max(4, width - len(figures) - 2))
        return Content.assemble(bar, f"  {figures}\n", self._words(reading, width))

    def _bar(self, reading: TankReading, width: int) -> Content:
        share = min(1.0, reading.used_s / reading.full_s) if reading.full_s else 0.0
        filled = round(share * width)
        style = "$quiet" if not reading.decided else "$warning" if share >= 1 else "$primary"
        return Content.assemble(
            (self.signs.full * filled, style), (self.signs.empty * (width - filled), "$panel")
        )

    def _words(self, reading: TankReading, width: int) -> Content:
        counts = f"{phrases.count(reading.breaks_today, 'break')} today"
        if reading.nudges_today:
            counts += f", {phrases.count(reading.nudges_today, 'nudge')}"
        parts = [Content.styled(what_next(reading), "bold"), Content.styled(counts, "$quiet")]
        return fitting(parts, width, f"  {self.signs.dot}  ")


def what_next(reading: TankReading) -> str:
    """Return the one sentence about what the monitor is going to do."""
    if reading.break_s:
        return f"Break under way: {phrases.duration(reading.break_s)}"
    if reading.paused_until is not None:
        return f"Paused until {reading.paused_until:%H:%M}"
    if reading.held:
        return f"Held back: {reading.held}"
    if not reading.decided:
        return "Waiting for fresh data"
    if reading.next_rung is None or reading.next_in_s is None:
        return "No nudge due"
    word = phrases.NEXT_RUNG[reading.next_rung].capitalize()
    return f"{word} in {phrases.duration(reading.next_in_s)} if you stay seated"
