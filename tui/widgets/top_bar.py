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
        left = self._places(reading, width - right.cell_length - 2)
        gap = max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, " " * gap, right)

    def _right(self, reading: TopReading, width: int) -> Content:
        label = f"{reading.label}  " if width >= 40 else reading.label[:3] + " "
        return Content.assemble((label if reading.label else "", "$accent"), reading.clock)

    def _places(self, reading: TopReading, room: int) -> Content:
        full = self._line(reading, all_names=True)
        return full if full.cell_length <= room else self._line(reading, all_names=False)

    def _line(self, reading: TopReading, *, all_names: bool) -> Content:
        parts: list[Content] = []
        for key, name, mode in reading.places:
            here = mode == reading.here
            if not here and not all_names:
                continue
            style = "bold reverse" if here else "$quiet"
            parts.append(Content.styled(f" {key} {name} ", style))
        return Content("").join(parts)

    def on_click(self, event: Click) -> None:
        """Say which screen's name was clicked."""
        if self.reading is None:
            return
        at = 0
        for key, name, mode in self.reading.places:
            at += len(f" {key} {name} ")
            if event.x < at:
                self.post_message(self.PlaceChosen(mode))
                return
