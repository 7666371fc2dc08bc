"""Which of the points that InfluxDB holds for a second or a bout is the one that counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.records import Second
from ingest.store.influx_lines import sealed_line
from ingest.store.influx_plan import Layers, Pointer, cut, layers
from ingest.store.influx_read import FAR_S, StrapReader
from ingest.store.ranges import Range, inside


def layers_of(reader: StrapReader, span: Range) -> Layers:
    """Return where in a span the history is not plain."""
    return layers(reader.pointers(span), reader.session_spans(span))


def resolved(reader: StrapReader, span: Range, pointers: Sequence[Pointer]) -> list[Second]:
    """Return the one second that counts for each wall second of a span, in order."""
    newest: dict[int, Second] = {}
    _take_newest(newest, reader.seconds(span, rev=0))
    for pointer in pointers:
        for part in cut(Range(pointer.from_s, pointer.to_s), [span]):
            newest = {t_s: kept for t_s, kept in newest.items() if not inside(t_s, [part])}
            if not pointer.sealed:
                _take_newest(newest, reader.seconds(part, rev=pointer.rev))
    return [newest[t_s] for t_s in sorted(newest)]


def rev_at(t_s: int, pointers: Iterable[Pointer]) -> int:
    """Return which revision a second belongs to (0: as first measured)."""
    return next((p.rev for p in pointers if p.from_s <= t_s < p.to_s), 0)


def seal(reader: StrapReader, ranges: Iterable[Range]) -> None:
    """Make readers take the stored minutes of ranges, whatever revisions there were so far."""
    rev = max((p.rev for p in reader.pointers(Range(0, FAR_S))), default=0)
    seals = (Pointer(rev, True, piece.from_s, piece.to_s) for piece in ranges)
    reader.server.write([sealed_line(reader.wearer, reader.position, s) for s in seals])


def _take_newest(newest: dict[int, Second], seconds: Iterable[Second]) -> None:
    for second in seconds:
        known = newest.get(second.t_s)
        if known is None or second.session > known.session:
            newest[second.t_s] = second
