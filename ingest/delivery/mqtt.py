"""The MQTT client of every service and screen: publish and forget, iterate over what arrives."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Final, NamedTuple, Self

from paho.mqtt.client import topic_matches_sub

from ingest.delivery.connection import Connection
from ingest.delivery.paho_client import SessionOptions
from ingest.delivery.paho_session import Arrival, PahoSession, SessionEvents

__all__ = ["Connection", "Incoming", "MqttClient"]

MAX_TELEMETRY: Final = 256  # QoS 0 messages kept for a slow reader: 12 s of the live trace
MAX_RECORDS: Final = 20_000  # QoS 1 messages kept for a slow reader; more is a reader that died


class Incoming(NamedTuple):
    """A message that arrived.

    Attributes:
        topic: where it was published.
        payload: its bytes, not yet trusted.
        retain: whether the broker had kept it from before the subscription.
    """

    topic: str
    payload: bytes
    retain: bool


class _Inbox:
    """Messages between paho's thread and the reader, in order, bounded by dropping the oldest."""

    def __init__(self) -> None:
        self.dropped = 0
        self._lock = threading.Lock()
        self._count = 0
        self._telemetry: deque[tuple[int, Incoming]] = deque()
        self._records: deque[tuple[int, Incoming]] = deque()

    def put(self, incoming: Incoming, *, telemetry: bool) -> None:
        queue, limit = (
            (self._telemetry, MAX_TELEMETRY) if telemetry else (self._records, MAX_RECORDS)
        )
        with self._lock:
            self._count += 1
            queue.append((self._count, incoming))
            if len(queue) > limit:
                queue.popleft()
                self.dropped += 1

    def take(self) -> Incoming | None:
        with self._lock:
            queues = [queue for queue in (self._telemetry, self._records) if queue]
            if not queues:
                return None
            return min(queues, key=lambda queue: queue[0][0]).popleft()[1]


class MqttClient:
    """A connection to a broker as an async context manager.

    Entering never waits for the broker: the connection comes up, and is restored, in the
    background. After each connection the subscriptions are made again and the newest retained
    QoS 1 payload of each topic is published again, so that a broker that forgot everything knows
    it. With a `will`, leaving the context publishes the will's payload before disconnecting.
    """

    def __init__(
        self,
        settings: Connection,
        *,
        client_id: str,
        will: tuple[str, bytes] | None = None,
        clean: bool = True,
    ) -> None:
        options = SessionOptions(client_id=client_id, will=will, clean=clean)
        events = SessionEvents(
            connected=lambda: self._call(self._announce),
            disconnected=lambda: self._call(self._settle),
            arrived=self._on_arrival,
            subscribed=lambda: self._call(self._ready.set),
        )
        self._session = PahoSession(settings, options, events)
        self._inbox = _Inbox()
        self._arrived = asyncio.Event()
        self._ready = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handlers: dict[str, Callable[[Incoming], None]] = {}
        self._retained: dict[str, bytes] = {}
        self._filters: list[str] = []
        self._closed = False

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._session.open()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._session.options.will is not None:
            topic, payload = self._session.options.will
            self._session.publish(topic, payload, qos=1, retain=True)
        await asyncio.to_thread(self._session.close)
        self._closed = True
        self._arrived.set()

    @property
    def connected(self) -> bool:
        """Return whether the broker has accepted us."""
        return self._session.connected

    @property
    def ready(self) -> bool:
        """Return whether the broker has also taken up the subscriptions made so far.

        An answer to what is published earlier may pass us by.
        """
        return self._session.subscribed

    @property
    def trouble(self) -> str:
        """Return why there is no connection, in words for the wearer; "" while there is one."""
        return self._session.trouble

    @property
    def dropped(self) -> int:
        """Return how many messages a slow reader has missed."""
        return self._inbox.dropped

    async def wait_connected(self, timeout_s: float | None) -> bool:
        """Return whether we are `ready` within `timeout_s` wall seconds (None: wait)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                # The event comes after the retained messages were published again.
                while not (self.ready and self._ready.is_set()):
                    self._settle()
                    await self._ready.wait()
        return self.ready

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """Publish and return at once.

        Without a connection the message is dropped, except that the newest retained QoS 1 payload
        of each topic follows when the connection comes up: what must not be lost goes through an
        outbox.
        """
        if retain and qos:
            self._retained[topic] = payload
        self._session.publish(topic, payload, qos=qos, retain=retain)

    def subscribe(self, topic_filter: str, qos: int) -> None:
        """Receive what matches the filter, from now on and after every reconnection."""
        self._filters.append(topic_filter)
        self._session.subscribe(topic_filter, qos)

    def handle(self, topic: str, handler: Callable[[Incoming], None], *, qos: int = 1) -> None:
        """Subscribe to one topic whose messages go to `handler`, in the loop, not to `messages`."""
        self._handlers[topic] = handler
        self.subscribe(topic, qos)

    async def messages(self) -> AsyncIterator[Incoming]:
        """Yield what arrives, in order, until the client is closed; for one reader.

        A reader that falls behind misses the oldest telemetry (QoS 0).
        """
        while not self._closed:
            self._arrived.clear()
            while (incoming := self._inbox.take()) is not None:
                yield incoming
            await self._arrived.wait()

    def _announce(self) -> None:
        for topic, payload in list(self._retained.items()):
            self._session.publish(topic, payload, qos=1, retain=True)

    def _settle(self) -> None:
        if not self.ready:
            self._ready.clear()

    def _on_arrival(self, arrival: Arrival) -> None:
        # In paho's thread.
        incoming = Incoming(arrival.topic, arrival.payload, arrival.retain)
        handler = self._handlers.get(arrival.topic)
        if handler is not None:
            self._call(handler, incoming)
        elif not arrival.retain or self._wanted(arrival.topic):
            self._inbox.put(incoming, telemetry=arrival.qos == 0)
            if not self._arrived.is_set():
                self._call(self._arrived.set)

    def _wanted(self, topic: str) -> bool:
        # The embedded broker sends a returning client the retained messages of every subscription.
        return any(topic_matches_sub(topic_filter, topic) for topic_filter in self._filters)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        # The loop may be closing while paho's thread still delivers.
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(function, *arguments)
