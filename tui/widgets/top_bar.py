"""The first line: where one is, whether this is real, and posture time."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.message import Message

from tui.widgets.picture import Picture


@dataclass(frozen=True, slots=True)
class TopReading:
    """What the first line says.

    Attributes:
        places: (key, name, mode) of every screen.
        here: the mode on show.
        label: "simulated", "replay" or "".
        clock: posture time.
    """

    places: tuple[tuple[str, str, str], ...]
    here: str
    label: str
    clock: str


class TopBar(Picture[TopReading]):
    """Names of the screens with their keys on the left, label and clock on the right."""

    class PlaceChosen(Message):
        """A screen's name was clicked."""

        def __init__(self, mode: str) -> None:
            super().__init__()
            self.mode = mode

    def draw(self, reading: TopReading, width: int) -> Content:
        """Return one line; names give way to the clock when it is narrow."""
        right = self._right(reading, width)
        names = self._names(reading, self._room(reading, width))
        styles = {mode: "bold reverse" if mode == reading.here else "$quiet" for _, mode in names}
        left = Content.assemble(*((name, styles[mode]) for name, mode in names))
        gap = max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, " " * gap, right)

    def _right(self, reading: TopReading, width: int) -> Content:
        label = f"{reading.label}  " if width >= 40 else reading.label[:3] + " "
        return Content.assemble((label if reading.label else "", "$accent"), reading.clock)

    def _names(self, reading: TopReading, room: int) -> list[tuple[str, str]]:
        """Return (name, mode) of the screens whose names fit, or only of the one on show."""
        names = [(f" {key} {name} ", mode) for key, name, mode in reading.places]
        fit = sum(len(name) for name, _ in names) <= room
        return [(name, mode) for name, mode in names if fit or mode == reading.here]

    def _room(self, reading: TopReading, width: int) -> int:
        return width - self._right(reading, width).cell_length - 2

    def on_click(self, event: Click) -> None:
        """Say which screen's name was clicked."""
        if self.reading is None:
            return
        at = 0
        for name, mode in self._names(self.reading, self._room(self.reading, self.size.width)):
            at += len(name)
            if event.x < at:
                self.post_message(self.PlaceChosen(mode))
                return
