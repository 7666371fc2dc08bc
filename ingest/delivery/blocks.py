"""Numbered records to messages: seconds travel in columns, everything else one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest import topics
from ingest.delivery.columns import MAX_BLOCK_SECONDS, block_of
from ingest.delivery.outbox import Numbered
from ingest.delivery.outbox_rows import OutboxItem
from ingest.messages import BoutMessage, EventMessage, RevisionMessage, encode
from ingest.records import Bout, Event, Revision, Second
from ingest.topics import Topic


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way, and the numbers it carries."""

    topic: Topic
    payload: bytes
    seqs: tuple[int, ...]


def parcels(numbered: Iterable[Numbered], *, origin: str, epoch: str) -> Iterator[Parcel]:
    """Yield the messages that carry the records, in their order.

    A block ends where position, session, rule or calibration change, after 60 seconds of event
    time, and before any record that is not a second.
    """
    block: list[tuple[int, Second]] = []
    for seq, item in numbered:
        if block and not _continues(block, item):
            yield _block(block, origin, epoch)
            block = []
        if isinstance(item, Second):
            block.append((seq, item))
        else:
            yield _single(seq, item, origin, epoch)
    if block:
        yield _block(block, origin, epoch)


def _continues(block: list[tuple[int, Second]], item: OutboxItem) -> bool:
    if not isinstance(item, Second):
        return False
    first = block[0][1]
    return (
        len(block) < MAX_BLOCK_SECONDS
        and 0 <= item.t_s - first.t_s < MAX_BLOCK_SECONDS
        and _key(first) == _key(item)
    )


def _key(second: Second) -> tuple[str, int, str, str | None]:
    return second.position, second.session, second.rule, second.calibration


def _block(block: list[tuple[int, Second]], origin: str, epoch: str) -> Parcel:
    payload = encode(block_of(block, origin=origin, epoch=epoch))
    return Parcel(topics.SECONDS, payload, tuple(seq for seq, _ in block))


def _single(seq: int, item: Bout | Event | Revision, origin: str, epoch: str) -> Parcel:
    match item:
        case Bout():
            message = encode(BoutMessage(origin=origin, epoch=epoch, seq=seq, bout=item))
            return Parcel(topics.BOUT, message, (seq,))
        case Event():
            message = encode(EventMessage(origin=origin, epoch=epoch, seq=seq, event=item))
            return Parcel(topics.EVENT, message, (seq,))
        case Revision():
            return Parcel(topics.REVISION, _revision(seq, item, origin, epoch), (seq,))


def _revision(seq: int, item: Revision, origin: str, epoch: str) -> bytes:
    return encode(
        RevisionMessage(
            origin=origin,
            epoch=epoch,
            seq=seq,
            position=item.position,
            from_s=item.from_s,
            to_s=item.to_s,
            rev=item.rev,
            reason=item.reason,
            seconds=item.seconds,
            bouts=item.bouts,
        )
    )
