"""This period against the one before it, in aligned columns."""

from __future__ import annotations

from textual.content import Content

from tui.weeks import Compared
from tui.widgets.picture import Picture

HEAD = Compared("mean of the days worn", "now", "before", "")


class Comparison(Picture[tuple[Compared, ...]]):
    """Name, now, before, change."""

    def draw(self, reading: tuple[Compared, ...], width: int) -> Content:
        """Return the table; facts, no verdict."""
        rows = (HEAD, *reading)
        names = max(len(row.name) for row in rows)
        now = max(len(row.now) for row in rows)
        before = max(len(row.before) for row in rows)
        return Content("\n").join(
            [
                Content.assemble(
                    (row.name.ljust(names), "$quiet"),
                    (f"  {row.now:>{now}}", "$quiet" if row is HEAD else "bold"),
                    (f"  {row.before:>{before}}", "$quiet"),
                    f"  {row.change}",
                )
                for row in rows
            ]
        )
