"""What a recorder makes of a message: entries to store and numbers to confirm, or a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from ingest import topics
from ingest.delivery.columns import SecondsBlock, seconds_of
from ingest.errors import BadPayloadError
from ingest.messages import (
    BoutMessage,
    EventMessage,
    FromOutbox,
    RevisionMessage,
    StoredMessage,
    decode,
    encode,
)
from ingest.records import Bout, Event, EventKinds, event_id
from ingest.store.base import Entry

RECORD_TOPICS: Final = (topics.SECONDS, topics.BOUT, topics.EVENT, topics.REVISION)
_TYPES: Final[dict[str, type[FromOutbox]]] = {
    topics.SECONDS.name: SecondsBlock,
    topics.BOUT.name: BoutMessage,
    topics.EVENT.name: EventMessage,
    topics.REVISION.name: RevisionMessage,
}


class Received(Struct, frozen=True):
    """The content of one message.

    Attributes:
        wearer: whose records these are.
        origin: who numbered them.
        epoch: of which outbox file.
        seqs: their numbers.
        entries: what to store.
        refusal: why the records cannot be stored although the message is sound, or "".
    """

    wearer: str
    origin: str
    epoch: str
    seqs: tuple[int, ...]
    entries: tuple[Entry, ...]
    refusal: str = ""


def receive(topic: str, payload: bytes, kinds: EventKinds) -> Received:
    """Return the content of a message on one of RECORD_TOPICS, or raise BadPayloadError.

    An event of a kind that no stage declared, or with data its kind does not allow, is received
    with a refusal: its number is known, so that its outbox need not offer it for ever.
    """
    wearer, rest = topics.parts_of(topic)
    kind = _TYPES.get(rest)
    if kind is None:
        raise BadPayloadError(topic, "no records are expected there")
    message: Any = decode(kind, payload, topic=topic)
    refusal = ""
    match message:
        case SecondsBlock():
            seqs = tuple(message.seq)
            entries = tuple(Entry(wearer, second) for second in seconds_of(message))
        case BoutMessage():
            seqs, entries = (message.seq,), (Entry(wearer, message.bout),)
            refusal = _backwards([message.bout])
        case EventMessage():
            identity = event_id(message.origin, message.epoch, message.seq)
            seqs, entries = (message.seq,), (Entry(wearer, message.event, identity),)
            refusal = _violation(message.event, kinds)
        case _:
            seqs, entries = (message.seq,), (Entry(wearer, message),)
            refusal = _contradiction(message)
    if refusal:
        entries = ()
    return Received(wearer, message.origin, message.epoch, seqs, entries, refusal)


def confirmations(received: Iterable[Received], *, recorder: str) -> Iterator[tuple[str, bytes]]:
    """Yield topic and payload of the confirmations for what was stored, one per outbox."""
    numbers: dict[tuple[str, str, str], list[int]] = {}
    for one in received:
        numbers.setdefault((one.wearer, one.origin, one.epoch), []).extend(one.seqs)
    for (wearer, origin, epoch), seqs in numbers.items():
        message = StoredMessage(
            recorder=recorder, origin=origin, epoch=epoch, ranges=ranges_of(seqs)
        )
        yield topics.STORED.of(wearer), encode(message)


def ranges_of(seqs: Iterable[int]) -> list[tuple[int, int]]:
    """Return the numbers as inclusive ranges, in order."""
    ranges: list[tuple[int, int]] = []
    for seq in sorted(set(seqs)):
        if ranges and ranges[-1][1] == seq - 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return ranges


def _contradiction(revision: RevisionMessage) -> str:
    if revision.to_s <= revision.from_s:
        return "the range of the revision is empty"
    if any(not revision.from_s <= second.t_s < revision.to_s for second in revision.seconds):
        return "the revision holds seconds outside its range"
    positions = {second.position for second in revision.seconds}
    if not positions | {bout.position for bout in revision.bouts} <= {revision.position}:
        return "the revision holds records of another position"
    return _backwards(revision.bouts)


def _backwards(bouts: Iterable[Bout]) -> str:
    if any(bout.end_ms <= bout.start_ms for bout in bouts):
        return "a bout ends before it starts"
    return ""


def _violation(event: Event, kinds: EventKinds) -> str:
    kind = kinds.get(event.kind)
    if kind is None:
        return f"no stage declares events of the kind {event.kind}"
    return kind.violation(event.data) or ""
