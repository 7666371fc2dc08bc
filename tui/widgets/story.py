"""What happened, newest first: a time and a sentence each."""

from __future__ import annotations

from textwrap import wrap

from textual.content import Content

from tui.happenings import Happening
from tui.lines import shortened
from tui.widgets.picture import Picture

MOST_LINES = 3
MARKS = {"nudge": "!", "hint": "!", "break": "+", "response": "+", "mark": "x", "drill": "*"}


class Story(Picture[tuple[tuple[str, Happening], ...]]):
    """Pairs of local clock and happening, cut to the room."""

    def draw(self, reading: tuple[tuple[str, Happening], ...], width: int) -> Content:
        """Return as many lines as fit."""
        if not reading:
            return Content.styled("nothing yet", "$quiet")
        return Content("\n").join([self._entry(clock, item, width) for clock, item in reading])

    def _entry(self, clock: str, item: Happening, width: int) -> Content:
        """Return a few lines, each under the words of the first."""
        lead = f"{clock} {MARKS.get(item.kind, ' ')} "
        room = max(1, width - len(lead))
        lines = wrap(self.signs.plain(item.words), room) or [""]
        if len(lines) > MOST_LINES:
            rest = " ".join(lines[MOST_LINES - 1 :])
            lines[MOST_LINES - 1 :] = [shortened(rest, room, self.signs)]
        return Content.assemble((lead, "$quiet"), ("\n" + " " * len(lead)).join(lines))
