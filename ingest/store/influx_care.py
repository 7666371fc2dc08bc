"""Care of a history in InfluxDB: retention, and a check of a server that a user brings.

`ping()` says nothing: it succeeds on servers that have no version 2 interface. The check does what
the store does: it writes, asks by Flux and deletes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ingest.errors import StoreError
from ingest.store import influx_flux as flux
from ingest.store.copying import DAY_S, Progress
from ingest.store.influx import InfluxStore
from ingest.store.influx_lines import NS_PER_S, minute_line
from ingest.store.influx_plan import STEPS_S, painted
from ingest.store.influx_read import FAR_S, StrapReader, utc
from ingest.store.influx_resolve import layers_of, resolved, seal
from ingest.store.influx_server import InfluxServer
from ingest.store.influx_totals import tallies
from ingest.store.minutes import MINUTE_S, Minute
from ingest.store.ranges import Range, widened, without
from ingest.topics import check_wearer

_PROBE: Final = "lumbar_check"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried at a server.

    Attributes:
        what: what was tried.
        ok: whether it worked.
        text: what came of it, and what to do when it did not work.
    """

    what: str
    ok: bool
    text: str


def check(server: InfluxServer, *, now_s: int) -> list[Finding]:
    """Try everything that the store needs, in order; stop at the first thing that fails."""
    findings: list[Finding] = []
    for what, attempt in _attempts(server, now_s):
        try:
            findings.append(Finding(what, True, attempt()))
        except StoreError as error:
            findings.append(Finding(what, False, str(error)))
            break
    return findings


def compact(
    store: InfluxStore, before_s: int, *, progress: Progress = lambda done, of: None
) -> int:
    """Replace single seconds before `before_s` (cut to its hour) by minutes; return how many.

    May be stopped at any time and run again: seconds count until all their minutes are there.
    """
    end = before_s // STEPS_S[0] * STEPS_S[0]
    straps = [(wearer, p) for wearer in store.wearers() for p in store.positions(wearer)]
    forgotten = 0
    for number, strap in enumerate(straps, start=1):
        forgotten += _compact(store, StrapReader(store.server, *strap), end)
        progress(number, len(straps))
    return forgotten


def forget(store: InfluxStore, wearer: str) -> None:
    """Delete every point of a wearer, which needs a token that may write."""
    # A predicate takes no parameters, so nothing but a name may stand in it.
    predicate = f'wearer="{check_wearer(wearer)}"'
    store.server.delete(predicate, start=utc(0), stop=utc(FAR_S))


def _compact(store: InfluxStore, reader: StrapReader, end: int) -> int:
    first_s, last_s = store.span(reader.wearer) or (end, end)
    span = Range(first_s // DAY_S * DAY_S, min(end, last_s))
    # A revision opens what was sealed before, so that old days may have to be sealed again.
    pointers = painted(reader.pointers(span))
    still_open = without(span, [Range(p.from_s, p.to_s) for p in pointers if p.sealed])
    minutes = [
        minute
        for piece in still_open
        for day in range(piece.from_s, piece.to_s, DAY_S)
        for minute in _minutes_of(reader, Range(day, min(day + DAY_S, piece.to_s)))
    ]
    if not minutes:
        return 0
    store.server.write([minute_line(minute) for minute in minutes])
    seal(reader, [Range(0, end)])
    # A predicate takes no parameters, so nothing but a name may stand in it.
    store.server.delete(
        f'_measurement="second" AND wearer="{check_wearer(reader.wearer)}" '
        f'AND position="{check_wearer(reader.position)}"',
        start=utc(0),
        stop=utc(end - 1),  # the end is inclusive there
    )
    return sum(sum(minute.counts) for minute in minutes)


def _minutes_of(reader: StrapReader, day: Range) -> list[Minute]:
    """Return the minutes of a stretch in which none is sealed."""
    day = widened(day, MINUTE_S)
    found = layers_of(reader, day)
    windows = [Range(t_s, t_s + MINUTE_S) for t_s in range(*day, MINUTE_S)]
    sums = tallies(reader, found, windows, lambda p: resolved(reader, p, found.pointers))
    return [
        tally.minute(reader.wearer, reader.position, window.from_s)
        for window, tally in zip(windows, sums, strict=True)
        if not tally.empty
    ]


def _attempts(server: InfluxServer, now_s: int) -> Iterator[tuple[str, Callable[[], str]]]:
    at = now_s // MINUTE_S * MINUTE_S
    span = {"start": utc(at), "stop": utc(at + MINUTE_S)}

    def version() -> str:
        health = server.health()
        if health["name"] != "influxdb" or not health["version"].lstrip("v").startswith("2."):
            raise StoreError(f"not InfluxDB 2 but {health['name']} {health['version']}")
        return f"InfluxDB {health['version']}"

    def write() -> str:
        server.write([f"{_PROBE} value=1 {at * NS_PER_S}", f"{_PROBE} value=2 {at * NS_PER_S}"])
        return f"the token may write to bucket {server.address.bucket}"

    def ask() -> str:
        every = timedelta(seconds=MINUTE_S)
        values = [row["_value"] for row in server.query(flux.PROBE, every=every, **span)]
        if values != [2.0]:
            raise StoreError(f"wrote 1 and then 2 to the same point, and read {values}")
        return "Flux answers; writing a point again overwrites it"

    def delete() -> str:
        server.delete(f'_measurement="{_PROBE}"', **span)
        return "the token may delete (needed by `lumbar store compact` only)"

    yield "server", version
    yield "write", write
    yield "query", ask
    yield "delete", delete
