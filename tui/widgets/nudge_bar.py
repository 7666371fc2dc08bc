"""The prompt: a bar that never takes the keyboard away and is answered by one key or the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.content import Content

from tui import phrases
from tui.lines import flowed, flowed_content
from tui.widgets.picture import Picture

LEAST_FOR_REASON: Final = 30  # cells; below that the keys matter more


@dataclass(frozen=True, slots=True)
class NudgeReading:
    """The prompt in force.

    Attributes:
        rung: hint, nudge or firm.
        reason: why, in the monitor's words.
        since_break_s: seconds since the last real break, or None.
        snoozed: how often it was put off.
        drill: the proposed drill's name, or None.
        keys: (key, what it does) of every answer.
    """

    rung: str
    reason: str
    since_break_s: int | None
    snoozed: int
    drill: str | None
    keys: tuple[tuple[str, str], ...]
    brief: bool = False
    """Whether there is room for the first line and the keys only."""


class NudgeBar(Picture[NudgeReading]):
    """Shown while a prompt is in force; the firm rung is larger, never a trap."""

    def watch_reading(self, reading: NudgeReading | None) -> None:
        """Appear and go with the prompt."""
        super().watch_reading(reading)
        self.set_class(reading is not None, "-shown")
        for rung in ("hint", "nudge", "firm"):
            self.set_class(reading is not None and reading.rung == rung, f"-{rung}")

    def draw(self, reading: NudgeReading, width: int) -> Content:
        """Return headline with reason, circumstances, and the keys."""
        lines = [
            self._headline(reading, width),
            Content("") if reading.brief else self._circumstances(reading, width),
            self._keys(reading, width),
        ]
        return Content("\n").join([line for line in lines if line.plain])

    def _headline(self, reading: NudgeReading, width: int) -> Content:
        if width < LEAST_FOR_REASON:
            return Content.styled(phrases.RUNG[reading.rung], "bold")
        return Content.assemble((phrases.RUNG[reading.rung], "bold"), f"  {reading.reason}")

    def _circumstances(self, reading: NudgeReading, width: int) -> Content:
        parts = []
        if reading.since_break_s is not None:
            parts.append(f"real break {phrases.duration(reading.since_break_s)} ago")
        if reading.snoozed:
            parts.append(
                f"put off {reading.snoozed} times" if reading.snoozed > 1 else "put off once"
            )
        if reading.drill is not None:
            parts.append(f"drill: {reading.drill}")
        lines = flowed(parts, width, f" {self.signs.dot} ")
        return Content("\n".join(line[:1].upper() + line[1:] for line in lines))

    def _keys(self, reading: NudgeReading, width: int) -> Content:
        parts = [
            Content.assemble((f" {key} ", "reverse"), f" {label}") for key, label in reading.keys
        ]
        return flowed_content(parts, width, "  ")
