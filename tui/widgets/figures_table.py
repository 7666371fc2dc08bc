"""Named figures in columns: words left, numbers right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.content import Content

from tui.widgets.picture import Picture

GAP: Final = 4


@dataclass(frozen=True, slots=True)
class FiguresReading:
    """Pairs of name and figure, in order."""

    figures: tuple[tuple[str, str], ...]


class FiguresTable(Picture[FiguresReading]):
    """As many columns of pairs as fit, filled downwards."""

    def draw(self, reading: FiguresReading, width: int) -> Content:
        """Return the table."""
        names = max(len(name) for name, _ in reading.figures)
        values = max(len(value) for _, value in reading.figures)
        pair = names + 2 + values
        columns = max(1, (width + GAP) // (pair + GAP))
        rows = -(-len(reading.figures) // columns)
        lines = []
        for row in range(rows):
            cells = reading.figures[row::rows]
            lines.append(
                Content(" " * GAP).join(
                    [
                        Content.assemble((name.ljust(names), "$quiet"), f"  {value:>{values}}")
                        for name, value in cells
                    ]
                )
            )
        return Content("\n").join(lines)
