"""The card that says what the body does, how sure that is and how old."""

from __future__ import annotations

from textual.content import Content

from tui import phrases
from tui.readings import StateReading
from tui.widgets.picture import Picture


class StateCard(Picture[StateReading]):
    """State, confidence, age; or why there is none."""

    def draw(self, reading: StateReading, width: int) -> Content:
        """Return three lines."""
        if not reading.freshness.believable or reading.state is None:
            return self._past(reading, width)
        word = phrases.STATE[reading.state]
        sign = self.signs.state[reading.state]
        sure = f"{phrases.percent(reading.confidence)} sure"
        return Content.assemble(
            (f"{sign} {word}", f"bold $state-{reading.state}"),
            f"\n{sure}\n",
            (f"{self.signs.on} live, {reading.age_s} s old", "$success"),
        )

    def _past(self, reading: StateReading, width: int) -> Content:
        """Return what was true last; the banner says why that is all."""
        lines = [(f"{self.signs.waiting} not live", "bold $warning")]
        if reading.age_s is not None and reading.state is not None and reading.seen_at is not None:
            ago = f"{phrases.duration(reading.age_s)} ago"
            at = f", {reading.seen_at:%H:%M:%S}"
            lines.append((f"\nlast {phrases.STATE[reading.state].lower()}", "$quiet"))
            lines.append(("\n" + (ago + at if len(ago + at) <= width else ago), "$warning"))
        return Content.assemble(*lines)
