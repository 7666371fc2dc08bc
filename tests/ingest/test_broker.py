"""The embedded broker lets in who has the token; the client keeps its promises on top of it."""

import asyncio
import dataclasses
import socket
import threading

import pytest
from patience import eventually

from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MAX_TELEMETRY, MqttClient
from ingest.errors import BrokerError
from ingest.settings import MqttSettings

TOKEN = "a" * 64


@pytest.fixture
async def broker():
    async with EmbeddedBroker(token=TOKEN) as running:
        yield running


async def next_message(client):
    async with asyncio.timeout(60):
        return await anext(client.messages())


async def test_who_has_no_token_or_a_wrong_one_gets_nothing(broker):
    async def try_with(change):
        connection = dataclasses.replace(broker.connection, **change)
        async with MqttClient(connection, client_id="stranger") as stranger:
            await eventually(lambda: "refused us" in stranger.trouble)
            assert not stranger.connected

    changes = ({"password": "b" * 64}, {"username": "", "password": ""}, {"username": "x"})
    await asyncio.gather(*map(try_with, changes))


@pytest.mark.parametrize("clean", [True, False])
async def test_a_stranger_who_takes_the_name_of_a_service_cannot_disturb_it(broker, clean):
    strange = dataclasses.replace(broker.connection, password="wrong")
    will = ("lumbar/w1/nudge", b"forged")
    async with (
        MqttClient(broker.connection, client_id="service") as service,
        MqttClient(broker.connection, client_id="other") as other,
    ):
        service.subscribe("lumbar/w1/stored", 1)
        other.subscribe("lumbar/w1/nudge", 1)
        assert await service.wait_connected(60)
        assert await other.wait_connected(60)
        async with MqttClient(strange, client_id="service", will=will, clean=clean) as stranger:
            await eventually(lambda: stranger.trouble)
            assert not stranger.connected
        other.publish("lumbar/w1/stored", b"still here", qos=1)
        assert (await next_message(service)).payload == b"still here"
        service._session._client._sock_close()
        other.publish("lumbar/w1/nudge", b"true", qos=1)
        assert (await next_message(other)).payload == b"true"


async def test_the_newer_of_two_clients_of_one_name_is_served(broker):
    async with MqttClient(broker.connection, client_id="same") as older:
        assert await older.wait_connected(60)
        # Two live clients of one name would take the connection from each other for ever.
        older._session._client._reconnect_on_failure = False
        async with MqttClient(broker.connection, client_id="same") as newer:
            newer.subscribe("lumbar/w1/event", 1)
            assert await newer.wait_connected(60)
            newer.publish("lumbar/w1/event", b"x", qos=1)
            assert (await next_message(newer)).payload == b"x"
            async with asyncio.timeout(60):
                while older.connected:  # noqa: ASYNC110 - paho's thread signals nothing
                    await asyncio.sleep(0.01)


async def test_a_reader_gets_only_what_it_subscribed_to_of_what_is_retained(broker):
    async with MqttClient(broker.connection, client_id="gateway") as gateway:
        assert await gateway.wait_connected(60)
        for name in ("link", "status"):
            gateway.publish(f"lumbar/w1/{name}", name.encode(), qos=1, retain=True)
            async with MqttClient(broker.connection, client_id=f"reader-{name}") as reader:
                reader.subscribe(f"lumbar/w1/{name}", 1)
                assert await reader.wait_connected(60)
                assert (await next_message(reader)).topic == f"lumbar/w1/{name}"


async def test_a_port_in_use_is_one_clear_line(broker):
    with pytest.raises(BrokerError, match=rf"127\.0\.0\.1:{broker.port} .*in use") as raised:
        async with EmbeddedBroker(token=TOKEN, port=broker.port):
            pass
    assert "\n" not in str(raised.value)


async def test_it_listens_on_the_loopback_only_and_leaves_nothing_behind():
    before = set(threading.enumerate())
    async with EmbeddedBroker(token=TOKEN) as running:
        assert running.connection.host == "127.0.0.1"
    assert {thread for thread in threading.enumerate() if thread not in before} <= {
        thread for thread in threading.enumerate() if thread.name.startswith("asyncio_")
    }
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", running.port)) != 0


async def test_a_port_that_was_asked_for_can_be_taken_again_at_once():
    async with EmbeddedBroker(token=TOKEN) as first:
        port = first.port
    async with EmbeddedBroker(token=TOKEN, port=port) as second:
        assert second.port == port


