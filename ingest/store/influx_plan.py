"""Decides, without a server, from where each second of a window is to be read.

Most of a history is *plain*: one session, never revised. The server sums that. What lies in a
revised or sealed range, or is shared by two sessions, is the exception and is looked up apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from ingest.store.minutes import MINUTE_S
from ingest.store.ranges import Range, merged, narrowed, without

STEPS_S: Final = (3600, 60, 1)


class Pointer(NamedTuple):
    """Says that [from_s, to_s) belongs to revision `rev`, or is sealed in minutes."""

    rev: int
    sealed: bool
    from_s: int
    to_s: int


class Layers(NamedTuple):
    """Where not to read plain seconds: disjoint pieces in order.

    Attributes:
        pointers: what each second's newest pointer says.
        shared: seconds outside of them that two sessions may both have.
    """

    pointers: list[Pointer]
    shared: list[Range]

    @property
    def special(self) -> list[Range]:
        """Everything that is not plain."""
        return merged([*(Range(p.from_s, p.to_s) for p in self.pointers), *self.shared])


def joined(pointers: Iterable[Pointer]) -> list[Pointer]:
    """Return touching pointers of one revision as one: long revisions arrive in parts."""
    result: list[Pointer] = []
    for pointer in sorted(pointers):
        last = result[-1] if result else None
        if last is not None and last[:2] == pointer[:2] and pointer.from_s <= last.to_s:
            result[-1] = last._replace(to_s=max(last.to_s, pointer.to_s))
        else:
            result.append(pointer)
    return result


def painted(pointers: Iterable[Pointer]) -> list[Pointer]:
    """Return disjoint pointers: of those that cover a second the one with the highest rev counts.

    A seal covers the revisions that were there when it was made, those up to its own rev. A
    revision opens sealed minutes as wholes: one that it covers in part stays sealed.
    """
    result: list[Pointer] = []
    for top in joined(pointers):
        hole = Range(top.from_s, top.to_s)
        opened = hole if top.sealed else narrowed(hole, MINUTE_S)
        below = [
            old._replace(from_s=piece.from_s, to_s=piece.to_s)
            for old in result
            for piece in without(Range(old.from_s, old.to_s), [opened if old.sealed else hole])
        ]
        closed = [Range(old.from_s, old.to_s) for old in below if old.sealed]
        above = [top._replace(from_s=p.from_s, to_s=p.to_s) for p in without(hole, closed)]
        result = [*below, *above]
    return sorted(result, key=lambda pointer: pointer.from_s)


def overlaps(spans: Iterable[Range]) -> list[Range]:
    """Return the seconds that at least two spans cover."""
    both = (Range(max(a.from_s, b.from_s), min(a.to_s, b.to_s)) for a, b in combinations(spans, 2))
    return merged(both)


def layers(pointers: Iterable[Pointer], session_spans: Iterable[Range]) -> Layers:
    """Return where not to read plain seconds."""
    pieces = painted(pointers)
    covered = [Range(p.from_s, p.to_s) for p in pieces]
    shared = [rest for piece in overlaps(session_spans) for rest in without(piece, covered)]
    return Layers(pieces, shared)


def cut(piece: Range, windows: Iterable[Range]) -> list[Range]:
    """Return the parts of `piece` inside sorted, disjoint windows."""
    parts = (Range(max(piece.from_s, w.from_s), min(piece.to_s, w.to_s)) for w in windows)
    return [part for part in parts if part.from_s < part.to_s]


def in_steps(piece: Range, steps_s: Sequence[int] = STEPS_S) -> list[tuple[int, Range]]:
    """Split a piece into (step, range of whole steps): the largest steps that fit."""
    if piece.from_s >= piece.to_s:
        return []
    step_s, *finer = steps_s
    if not finer:
        return [(step_s, piece)]
    core = narrowed(piece, step_s)
    if core.from_s >= core.to_s:
        return in_steps(piece, finer)
    return [
        *in_steps(Range(piece.from_s, core.from_s), finer),
        (step_s, core),
        *in_steps(Range(core.to_s, piece.to_s), finer),
    ]


def every_s(pieces: Iterable[Range], step_s: int) -> int:
    """Return the widest step, a divisor of an hour, that ends wherever one of the pieces does.

    At `step_s` = 1 every bound fits; above it the pieces are whole steps already.
    """
    bounds = (bound for piece in pieces for bound in piece)
    widest = math.gcd(STEPS_S[0], *bounds)
    return max(step_s, widest)
