"""One connection to a broker, kept up by paho's own thread.

It reconnects with back-off, subscribes again after every connection, falls back from MQTT 5 to
3.1.1 and never raises out of a callback. Only this module and `paho_client` know paho.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from paho.mqtt.client import (
    Client,
    ConnectFlags,
    DisconnectFlags,
    MQTTMessage,
    MQTTMessageInfo,
)
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.delivery.connection import Connection
from ingest.delivery.paho_client import QuickClient, SessionOptions, client_for, start

logger = logging.getLogger(__name__)

GOODBYE_S: Final = 1.0  # a broker that is there acknowledges within milliseconds
BRIEF_S: Final = 10.0  # a connection that ends sooner was no good one
BRIEF_ONES: Final = 4  # so many in a row are no accident


class Arrival(NamedTuple):
    """A message as the broker delivered it; the last three are what its acknowledgement needs."""

    topic: str
    payload: bytes
    retain: bool
    qos: int
    mid: int
    connection: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvents:
    """Who is told, in paho's thread; each must return at once and raise nothing.

    Attributes:
        connected: the broker accepted us and the subscriptions were sent again.
        disconnected: the connection is gone; it is being restored.
        arrived: a message came.
        subscribed: the broker has answered every subscription made so far.
    """

    connected: Callable[[], None]
    disconnected: Callable[[], None]
    arrived: Callable[[Arrival], None]
    subscribed: Callable[[], None] = lambda: None


class PahoSession:
    """Keeps one connection up between `open` and `close`; all methods may be called anywhere."""

    def __init__(
        self, connection: Connection, options: SessionOptions, events: SessionEvents
    ) -> None:
        self.connection = connection
        self.options = options
        self.trouble = ""
        """Why there is no connection, in words for the wearer; "" while there is one."""
        self._events = events
        self._subscriptions: dict[str, int] = {}
        self._unanswered: set[int | None] = set()
        self._lock = threading.Lock()
        self._connected = False
        self._connections = 0
        self._connected_at = 0.0
        self._brief = 0
        self._logged = ""
        self._tls_failure = ""
        self._answered = False
        self._closing = False
        self._newest: MQTTMessageInfo | None = None
        self._version = "5" if connection.version == "auto" else connection.version
        self._client = self._make()

    @property
    def connected(self) -> bool:
        """Return whether the broker has accepted us."""
        return self._connected

    @property
    def subscribed(self) -> bool:
        """Return whether the broker has also answered every subscription made so far."""
        with self._lock:
            return self._connected and not self._unanswered

    @property
    def version(self) -> str:
        """Return the MQTT version in use."""
        return self._version

    def open(self) -> None:
        """Start connecting in the background."""
        self._start(self._client)

    def close(self) -> None:
        """Disconnect once the newest QoS 1 message was acknowledged, and end the thread.

        The embedded broker may drop what reaches it together with the goodbye.
        """
        client = self._client
        if self._connected and self._newest is not None:
            with contextlib.suppress(RuntimeError, ValueError):  # it never left
                self._newest.wait_for_publish(GOODBYE_S)
        self._closing = True
        self._connected = False
        client.disconnect()
        client.loop_stop()
        client.release()

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        """Queue a message; without a connection it is dropped."""
        if self._connected:
            info = self._client.publish(topic, payload, qos=qos, retain=retain)
            self._newest = info if qos else self._newest

    def subscribe(self, topic_filter: str, qos: int) -> None:
        """Subscribe now and after every reconnection."""
        with self._lock:
            self._subscriptions[topic_filter] = qos
            if self._connected:
                self._unanswered.add(self._client.subscribe(topic_filter, qos)[1])

    def acknowledge(self, arrivals: Iterable[Arrival]) -> None:
        """Tell the broker that messages were dealt with (manual_ack only)."""
        # The broker numbers anew after a reconnection and delivers again what was not acknowledged.
        ours = [a.mid for a in arrivals if a.qos and a.connection == self._connections]
        if ours:
            self._client.ack_all(ours)

    def _make(self) -> QuickClient:
        five = self._version == "5"
        client = client_for(
            self.connection, self.options, five=five, on_tls_failure=self._on_tls_failure
        )
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        return client

    def _start(self, client: QuickClient) -> None:
        start(client, self.connection, self.options, five=self._version == "5")

    def _on_connect(
        self,
        client: Client,
        _userdata: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refused(client, reason)
            return
        if self._closing:  # who has gone must not say after it that it is there
            return
        self.trouble = ""
        with self._lock:
            self._connected = True
            self._connections += 1
            self._connected_at = time.monotonic()
            self._unanswered.clear()
            if self._subscriptions:
                mid = client.subscribe(list(self._subscriptions.items()))[1]
                self._unanswered.add(mid)
        logger.debug("%s is connected to %s", self.options.client_id, self.connection.address)
        self._events.connected()
        if self.subscribed:
            self._events.subscribed()

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: Any,
        mid: int,
        _reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        # A refusal is an answer too: whoever waits shall not wait for ever.
        with self._lock:
            self._unanswered.discard(mid)
        if self.subscribed:
            self._events.subscribed()

    def _refused(self, client: Client, reason: ReasonCode) -> None:
        if reason == "Unsupported protocol version":
            self._fall_back(client)
            return
        self._answered = True
        self._say(f"the broker at {self.connection.address} refused us: {reason}")

    def _fall_back(self, client: Client) -> None:
        """Replace the client by one that speaks 3.1.1; the old one's thread ends by itself."""
        if self.connection.version != "auto":
            self._say(f"the broker at {self.connection.address} does not speak MQTT 5")
            return
        client.on_disconnect = None
        client.disconnect()
        self._version = "3.1.1"
        self._client = self._make()
        self._start(self._client)

    def _on_connect_fail(self, _client: Client, _userdata: Any) -> None:
        why, self._tls_failure = self._tls_failure, ""
        if why:
            self._say(f"the broker at {self.connection.address}: {why}")
        else:
            self._say(f"no broker answers at {self.connection.address}")

    def _on_tls_failure(self, why: str) -> None:
        self._tls_failure = why

    def _on_disconnect(
        self,
        client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        was_connected, self._connected = self._connected, False
        if was_connected and not self._closing:
            self._lost(reason)
            self._events.disconnected()
        if was_connected:
            return
        answered, self._answered = self._answered, False
        # Some brokers answer a version that they do not know with silence.
        if self._version == "5" and not answered and not self._closing:
            self._fall_back(client)

    def _lost(self, reason: ReasonCode) -> None:
        if time.monotonic() - self._connected_at >= BRIEF_S:
            self._brief, self._logged = 0, ""
        self._brief += 1
        if self._brief < BRIEF_ONES:
            self._say(f"the connection to {self.connection.address} was lost ({reason})")
        else:
            self._say(
                f"the broker at {self.connection.address} hangs up again and again: "
                f"does another program call itself {self.options.client_id}?"
            )

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self._events.arrived(
            Arrival(
                topic,
                bytes(message.payload),
                message.retain,
                message.qos,
                message.mid,
                self._connections,
            )
        )

    def _say(self, trouble: str) -> None:
        # Each new trouble once: a broker that is away for a night shall not fill a log.
        self.trouble = trouble
        if trouble != self._logged:
            self._logged = trouble
            logger.warning("%s: %s", self.options.client_id, trouble)
