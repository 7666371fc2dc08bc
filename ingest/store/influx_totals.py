"""Totals from InfluxDB: sums made by the server where history is plain, records elsewhere."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.records import Second
from ingest.store.influx_plan import Layers, cut, every_s, in_steps
from ingest.store.influx_read import StrapReader, SumRow
from ingest.store.minutes import MINUTE_S, STATES, Tally
from ingest.store.ranges import Range, merged, widened, without

_JOINED_STEPS: Final = 1440  # a few steps too many are cheaper than another question

Seconds = Callable[[Range], Sequence[Second]]


def tallies(
    reader: StrapReader, layers: Layers, windows: Sequence[Range], seconds: Seconds
) -> list[Tally]:
    """Return the sums of each window.

    Args:
        reader: asks the server for sums.
        layers: where the history is not plain.
        windows: what is asked, in any order, also overlapping.
        seconds: returns the resolved seconds of a range, for where sums will not do.
    """
    asked = merged(windows)
    plain_parts = [without(window, layers.special) for window in windows]
    plain = _Sums(reader, "second")
    plain.prepare(piece for parts in plain_parts for part in parts for piece in in_steps(part))
    sealed = [Range(p.from_s, p.to_s) for p in layers.pointers if p.sealed]
    minutes = _minutes(reader, sealed, asked)
    revised = [Range(p.from_s, p.to_s) for p in layers.pointers if not p.sealed]
    records = _Records.read(merged([*revised, *layers.shared]), asked, seconds)
    result = []
    for window, parts in zip(windows, plain_parts, strict=True):
        tally = Tally()
        for part in parts:
            for step_s, piece in in_steps(part):
                plain.add(tally, step_s, piece)
        for seal in sealed:
            for part in cut(seal, [window]):
                _add_minutes(tally, minutes, part)
        records.add(tally, window)
        result.append(tally)
    return result


class _Sums:
    """Sums of one measurement, asked for in as few questions as the steps allow."""

    def __init__(self, reader: StrapReader, measurement: str) -> None:
        self._reader = reader
        self._measurement = measurement
        self._every_s: dict[int, int] = {}
        self._rows: dict[int, dict[int, SumRow]] = {}

    def prepare(self, pieces: Iterable[tuple[int, Range]]) -> None:
        """Ask for everything that `add` will need."""
        by_step: dict[int, set[Range]] = {}
        for step_s, piece in pieces:
            by_step.setdefault(step_s, set()).add(piece)
        for step_s, ranges in by_step.items():
            every = every_s(ranges, step_s)
            self._every_s[step_s] = every
            self._rows[step_s] = {
                start: row
                for question in _joined(ranges, every * _JOINED_STEPS)
                for start, row in self._reader.sums(self._measurement, question, every).items()
            }

    def add(self, tally: Tally, step_s: int, piece: Range) -> None:
        """Add the sums of a prepared piece."""
        rows = self._rows[step_s]
        for start in range(piece.from_s, piece.to_s, self._every_s[step_s]):
            if start in rows:
                tally.add(rows[start])


@dataclass(frozen=True, slots=True)
class _Records:
    """Resolved seconds in order, with their times for looking them up."""

    seconds: list[Second] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, special: Iterable[Range], asked: list[Range], seconds: Seconds) -> _Records:
        pieces = [part for piece in special for part in cut(piece, asked)]
        found = [second for piece in pieces for second in seconds(piece)]
        inside = merged(pieces)
        kept = [s for s in found if any(p.from_s <= s.t_s < p.to_s for p in inside)]
        return cls(kept, [second.t_s for second in kept])

    def add(self, tally: Tally, window: Range) -> None:
        for i in range(
            bisect_left(self.times, window.from_s), bisect_left(self.times, window.to_s)
        ):
            second = self.seconds[i]
            sagittal = second.sagittal_deg
            one_hot = [float(state == second.state.value) for state in STATES]
            tally.add((*one_hot, sagittal or 0.0, float(sagittal is not None)))


def _minutes(reader: StrapReader, sealed: Iterable[Range], asked: list[Range]) -> dict[int, SumRow]:
    pieces = [widened(part, MINUTE_S) for seal in sealed for part in cut(seal, asked)]
    rows: dict[int, SumRow] = {}
    for question in _joined(pieces, MINUTE_S * _JOINED_STEPS):
        rows |= reader.sums("minute", question, MINUTE_S)
    return rows


def _add_minutes(tally: Tally, minutes: dict[int, SumRow], part: Range) -> None:
    for start in range(part.from_s // MINUTE_S * MINUTE_S, part.to_s, MINUTE_S):
        if start not in minutes:
            continue
        if part.from_s <= start and start + MINUTE_S <= part.to_s:
            tally.add(minutes[start])
        else:
            inside = Range(max(part.from_s - start, 0), min(part.to_s - start, MINUTE_S))
            tally.add_part(minutes[start], *inside)


def _joined(pieces: Iterable[Range], gap_s: int) -> list[Range]:
    """Return ranges that hold the pieces, joined over gaps of up to `gap_s`."""
    grown = merged(Range(piece.from_s, piece.to_s + gap_s) for piece in pieces)
    return [Range(piece.from_s, piece.to_s - gap_s) for piece in grown]
