"""Days as rows: a bar of states each, figures right-aligned beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from textual.content import Content

from tui import phrases
from tui.widgets.picture import Picture

BAR_STATES: Final = ("sitting", "standing", "moving", "lying", "unknown")
HEADS: Final = ("sitting", ">30 min", "longest", "breaks", "known")
COLUMN: Final = 8
LABEL: Final = 7


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of the table."""

    date: date
    seconds: tuple[tuple[str, float], ...]
    long_s: float
    longest_s: float
    breaks: int
    known: float | None
    valid: bool


class DaysPicture(Picture[tuple[DayRow, ...]]):
    """Weeks of days; a day that was hardly worn is drawn quietly and says so."""

    def draw(self, reading: tuple[DayRow, ...], width: int) -> Content:
        """Return head and rows."""
        columns = min(len(HEADS), max(0, (width - LABEL - 12) // COLUMN))
        bar = max(4, width - LABEL - columns * COLUMN)
        head = " " * (LABEL + bar) + "".join(f"{name:>{COLUMN}}" for name in HEADS[:columns])
        most = max((sum(s for _, s in row.seconds) for row in reading), default=0.0) or 1.0
        lines = [Content.styled(head, "$quiet")]
        lines += [self._row(row, columns, bar, most) for row in reading]
        return Content("\n").join(lines)

    def caption(self, reading: tuple[DayRow, ...]) -> str:
        """Return what the signs of a bar mean."""
        seen = [
            state for state in BAR_STATES if any(dict(row.seconds).get(state) for row in reading)
        ]
        return "  ".join(f"{self.signs.state[key]} {phrases.STATE[key].lower()}" for key in seen)

    def _row(self, row: DayRow, columns: int, bar: int, most: float) -> Content:
        label = f"{row.date:%a %d} "
        figures = "".join(f"{text:>{COLUMN}}" for text in _figures(row)[:columns])
        style = "" if row.valid else "$quiet"
        return Content.assemble(
            (label.ljust(LABEL), "$quiet" if row.date.weekday() >= 5 else ""),
            self._bar(row, bar, most),
            (figures, style),
        )

    def _bar(self, row: DayRow, width: int, most: float) -> Content:
        known = dict(row.seconds)
        ends = _ends([known.get(state, 0.0) for state in BAR_STATES], width - 1, most)
        parts: list[tuple[str, str]] = []
        at = 0
        for state, end in zip(BAR_STATES, ends, strict=True):
            parts.append((self.signs.state[state] * (end - at), f"$state-{state}"))
            at = end
        return Content.assemble(*parts, " " * (width - at))


def _figures(row: DayRow) -> tuple[str, ...]:
    if row.known is None:
        return ("not worn", "", "", "", "—")
    return (
        phrases.hours_minutes(dict(row.seconds).get("sitting", 0.0)),
        phrases.hours_minutes(row.long_s),
        phrases.hours_minutes(row.longest_s),
        str(row.breaks),
        phrases.percent(row.known),
    )


def _ends(parts: Sequence[float], width: int, most: float) -> list[int]:
    total = 0.0
    ends = []
    for part in parts:
        total += part
        ends.append(round(total / most * width))
    return ends
