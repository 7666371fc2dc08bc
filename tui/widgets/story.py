"""What happened, newest first: a time and a sentence each."""

from __future__ import annotations

from textwrap import wrap

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
        return Content("\n").join([self._entry(clock, item, width) for clock, item in reading])

    def _entry(self, clock: str, item: Happening, width: int) -> Content:
        """Return at most two lines; the second stands under the words of the first."""
        lead = f"{clock} {MARKS.get(item.kind, ' ')} "
        room = max(1, width - len(lead))
        first, *more = wrap(self.signs.plain(item.words), room) or [""]
        rest = "\n" + " " * len(lead) + shortened(" ".join(more), room, self.signs) if more else ""
        return Content.assemble((lead, "$quiet"), first + rest)
