"""Records as rows of an outbox and back."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ingest.records import Bout, Event, Record, Revision, Second

OutboxItem = Record | Revision

_KINDS: Final[dict[type[Any], str]] = {
    Second: "second",
    Bout: "bout",
    Event: "event",
    Revision: "revision",
}
_DECODERS: Final = {name: msgspec.json.Decoder(kind) for kind, name in _KINDS.items()}
_encode = msgspec.json.Encoder().encode


def row_of(item: OutboxItem) -> tuple[str, int, bytes]:
    """Return kind, UTC milliseconds and JSON of a record."""
    return _KINDS[type(item)], _t_ms(item), _encode(item)


def item_of(kind: str, body: bytes) -> OutboxItem:
    """Return the record of a row; raise KeyError or DecodeError for one of another version."""
    item: OutboxItem = _DECODERS[kind].decode(body)
    return item


def _t_ms(item: OutboxItem) -> int:
    match item:
        case Second():
            return item.t_s * 1000
        case Bout():
            return item.start_ms
        case Event():
            return item.t_ms
        case Revision():
            return item.from_s * 1000