async def test_what_is_published_arrives_in_order(broker):
    async with (
        MqttClient(broker.connection, client_id="a") as sender,
        MqttClient(broker.connection, client_id="b") as reader,
    ):
        reader.subscribe("lumbar/w1/#", 1)
        await reader.wait_connected(60)
        await sender.wait_connected(60)
        for n in range(300):
            sender.publish("lumbar/w1/event", str(n).encode(), qos=1)
        got = []
        async with asyncio.timeout(60):
            async for incoming in reader.messages():
                got.append(int(incoming.payload))
                if len(got) == 300:
                    break
        assert got == list(range(300))


async def test_retained_state_is_published_when_the_broker_comes_up_later():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    connection = Connection.embedded(port=port, token=TOKEN)
    async with MqttClient(connection, client_id="a") as sender:
        sender.publish("lumbar/w1/link", b"old", qos=1, retain=True)
        sender.publish("lumbar/w1/link", b"new", qos=1, retain=True)
        await eventually(lambda: "no broker answers" in sender.trouble)
        assert not sender.connected
        async with EmbeddedBroker(token=TOKEN, port=port):
            assert await sender.wait_connected(60)
            async with MqttClient(connection, client_id="b") as reader:
                reader.subscribe("lumbar/w1/link", 1)
                assert (await next_message(reader)).payload == b"new"


async def test_a_broker_that_comes_back_is_found_and_subscriptions_are_made_again():
    async with EmbeddedBroker(token=TOKEN) as first:
        port = first.port
        client = MqttClient(first.connection, client_id="a")
        await client.__aenter__()
        client.subscribe("lumbar/w1/event", 1)
        assert await client.wait_connected(60)
    try:
        async with EmbeddedBroker(token=TOKEN, port=port):
            async with asyncio.timeout(60):
                while not client.connected:
                    await client.wait_connected(1)
            await asyncio.sleep(0.1)
            client.publish("lumbar/w1/event", b"again", qos=1)
            assert (await next_message(client)).payload == b"again"
    finally:
        await client.__aexit__()


async def test_leaving_announces_the_will_before_the_goodbye(broker):
    async with MqttClient(broker.connection, client_id="b") as reader:
        reader.subscribe("lumbar/w1/availability/x", 1)
        will = ("lumbar/w1/availability/x", b"gone")
        async with MqttClient(broker.connection, client_id="a", will=will) as leaving:
            await leaving.wait_connected(60)
            await reader.wait_connected(60)
        assert (await next_message(reader)).payload == b"gone"


async def test_a_slow_reader_misses_the_oldest_telemetry_and_no_record(broker):
    async with (
        MqttClient(broker.connection, client_id="a") as sender,
        MqttClient(broker.connection, client_id="b") as reader,
    ):
        reader.subscribe("lumbar/w1/angle", 0)
        reader.subscribe("lumbar/w1/event", 1)
        await reader.wait_connected(60)
        await sender.wait_connected(60)
        for n in range(2 * MAX_TELEMETRY):
            sender.publish("lumbar/w1/angle", str(n).encode())
            if n % 8 == 0:
                sender.publish("lumbar/w1/event", str(n).encode(), qos=1)
        sender.publish("lumbar/w1/event", b"last", qos=1)
        async with asyncio.timeout(60):
            while reader.dropped < MAX_TELEMETRY:  # noqa: ASYNC110 - paho's thread signals nothing
                await asyncio.sleep(0.02)
        angles, events = [], []
        async with asyncio.timeout(60):
            async for incoming in reader.messages():
                kept = angles if incoming.topic.endswith("angle") else events
                kept.append(incoming.payload)
                if incoming.payload == b"last":
                    break
        assert angles[-1] == str(2 * MAX_TELEMETRY - 1).encode()
        assert len(angles) <= MAX_TELEMETRY
        assert len(events) == 2 * MAX_TELEMETRY / 8 + 1


def test_a_plain_connection_to_another_host_is_refused_unless_it_is_allowed():
    with pytest.raises(BrokerError, match="not encrypted"):
        Connection(host="broker.example.org")
    assert Connection(host="broker.example.org", allow_plain=True).host == "broker.example.org"
    assert Connection(host="broker.example.org", tls=True).tls
    for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1"):
        assert Connection(host=host).host == host
    for host in ("127.0.0.1.example.org", "10.0.0.1", "localhost.example.org"):
        with pytest.raises(BrokerError):
            Connection(host=host)


def test_settings_without_a_host_say_what_to_do():
    with pytest.raises(BrokerError, match="lumbar up"):
        Connection.of(MqttSettings())


def test_a_password_is_not_shown():
    assert "secret" not in repr(Connection(password="secret"))


def test_a_certificate_that_cannot_be_read_is_one_clear_line():
    with pytest.raises(BrokerError, match=r"/nowhere/ca\.pem"):
        MqttClient(Connection(tls=True, ca_file="/nowhere/ca.pem"), client_id="a")
