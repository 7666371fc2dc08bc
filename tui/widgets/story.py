"""What happened, newest first: a time and a sentence each."""

from __future__ import annotations

from textual.content import Content

from tui.happenings import Happening
from tui.lines import shortened
from tui.widgets.picture import Picture

MARKS = {"nudge": "!", "hint": "!", "break": "+", "response": "+", "mark": "x", "drill": "*"}


class Story(Picture[tuple[tuple[str, Happening], ...]]):
    """Pairs of local clock and happening, cut to the room."""

    def draw(self, reading: tuple[tuple[str, Happening], ...], width: int) -> Content:
        """Return as many lines as fit."""
        if not reading:
            return Content.styled("nothing yet", "$quiet")
        return Content("\n").join(
            [
                Content.assemble(
                    (f"{clock} {MARKS.get(item.kind, ' ')} ", "$quiet"),
                    shortened(self.signs.plain(item.words), width - len(clock) - 3, self.signs),
                )
                for clock, item in reading
            ]
        )
