"""How a paho client is made: protocol version, session, will, encryption, and a quicker reader."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt.client import PUBACK, Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.delivery.connection import Connection
from ingest.delivery.tls import context_for

KEEP_ALIVE_S: Final = 10
CONNECT_TIMEOUT_S: Final = 5.0
FIRST_RETRY_S: Final = 0.25  # a broker that restarts is back within a second
MAX_RETRY_S: Final = 15.0
SESSION_EXPIRY_S: Final = 7 * 86_400  # a recorder that was off over a long weekend
RECEIVE_MAXIMUM: Final = 500  # unacknowledged messages a manually acknowledging client accepts

_QOS_1: Final = 0x02  # of the two bits in a PUBLISH packet's first byte
_QOS_BITS: Final = 0x06
_RETAIN_BIT: Final = 0x01
_PUBACK: Final = struct.Struct("!BBH")
_PUBACK_REST: Final = 2  # bytes behind the length: the message's number


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """What differs between clients.

    Attributes:
        client_id: name at the broker; with `clean=False` the name of the durable session.
        will: topic and payload (QoS 1, retained) the broker publishes when we vanish.
        clean: whether the broker forgets us when we disconnect.
        manual_ack: whether `acknowledge` is called for each message instead of at delivery.
    """

    client_id: str
    will: tuple[str, bytes] | None = None
    clean: bool = True
    manual_ack: bool = False


class QuickClient(Client):
    """paho's client, which does not spend half its time on properties that a message has not."""

    def _handle_publish(self) -> MQTTErrorCode:
        # paho 2.2 builds a table of MQTT 5's properties for every message (18 of 36 µs). A paho
        # without this method of its own never calls ours, which costs no more than the time.
        message = quick_message(self._in_packet["command"], self._in_packet["packet"])
        if message is None or self._protocol != MQTTProtocolVersion.MQTTv5:
            return super()._handle_publish()
        self._handle_on_message(message)
        return (
            MQTTErrorCode.MQTT_ERR_SUCCESS if self._manual_ack else self._send_puback(message.mid)
        )

    def ack_all(self, mids: Sequence[int]) -> None:
        """Acknowledge messages of QoS 1 in one write; one by one takes two system calls each."""
        packets = b"".join(_PUBACK.pack(PUBACK, _PUBACK_REST, mid) for mid in mids)
        self._packet_queue(PUBACK, packets, 0, 1)

    def release(self) -> None:
        """Close the sockets of a client whose thread has ended; nothing may be published after.

        paho leaves the pair that wakes its thread to the garbage collector.
        """
        self._reset_sockets()


def quick_message(first_byte: int, packet: bytes | bytearray) -> MQTTMessage | None:
    """Return the message of an MQTT 5 PUBLISH packet; None unless it is QoS 1 and property-free."""
    if first_byte & _QOS_BITS != _QOS_1 or len(packet) < 5:
        return None
    end = 2 + int.from_bytes(packet[:2], "big")
    if packet[end + 2 : end + 3] != b"\0":
        return None
    message = MQTTMessage(int.from_bytes(packet[end : end + 2], "big"), bytes(packet[2:end]))
    message.qos = 1
    message.retain = bool(first_byte & _RETAIN_BIT)
    message.payload = bytes(packet[end + 3 :])
    return message


def client_for(
    connection: Connection,
    options: SessionOptions,
    *,
    five: bool,
    on_tls_failure: Callable[[str], None],
) -> QuickClient:
    """Return a client that was not started; `five` says MQTT 5 instead of 3.1.1."""
    client = QuickClient(
        CallbackAPIVersion.VERSION2,
        client_id=options.client_id,
        clean_session=None if five else options.clean,
        protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
        manual_ack=options.manual_ack,
    )
    client.suppress_exceptions = True
    client.connect_timeout = CONNECT_TIMEOUT_S
    # paho's annotation says int, its arithmetic takes any number
    client.reconnect_delay_set(FIRST_RETRY_S, MAX_RETRY_S)  # type: ignore[arg-type]
    if connection.username:
        client.username_pw_set(connection.username, connection.password)
    if connection.tls:
        client.tls_set_context(context_for(connection, on_tls_failure))
    if options.will is not None:
        client.will_set(*options.will, qos=1, retain=True)
    client.on_socket_open = _send_at_once
    return client


def start(client: Client, connection: Connection, options: SessionOptions, *, five: bool) -> None:
    """Connect in the background, in a thread of the client's own."""
    where: dict[str, Any] = {"host": connection.host, "port": connection.port}
    if five:
        # Both must be said on the first connection too: paho's default keeps no session then.
        where["clean_start"] = options.clean
        where["properties"] = _connect_properties(options)
    client.connect_async(keepalive=KEEP_ALIVE_S, **where)
    client.loop_start()


def _send_at_once(_client: Client, _userdata: Any, sock: Any) -> None:
    # Nagle's algorithm and delayed acknowledgements together hold a small message for 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _connect_properties(options: SessionOptions) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own gap
    if not options.clean:
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
    if options.manual_ack:
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
    return properties
