"""Share of sitting by weekday and hour, as shades that need no colour."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from tui.widgets.picture import Picture

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHADES: Final = "·░▒▓█"
ASCII_SHADES: Final = ".-+*#"
FIRST, LAST = 6, 22

Week = tuple[tuple[float | None, ...], ...]


class Heat(Picture[Week]):
    """Seven rows of hours; darker is more sitting, empty is not known."""

    def draw(self, reading: Week, width: int) -> Content:
        """Return head, rows, legend."""
        first, last = _span(reading)
        cell = max(1, min(4, (width - 5) // max(1, last - first)))
        head = "".join(_hour(hour, cell) for hour in range(first, last))
        lines = [Content.styled("     " + head[: width - 5], "$quiet")]
        for name, row in zip(DAYS, reading, strict=True):
            cells = [self._cell(row[hour], cell) for hour in range(first, last)]
            lines.append(Content.assemble((f"{name}  ", "$quiet"), *cells))
        shades = self._shades()
        legend = "  ".join(
            f"{shade} {words}"
            for shade, words in zip(shades, ("0", "25", "50", "75", "100 % sitting"), strict=True)
        )
        lines.append(Content.styled("     " + legend, "$quiet"))
        return Content("\n").join(lines)

    def _shades(self) -> str:
        return ASCII_SHADES if self.signs.ascii else SHADES

    def _cell(self, share: float | None, width: int) -> tuple[str, str]:
        if share is None:
            return " " * width, "$quiet"
        return self._shades()[round(share * 4)] * width, "$state-sitting"


def _hour(hour: int, cell: int) -> str:
    every = 1 if cell >= 3 else 2 if cell == 2 else 4
    return (f"{hour:02}" if hour % every == 0 else "").ljust(cell) if cell > 1 else _tight(hour)


def _tight(hour: int) -> str:
    """Return one cell of a two-figure label that begins every fourth hour."""
    text = f"{hour // 4 * 4:02}"
    return text[hour % 4] if hour % 4 < 2 else " "


def _span(reading: Week) -> tuple[int, int]:
    hours = [h for row in reading for h, share in enumerate(row) if share is not None]
    return min([FIRST, *hours]), max([LAST, *(h + 1 for h in hours)])
