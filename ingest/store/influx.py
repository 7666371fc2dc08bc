"""The store for those who already run InfluxDB 2; the same contract as the SQLite file.

Nothing is ever updated in place: a revision is a second set of points with its own `rev` tag, and
a pointer in the measurement `range`, written last, makes readers follow it. Writing is idempotent
but not one transaction: when it fails, the same entries are to be written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.messages import RevisionMessage
from ingest.records import Bout, Second
from ingest.store import influx_flux as flux
from ingest.store.base import Entry, StoredEvent, Totals, Window
from ingest.store.influx_lines import NS_PER_S, lines_of, minute_line, revised_line
from ingest.store.influx_plan import Pointer, cut, painted
from ingest.store.influx_read import FAR_S, StrapReader, events, names, utc
from ingest.store.influx_resolve import layers_of, resolved, rev_at, seal
from ingest.store.influx_server import Address, DeadLetter, InfluxServer
from ingest.store.influx_totals import tallies
from ingest.store.minutes import MINUTE_S, Minute
from ingest.store.ranges import Range, RevisedRange, inside, merged, steps_holding


class InfluxStore:
    """The history in a bucket of InfluxDB 2; a `Store`.

    Nothing is asked of the server before the first call. `dead_letter` takes the lines that the
    server will never take, with the reason.
    """

    def __init__(self, address: Address, *, dead_letter: DeadLetter) -> None:
        self.server = InfluxServer(address, dead_letter=dead_letter)

    def write(self, entries: Sequence[Entry]) -> None:
        """Store all entries durably (see Store); raising leaves some, harmlessly."""
        self.server.write([line for entry in entries for line in lines_of(entry)])
        # A pointer makes its revision visible, so its content must be there before.
        self.server.write(
            [
                revised_line(entry.wearer, entry.item)
                for entry in entries
                if isinstance(entry.item, RevisionMessage)
            ]
        )

    def load_minutes(self, minutes: Iterable[Minute]) -> None:
        """Store minutes of which no single seconds exist, such as down-sampled history.

        They are sealed: seconds that arrive for them later are ignored. A minute whose seconds
        the store holds keeps those.
        """
        by_strap: dict[tuple[str, str], dict[int, Minute]] = {}
        for minute in minutes:
            by_strap.setdefault((minute.wearer, minute.position), {})[minute.t_s] = minute
        for strap, by_start in by_strap.items():
            self._load(StrapReader(self.server, *strap), by_start)

    def totals(self, wearer: str, position: str, windows: Sequence[Window]) -> list[Totals]:
        """Return the totals of each window (see Store)."""
        ranges = [Range(*window) for window in windows]
        if not ranges:
            return []
        reader = StrapReader(self.server, wearer, position)
        span = Range(min(r.from_s for r in ranges), max(r.to_s for r in ranges))
        found = layers_of(reader, span)

        def seconds(piece: Range) -> list[Second]:
            return resolved(reader, piece, found.pointers)

        sums = tallies(reader, found, ranges, seconds)
        return [tally.totals(*window) for tally, window in zip(sums, windows, strict=True)]

    def seconds(self, wearer: str, position: str, window: Window) -> list[Second]:
        """Return the seconds of a window in order, one per wall second."""
        reader = StrapReader(self.server, wearer, position)
        span = Range(*window)
        return resolved(reader, span, painted(reader.pointers(span)))

    def bouts(self, wearer: str, position: str, window: Window) -> list[Bout]:
        """Return the bouts that overlap a window, by start."""
        reader = StrapReader(self.server, wearer, position)
        pointers = [p for p in reader.pointers(Range(0, window[1])) if not p.sealed]
        newest: dict[int, Bout] = {}
        revised = painted(pointers)
        for rev, bout in reader.bouts(Range(*window)):
            known = newest.get(bout.start_ms)
            if rev != rev_at(bout.start_ms // 1000, revised):
                continue
            if known is None or bout.session > known.session:
                newest[bout.start_ms] = bout
        return [newest[start_ms] for start_ms in sorted(newest)]

    def events(self, wearer: str, window: Window, kinds: Sequence[str] = ()) -> list[StoredEvent]:
        """Return the events of a window in order; `kinds` narrows them."""
        return events(self.server, wearer, window, kinds)

    def wearers(self) -> list[str]:
        """Return every wearer that has a record."""
        return names(self.server, flux.WEARERS)

    def positions(self, wearer: str) -> list[str]:
        """Return every position for which a wearer has records."""
        return names(self.server, flux.POSITIONS, wearer=wearer)

    def span(self, wearer: str) -> Window | None:
        """Return from where to where a wearer has records, or None without any."""
        rows = self.server.query(flux.SPAN, wearer=wearer, start=utc(0), stop=utc(FAR_S))
        times = sorted(row["_time"] // NS_PER_S for row in rows)
        if not times:
            return None
        ends = [p.to_s for s in self.positions(wearer) for p in self._pointers(wearer, s)]
        return times[0], max([times[-1] + MINUTE_S, *ends])

    def sealed_minutes(self, wearer: str, position: str, window: Window) -> list[Minute]:
        """Return the minutes of a window of which no single seconds exist."""
        reader = StrapReader(self.server, wearer, position)
        span = Range(*window)
        seals = [p for p in painted(reader.pointers(span)) if p.sealed]
        parts = [part for p in seals for part in cut(Range(p.from_s, p.to_s), [span])]
        found = {m.t_s: m for part in merged(parts) for m in reader.minutes(part)}
        return [found[start] for start in sorted(found)]

    def revised(self, wearer: str, position: str, window: Window) -> list[RevisedRange]:
        """Return which parts of a window a revision replaced, in order."""
        reader = StrapReader(self.server, wearer, position)
        span = Range(*window)
        pieces = painted(p for p in reader.pointers(span) if not p.sealed)
        return [RevisedRange(*part, p.rev) for p in pieces for part in cut(Range(*p[2:]), [span])]

    def close(self) -> None:
        """Close the connection."""
        self.server.close()

    def _pointers(self, wearer: str, position: str) -> list[Pointer]:
        return StrapReader(self.server, wearer, position).pointers(Range(0, FAR_S))

    def _load(self, reader: StrapReader, by_start: dict[int, Minute]) -> None:
        for span in steps_holding(by_start, MINUTE_S):
            found = layers_of(reader, span)
            sealed = [Range(p.from_s, p.to_s) for p in found.pointers if p.sealed]
            held = reader.sums("second", span, MINUTE_S)
            for start in held:
                if not inside(start, sealed):
                    by_start.pop(start, None)
        self.server.write([minute_line(minute) for minute in by_start.values()])
        seal(reader, steps_holding(by_start, MINUTE_S))
