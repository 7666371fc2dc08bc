"""A recording judged again by today's rules, as what a store takes: revisions and events.

Revisions replace what was stored of the same stretches, so scoring twice changes nothing, and newer
rules replace older ones. A revision's number is that of the rules. A wearer's correction carries a
far larger one: what the wearer said stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from ingest.event_kinds import EVENT_KINDS
from ingest.measurement.decision import RULE
from ingest.measurement.pipeline import Pipeline
from ingest.messages import RevisionMessage
from ingest.records import DEFAULT_POSITION, Bout, Event, Second, event_id
from ingest.store.base import Entry, Store, Window
from sensor.sample import ImuBatch

ORIGIN: Final = "reprocess"
REVISION: Final = int(RULE.removeprefix("r"))
SILENCE_S: Final = 60  # longer ones are left to whoever else measured then
MAX_SECONDS: Final = 43_200  # of one revision: half a day is one transaction


class Scored(Struct, frozen=True, kw_only=True):
    """What a recording says by today's rules.

    Attributes:
        position: where the strap was worn.
        seconds, bouts, events: the records, each in order.
        samples: how many samples were read.
        simulated: whether no body was involved.
        trouble: why the recording could not be read; "" when it could.
    """

    position: str = DEFAULT_POSITION
    seconds: list[Second] = []
    bouts: list[Bout] = []
    events: list[Event] = []
    samples: int = 0
    simulated: bool = False
    trouble: str = ""


def scored(batches: Iterable[ImuBatch], *, position: str = DEFAULT_POSITION) -> Scored:
    """Run the batches of one recording through a new pipeline."""
    result = Scored(position=position)
    pipeline: Pipeline | None = None
    samples = 0
    for batch in batches:
        if pipeline is None:
            session_ms = round(float(batch.t[0]) * 1000)
            pipeline = Pipeline(session_ms=session_ms, position=position, live_trace=False)
        samples += len(batch)
        _sort(result, pipeline.feed(batch).records)
    if pipeline is not None:
        _sort(result, pipeline.finish().records)
    return Scored(
        position=position,
        seconds=result.seconds,
        bouts=result.bouts,
        events=result.events,
        samples=samples,
    )


def _sort(into: Scored, records: Iterable[Second | Bout | Event]) -> None:
    for record in records:
        match record:
            case Second():
                into.seconds.append(record)
            case Bout():
                into.bouts.append(record)
            case Event():
                into.events.append(record)


def stretches(seconds: Sequence[Second]) -> list[Window]:
    """Return the stretches that the seconds cover, cut at silences and at MAX_SECONDS."""
    found: list[Window] = []
    for second in seconds:
        t_s = second.t_s
        if found and t_s - found[-1][1] <= SILENCE_S and t_s - found[-1][0] < MAX_SECONDS:
            found[-1] = (found[-1][0], t_s + 1)
        else:
            found.append((t_s, t_s + 1))
    return found


def entries(store: Store, wearer: str, recording: str, told: Scored) -> Iterator[list[Entry]]:
    """Yield what to write, one list a transaction; `recording` is the digest of the file.

    Events cannot be replaced. They are left out where the store holds events of the same stretch
    that are not this recording's own, as those of the live run.
    """
    windows = stretches(told.seconds)
    for number, window in enumerate(windows, start=1):
        yield [Entry(wearer, _revision(told, window, recording, number))]
    if windows:
        events = _events(store, wearer, recording, told, (windows[0][0], windows[-1][1] + 1))
        if events:
            yield events


def _revision(told: Scored, window: Window, recording: str, number: int) -> RevisionMessage:
    from_s, to_s = window
    return RevisionMessage(
        origin=ORIGIN,
        epoch=recording[:16],
        seq=number,
        position=told.position,
        from_s=from_s,
        to_s=to_s,
        rev=REVISION,
        reason=f"scored again by {RULE}",
        seconds=[s for s in told.seconds if from_s <= s.t_s < to_s],
        bouts=[b for b in told.bouts if from_s <= b.start_ms // 1000 < to_s],
    )


def _events(store: Store, wearer: str, recording: str, told: Scored, window: Window) -> list[Entry]:
    stored = {
        row.id
        for row in store.events(wearer, window, tuple(EVENT_KINDS))
        if row.event.position == told.position
    }
    # Other rules may have made more events of this recording, but not more than are stored.
    own = [_event_id(recording, n) for n in range(max(len(told.events), len(stored)))]
    if stored - set(own):
        return []
    return [Entry(wearer, event, key) for event, key in zip(told.events, own, strict=False)]


def _event_id(recording: str, number: int) -> str:
    return event_id(ORIGIN, recording, number)
