"""Totals from InfluxDB: sums made by the server where history is plain, records elsewhere."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.records import Second
from ingest.store.influx_plan import Layers, Pointer, cut, every_s, in_steps
from ingest.store.influx_read import StrapReader, SumRow
from ingest.store.minutes import MINUTE_S, STATES, Tally
from ingest.store.ranges import Range, merged, widened, without

_JOINED_STEPS: Final = 1440  # a few steps too many are cheaper than another question

LONG_REVISION_S: Final = 3600  # below, its seconds are fewer than the questions for sums cost

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
    result = [Tally() for _ in windows]
    _add_sums(reader, 0, [without(window, layers.special) for window in windows], result)
    long, short = _by_length(layers.pointers)
    for rev, pieces in long.items():
        parts = [[part for piece in pieces for part in cut(piece, [w])] for w in windows]
        _add_sums(reader, rev, parts, result)
    sealed = [Range(p.from_s, p.to_s) for p in layers.pointers if p.sealed]
    minutes = _minutes(reader, sealed, asked)
    records = _Records.read(merged([*short, *layers.shared]), asked, seconds)
    for tally, window in zip(result, windows, strict=True):
        for seal in sealed:
            for part in cut(seal, [window]):
                _add_minutes(tally, minutes, part)
        records.add(tally, window)
    return result


def _by_length(pointers: Iterable[Pointer]) -> tuple[dict[int, list[Range]], list[Range]]:
    """Return the revised pieces for which asking for sums pays, by revision, and the others."""
    long: dict[int, list[Range]] = {}
    short: list[Range] = []
    for pointer in pointers:
        piece = Range(pointer.from_s, pointer.to_s)
        if pointer.sealed:
            continue
        if piece.to_s - piece.from_s >= LONG_REVISION_S:
            long.setdefault(pointer.rev, []).append(piece)
        else:
            short.append(piece)
    return long, short


def _add_sums(
    reader: StrapReader, rev: int, parts: Sequence[Sequence[Range]], tallies: Sequence[Tally]
) -> None:
    """Add to each tally the sums of its parts, all of them asked for together."""
    sums = _Sums(reader, rev)
    steps = [[piece for part in mine for piece in in_steps(part)] for mine in parts]
    sums.prepare(piece for mine in steps for piece in mine)
    for tally, mine in zip(tallies, steps, strict=True):
        for step_s, piece in mine:
            sums.add(tally, step_s, piece)


class _Sums:
    """Sums of one revision's seconds, asked for in as few questions as the steps allow."""

    def __init__(self, reader: StrapReader, rev: int) -> None:
        self._reader = reader
        self._rev = rev
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
                for start, row in self._reader.sums(
                    "second", question, every, rev=self._rev
                ).items()
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
