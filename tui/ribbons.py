"""A day as a row of cells: what each stretch mostly was, and which hours to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ingest.records import NO_DATA, TOTAL_KEYS, PostureState

CELL_MINUTES: Final = 5
COLUMN_MINUTES: Final = (5, 10, 15, 20, 30, 60, 120)
LEAST_HOURS: Final = 8  # a morning's first hour must not fill the whole width

_BODY: Final = ("moving", "standing", "sitting", "lying")  # ties: the rarer state shows


class Cell(Protocol):
    """Seconds by state of one stretch; `ingest.store.base.Totals` is one."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds for each of TOTAL_KEYS."""


@dataclass(frozen=True, slots=True)
class RibbonReading:
    """One local day.

    Attributes:
        cells: the main state of every 5 minutes from local midnight.
        seconds: seconds of the day by state.
        now_cell: the cell of this moment, or None when the day is not today.
    """

    cells: tuple[str, ...]
    seconds: tuple[tuple[str, float], ...]
    now_cell: int | None = None


def main_state(seconds: Mapping[str, float]) -> str:
    """Return what a stretch mostly was; mostly unseen is no data, mostly undecided is unknown."""
    total = sum(seconds.values())
    unseen = seconds[NO_DATA]
    if total <= 0 or unseen > total / 2:
        return NO_DATA
    off, unsure = seconds[PostureState.OFF_BODY], seconds[PostureState.UNKNOWN]
    if off + unsure > (total - unseen) / 2:
        return PostureState.OFF_BODY.value if off >= unsure else PostureState.UNKNOWN.value
    return max(_BODY, key=lambda key: seconds[key])


def ribbon_reading(cells: Sequence[Cell], now_cell: int | None = None) -> RibbonReading:
    """Return the ribbon of a day from its 5-minute totals."""
    sums = {key: sum(cell.seconds[key] for cell in cells) for key in TOTAL_KEYS}
    return RibbonReading(
        cells=tuple(main_state(cell.seconds) for cell in cells),
        seconds=tuple(sums.items()),
        now_cell=now_cell,
    )


def merged(states: Sequence[str]) -> str:
    """Return what a column of several cells shows: the commonest state that was seen."""
    counts = Counter(state for state in states if state != NO_DATA)
    if not counts:
        return NO_DATA
    order = {state: place for place, state in enumerate(_BODY)}
    return max(counts, key=lambda state: (counts[state], -order.get(state, 9)))


def hours_shown(reading: RibbonReading, *, whole: bool = False) -> tuple[int, int]:
    """Return the local hours [from, to) worth showing: those with data, at least LEAST_HOURS."""
    last_hour = -(-len(reading.cells) * CELL_MINUTES // 60)
    if whole:
        return 0, last_hour
    seen = [i for i, state in enumerate(reading.cells) if state != NO_DATA]
    if reading.now_cell is not None:
        seen.append(reading.now_cell)
    if not seen:
        return 8, 18
    first = min(seen) * CELL_MINUTES // 60
    last = max(seen) * CELL_MINUTES // 60 + 1
    short = max(0, LEAST_HOURS - (last - first))
    last = min(last_hour, last + short)
    return max(0, min(first, last - LEAST_HOURS)), last


def minutes_per_column(hours: int, width: int) -> int:
    """Return the finest column that lets `hours` fit into `width` cells."""
    fitting = (minutes for minutes in COLUMN_MINUTES if hours * 60 / minutes <= width)
    return next(fitting, COLUMN_MINUTES[-1])
