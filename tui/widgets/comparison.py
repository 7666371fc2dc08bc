"""This period against the one before it, in aligned columns."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from tui.weeks import Compared
from tui.widgets.picture import Picture

GAP: Final = "  "
HEAD: Final = Compared("mean of the days worn", "now", "before", "")


class Comparison(Picture[tuple[Compared, ...]]):
    """Name, now, before, change; where that is too wide, without what was before."""

    def draw(self, reading: tuple[Compared, ...], width: int) -> Content:
        """Return the table; facts, no verdict."""
        rows = (HEAD, *reading)
        names = max(len(row.name) for row in rows)
        now = max(len(row.now) for row in rows)
        before = max(len(row.before) for row in rows)
        change = max(len(row.change) for row in rows)
        if names + now + before + change + 3 * len(GAP) > width:
            before = 0
        return Content("\n").join(
            [
                Content.assemble(
                    (row.name.ljust(names), "$quiet"),
                    (f"{GAP}{row.now:>{now}}", "$quiet" if row is HEAD else "bold"),
                    (f"{GAP}{row.before:>{before}}" if before else "", "$quiet"),
                    f"{GAP}{row.change}",
                )
                for row in rows
            ]
        )
