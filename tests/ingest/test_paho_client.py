"""What Lumbar's paho client does otherwise than paho's own, and that nothing else differs."""

import gc
import random
import socket

from paho.mqtt._packet import decode_publish
from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.delivery.connection import Connection
from ingest.delivery.paho_client import SessionOptions, quick_message
from ingest.delivery.paho_session import PahoSession, SessionEvents


def publish(topic, payload, *, mid=None, properties=b"\0"):
    number = b"" if mid is None else mid.to_bytes(2, "big")
    return len(topic).to_bytes(2, "big") + topic + number + properties + payload


def test_a_message_without_properties_is_read_as_paho_reads_it():
    rng = random.Random(1)
    for _ in range(200):
        topic = rng.randbytes(rng.randrange(1, 300))
        packet = publish(topic, rng.randbytes(rng.randrange(300)), mid=rng.randrange(1, 65536))
        retain = rng.randrange(2)
        quick = quick_message(0x32 | retain, bytearray(packet))
        slow = decode_publish(0x32 | retain, bytearray(packet), MQTTProtocolVersion.MQTTv5)
        assert isinstance(quick, MQTTMessage)
        assert (quick._topic, quick.payload, quick.mid) == (slow.topic, slow.payload, slow.mid)
        assert (quick.qos, quick.retain) == (slow.qos, slow.retain)


def test_everything_else_is_left_to_paho():
    properties = Properties(PacketTypes.PUBLISH)
    properties.TopicAlias = 3
    with_alias = publish(b"", b"x", mid=1, properties=properties.pack())
    assert quick_message(0x32, with_alias) is None
    assert quick_message(0x30, publish(b"t", b"x")) is None
    assert quick_message(0x34, publish(b"t", b"x", mid=1)) is None
    whole = publish(b"topic", b"", mid=1)
    assert [quick_message(0x32, whole[:n]) for n in range(len(whole))] == [None] * len(whole)


def open_sockets():
    found = [one for one in gc.get_objects() if isinstance(one, socket.socket)]
    return {one for one in found if one.fileno() != -1}


def test_a_closed_session_leaves_no_socket_to_the_garbage_collector():
    before = open_sockets()
    quiet = SessionEvents(
        connected=lambda: None, disconnected=lambda: None, arrived=lambda _arrival: None
    )
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        nowhere = Connection(port=nobody.getsockname()[1])
        session = PahoSession(nowhere, SessionOptions(client_id="a"), quiet)
        session.open()
        assert open_sockets() - before - {nobody}
        session.close()
    assert open_sockets() <= before
