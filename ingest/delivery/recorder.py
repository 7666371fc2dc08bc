"""Takes records from the broker into the store and confirms what is safely there.

One thread does everything behind the network: decode, commit, confirm, acknowledge. Messages that
arrive during a commit share the next one, so the rate of commits follows the speed of the disk.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple, Self

from ingest import topics
from ingest.delivery.arrivals import Arrivals
from ingest.delivery.connection import Connection
from ingest.delivery.dead_letters import DeadLetters
from ingest.delivery.paho_client import SessionOptions
from ingest.delivery.paho_session import Arrival, PahoSession, SessionEvents
from ingest.delivery.reception import RECORD_TOPICS, Received, confirmations, receive
from ingest.errors import BadPayloadError, StoreError, StoreRefusedError
from ingest.messages import Availability, encode
from ingest.records import EventKinds
from ingest.store.base import Store
from ingest.topics import ANY_WEARER

logger = logging.getLogger(__name__)

PATIENCE_S: Final = (
    1.0  # that the network may wait for the store; a keep-alive takes ten times that
)
FIRST_RETRY_S: Final = 0.25
MAX_RETRY_S: Final = 30.0
REFUSED_RETRY_S: Final = 30.0  # a wrong token is not cured by asking more often


def retry_s(attempt: int, error: StoreError) -> float:
    """Return how long to wait before a store that failed `attempt` times in a row is tried."""
    if isinstance(error, StoreRefusedError):
        return REFUSED_RETRY_S
    return min(MAX_RETRY_S, FIRST_RETRY_S * 2.0 ** (attempt - 1))


@dataclass(slots=True)
class RecorderStats:
    """What a recorder has done since its start.

    Attributes:
        messages: messages taken from the broker.
        stored: records stored, repetitions included.
        dead_letters: messages refused.
        deferred: messages left to be published again because too many were waiting.
        failures: attempts to write that the store did not take.
        trouble: why nothing is stored at the moment, in words for the wearer, or "".
    """

    messages: int = 0
    stored: int = 0
    dead_letters: int = 0
    deferred: int = 0
    failures: int = 0
    trouble: str = ""


class _Sound(NamedTuple):
    """A message that could be read."""

    arrival: Arrival
    content: Received


class Recorder:
    """Records what arrives for one wearer or for all ("+") until its context is left.

    The store is opened, used and closed in the recorder's own thread. While it cannot be written
    nothing is confirmed, so nothing is lost. A record that no store could take (an event of an
    undeclared kind) is confirmed once it is a dead letter on disk.

    With `share`, recorders of the same group share the messages of a broker that knows `$share`.
    Without, `availability/recorder` says whether it is there, of the wearer or of everybody; of one
    with a `name` of its own it is `availability/recorder@<name>`. Raises ValueError for a name that
    cannot stand there.
    """

    def __init__(
        self,
        connection: Connection,
        store_factory: Callable[[], Store],
        kinds: EventKinds,
        *,
        name: str,
        wearers: str = ANY_WEARER,
        share: str = "",
        dead_letters: Path | None = None,
        retry: Callable[[int, StoreError], float] = retry_s,
    ) -> None:
        self.stats = RecorderStats()
        self._name = name
        self._store_factory = store_factory
        self._kinds = kinds
        self._retry = retry
        self._dead_letters = DeadLetters(dead_letters)
        whose = topics.EVERYBODY if wearers == ANY_WEARER else wearers
        # Of recorders that share one may be away without anybody missing it.
        service = topics.recorder_part(name)
        self._availability = None if share else topics.AVAILABILITY.of(whose, service)
        self._session = self._make_session(connection, wearers, share)
        self._arrivals = Arrivals()
        self._thread = threading.Thread(target=self._run, name=f"recorder-{name}", daemon=True)

    def _make_session(self, connection: Connection, wearers: str, share: str) -> PahoSession:
        # Another choice of wearers is another session: a kept one would keep its subscriptions.
        whose = "all" if wearers == ANY_WEARER else wearers
        options = SessionOptions(
            client_id=f"lumbar-recorder-{self._name}-{whose}",
            will=self._state("offline"),
            # A sharing member that is away must not sit on messages the others could store.
            clean=bool(share) or not connection.durable,
            manual_ack=True,
        )
        events = SessionEvents(
            connected=lambda: self._announce("online"),
            disconnected=lambda: None,
            arrived=self._on_arrival,
        )
        session = PahoSession(connection, options, events)
        for topic in RECORD_TOPICS:
            prefix = f"$share/{share}/" if share else ""
            session.subscribe(prefix + topic.of(wearers), topic.qos)
        return session

    async def __aenter__(self) -> Self:
        self._thread.start()
        self._session.open()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._arrivals.stop()
        await asyncio.to_thread(self._thread.join)
        self._announce("offline")
        await asyncio.to_thread(self._session.close)

    def _on_arrival(self, arrival: Arrival) -> None:
        # While the store works, a broker that sends faster waits; else its messages come again.
        if not self._arrivals.put(arrival, patience_s=0.0 if self.stats.trouble else PATIENCE_S):
            self.stats.deferred += 1
            # Its outbox offers it again; a broker that waits for the answer might send no more.
            self._session.acknowledge([arrival])

    def _state(self, state: Literal["online", "offline"]) -> tuple[str, bytes] | None:
        """Return topic and payload of our availability; None for a recorder that shares."""
        if self._availability is None:
            return None
        reason = self.stats.trouble[:400] if state == "online" else ""
        return self._availability, encode(Availability(state=state, reason=reason))

    def _announce(self, state: Literal["online", "offline"]) -> None:
        said = self._state(state)
        if said is not None:
            self._session.publish(*said, qos=1, retain=True)

    def _run(self) -> None:
        store: Store | None = None
        while (arrivals := self._arrivals.take()) is not None:
            if arrivals:
                store = self._record(store, arrivals)
        if store is not None:
            store.close()

    def _record(self, store: Store | None, arrivals: Sequence[Arrival]) -> Store | None:
        """Store what can be stored, confirm and acknowledge it; return the open store."""
        self.stats.messages += len(arrivals)
        received = [one for one in map(self._receive, arrivals) if one is not None]
        attempt = 0
        while True:
            try:
                store = store or self._opened()
                confirmed = self._store(store, received)
                break
            except StoreError as error:
                attempt += 1
                self._trouble(error)
                if not self._arrivals.pause(self._retry(attempt, error)):
                    return store
        self._recovered()
        for topic, payload in confirmations(confirmed, recorder=self._name):
            self._session.publish(topic, payload, qos=1, retain=False)
        self._session.acknowledge(arrivals)
        return store

    def _opened(self) -> Store:
        try:
            return self._store_factory()
        except StoreError:
            raise
        except Exception as error:  # our thread must not end silently, whatever it is
            raise StoreRefusedError(f"the store cannot be opened ({error!r})") from error

    def _store(self, store: Store, received: Sequence[_Sound]) -> list[Received]:
        """Store the messages and return those that need not be offered again.

        A store that fails in a way its contract does not know was given something that it cannot
        hold; halving finds which message that is, and the others are stored.
        """
        entries = [entry for one in received for entry in one.content.entries]
        try:
            if entries:
                store.write(entries)
        except StoreError:
            raise
        except Exception as error:
            if len(received) > 1:
                middle = len(received) // 2
                return self._store(store, received[:middle]) + self._store(store, received[middle:])
            logger.exception("the store cannot hold a message")
            kept = self._bury(received[0].arrival, f"the store cannot hold it: {error!r}")
            return [received[0].content] if kept else []
        self.stats.stored += len(entries)
        return [one.content for one in received]

    def _receive(self, arrival: Arrival) -> _Sound | None:
        """Return the content of a message; None when it is a dead letter that confirms nothing."""
        try:
            content = receive(arrival.topic, arrival.payload, self._kinds)
        except BadPayloadError as error:
            self._bury(arrival, error.why)
            return None
        if content.refusal and not self._bury(arrival, content.refusal):
            return None
        return _Sound(arrival, content)

    def _bury(self, arrival: Arrival, why: str) -> bool:
        self.stats.dead_letters += 1
        now_ms = time.time_ns() // 1_000_000
        return self._dead_letters.add(
            topic=arrival.topic, payload=arrival.payload, why=why, at_ms=now_ms
        )

    def _trouble(self, error: StoreError) -> None:
        self.stats.failures += 1
        if str(error) != self.stats.trouble:
            logger.warning("nothing is recorded at the moment: %s", error)
            self.stats.trouble = str(error)
            self._announce("online")

    def _recovered(self) -> None:
        if self.stats.trouble:
            logger.warning("recording again")
            self.stats.trouble = ""
            self._announce("online")


async def run_recorder(
    connection: Connection,
    store_factory: Callable[[], Store],
    kinds: EventKinds,
    *,
    name: str = "recorder",
    wearers: str = ANY_WEARER,
    share: str = "",
    dead_letters: Path | None = None,
) -> None:
    """Record until cancelled: the whole of `lumbar record`."""
    recorder = Recorder(
        connection,
        store_factory,
        kinds,
        name=name,
        wearers=wearers,
        share=share,
        dead_letters=dead_letters,
    )
    async with recorder:
        await asyncio.Event().wait()
