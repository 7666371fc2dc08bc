"""Records, a scripted broker and an outbox on disk for the tests of delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest.delivery.mqtt import Incoming
from ingest.delivery.outbox import Outbox
from ingest.errors import StoreError
from ingest.messages import StoredMessage, encode
from ingest.records import Bout, Event, PostureState, Second
from ingest.settings import OutboxSettings
from ingest.store.base import Entry

NOON_S = 1_700_000_000


@dataclass
class ScriptedSender:
    """What a Publisher needs of an MqttClient; keeps what was published."""

    connected: bool = True
    published: list[tuple[str, bytes, int, bool]] = field(default_factory=list)
    handlers: dict[str, Callable[[Incoming], None]] = field(default_factory=dict)

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        self.published.append((topic, payload, qos, retain))

    def handle(self, topic: str, handler: Callable[[Incoming], None], *, qos: int = 1) -> None:
        self.handlers[topic] = handler

    def deliver(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.handlers[topic](Incoming(topic, payload, retain))

    def confirm(self, outbox: Outbox, *ranges: tuple[int, int], recorder: str = "r1") -> None:
        stored = StoredMessage(
            recorder=recorder, origin=outbox.origin, epoch=outbox.epoch, ranges=list(ranges)
        )
        self.deliver("lumbar/w1/stored", encode(stored))

    def taken(self, name: str) -> list[bytes]:
        """Return and forget the payloads published under a topic's name."""
        topic = f"lumbar/w1/{name}"
        found = [payload for at, payload, _, _ in self.published if at == topic]
        self.published = [entry for entry in self.published if entry[0] != topic]
        return found


@dataclass
class Wall:
    """A clock that moves when it is told to."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class MemoryStore:
    """Keeps entries by their identity, and fails as scripted: one error per write."""

    errors: list[StoreError | Exception] = field(default_factory=list)
    kept: dict[object, Entry] = field(default_factory=dict)
    writes: int = 0
    closed: bool = False

    def write(self, entries: list[Entry]) -> None:
        self.writes += 1
        if self.errors:
            raise self.errors.pop(0)
        for entry in entries:
            self.kept[_identity(entry)] = entry

    def close(self) -> None:
        self.closed = True


def _identity(entry: Entry) -> object:
    match entry.item:
        case Second():
            return entry.wearer, entry.item.position, entry.item.session, entry.item.t_s
        case Bout():
            return entry.wearer, entry.item.position, entry.item.start_ms
        case Event():
            return entry.wearer, entry.event_id
    return entry.wearer, entry.item.from_s, entry.item.rev


@pytest.fixture
def sender() -> ScriptedSender:
    return ScriptedSender()


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def memory_store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def open_outbox(tmp_path: Path) -> Iterator[Callable[..., Outbox]]:
    """Open the outbox of this test (the same file each time) with some settings."""
    made: list[Outbox] = []

    def build(**settings: object) -> Outbox:
        path = tmp_path / "outbox.sqlite"
        made.append(Outbox(path, origin="ingest-a", settings=OutboxSettings(**settings)))
        return made[-1]

    yield build
    for outbox in made:
        outbox.close()


@pytest.fixture
def second() -> Callable[..., Second]:
    def build(n: int, **changes: object) -> Second:
        fields: dict[str, object] = {
            "t_s": NOON_S + n,
            "session": NOON_S * 1000,
            "rule": "r1",
            "calibration": None,
            "state": PostureState.SITTING,
            "confidence": 0.9,
            "sagittal_deg": 12.5,
            "frontal_deg": -1.0,
            "up": (0.99, 0.01, 0.1),
            "acc_sd_ms2": 0.03,
            "gyro_rms_rads": 0.01,
            "travel_m": 0.0,
            "log_odds": (0.0, -3.0, -4.0, -8.0),
            "coverage": 1.0,
        }
        return Second(**(fields | changes))

    return build


@pytest.fixture
def bout() -> Callable[[int, int], Bout]:
    def build(n: int, length_s: int = 60) -> Bout:
        start_ms = (NOON_S + n) * 1000
        return Bout(
            start_ms=start_ms,
            end_ms=start_ms + length_s * 1000,
            session=NOON_S * 1000,
            state=PostureState.SITTING,
            rule="r1",
        )

    return build


@pytest.fixture
def event() -> Callable[[int], Event]:
    def build(n: int, kind: str = "transition") -> Event:
        return Event(
            kind=kind,
            t_ms=(NOON_S + n) * 1000,
            data={"from_state": "sitting", "to_state": "standing"},
        )

    return build
