"""Half-open ranges of whole seconds: the arithmetic of revisions and rollups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Range(NamedTuple):
    """The seconds [from_s, to_s)."""

    from_s: int
    to_s: int


class RevisedRange(NamedTuple):
    """The seconds [from_s, to_s), whose content comes from revision `rev`."""

    from_s: int
    to_s: int
    rev: int


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Return the same seconds as sorted ranges that neither touch nor overlap."""
    result: list[Range] = []
    for piece in sorted(ranges):
        if piece.to_s <= piece.from_s:
            continue
        if result and piece.from_s <= result[-1].to_s:
            result[-1] = Range(result[-1].from_s, max(result[-1].to_s, piece.to_s))
        else:
            result.append(piece)
    return result


def without(whole: Range, holes: Iterable[Range]) -> list[Range]:
    """Return the parts of `whole` that no hole covers, in order."""
    left: list[Range] = []
    cursor = whole.from_s
    for hole in merged(holes):
        if hole.from_s > cursor:
            left.append(Range(cursor, min(hole.from_s, whole.to_s)))
        cursor = max(cursor, hole.to_s)
        if cursor >= whole.to_s:
            break
    left.append(Range(cursor, whole.to_s))
    return [piece for piece in left if piece.from_s < piece.to_s]


def widened(piece: Range, step_s: int) -> Range:
    """Return the smallest range of whole steps that holds `piece`."""
    return Range(piece.from_s // step_s * step_s, -(-piece.to_s // step_s) * step_s)


def narrowed(piece: Range, step_s: int) -> Range:
    """Return the largest range of whole steps inside `piece` (empty at its start when none is)."""
    from_s = -(-piece.from_s // step_s) * step_s
    return Range(from_s, max(from_s, piece.to_s // step_s * step_s))


def steps_holding(seconds: Iterable[int], step_s: int) -> list[Range]:
    """Return ranges of whole steps that hold every one of `seconds`."""
    starts = {second // step_s * step_s for second in seconds}
    return merged(Range(start, start + step_s) for start in starts)


def inside(second: int, ranges: Iterable[tuple[int, ...]]) -> bool:
    """Return whether a second lies in one of a few ranges (from, to, …)."""
    return any(piece[0] <= second < piece[1] for piece in ranges)


def overlaid(old: Iterable[RevisedRange], new: RevisedRange) -> list[Range]:
    """Return the parts of `new` in which it wins, that is, has the higher rev."""
    stronger = [Range(o.from_s, o.to_s) for o in old if o.rev >= new.rev]
    return without(Range(new.from_s, new.to_s), stronger)
