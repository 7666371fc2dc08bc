"""The client against a real broker: versions, durable sessions, TLS."""

import asyncio
import contextlib
import subprocess

import pytest
from patience import eventually

from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MqttClient
from ingest.homeassistant import STATUS_TOPIC, HomeAssistant, config_topic, discovery


async def received(client, count, timeout_s=60):
    got = []
    async with asyncio.timeout(timeout_s):
        async for incoming in client.messages():
            got.append(incoming.payload)
            if len(got) == count:
                return got
    return got


@contextlib.asynccontextmanager
async def imitation(speak):
    """Serve `speak(reader, writer)` on a port; every conversation ends with the block.

    One that outlives the event loop is found by the garbage collector of some later test.
    """
    conversations = []

    async def converse(reader, writer):
        conversations.append(asyncio.current_task())
        await speak(reader, writer)
        await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.gather(*conversations)


async def test_version_five_is_used_where_it_is_offered(mosquitto):
    for version, used in (("auto", "5"), ("5", "5"), ("3.1.1", "3.1.1")):
        connection = mosquitto.connection(version=version)
        async with MqttClient(connection, client_id="a") as client:
            assert await client.wait_connected(60)
            assert client._session.version == used
            client.subscribe("lumbar/w1/event", 1)
            assert await client.wait_connected(60)
            client.publish("lumbar/w1/event", b"x", qos=1)
            assert await received(client, 1) == [b"x"]


async def test_a_broker_without_version_five_is_spoken_to_in_the_older_one():
    refusal = bytes([0x20, 2, 0, 1])  # CONNACK: unacceptable protocol version
    acceptance = bytes([0x20, 2, 0, 0])
    levels = []

    async def old_broker(reader, writer):
        connect = await reader.read(200)
        levels.append(connect[8])
        writer.write(acceptance if connect[8] == 4 else refusal)

    async with (
        imitation(old_broker) as port,
        MqttClient(Connection(port=port), client_id="a") as client,
    ):
        assert await client.wait_connected(60)
        assert client._session.version == "3.1.1"
    assert levels == [5, 4]


async def test_nobody_counts_as_connected_before_the_broker_has_taken_up_the_subscriptions():
    let_subscribe = asyncio.Event()

    async def slow_broker(reader, writer):
        await reader.read(200)
        writer.write(bytes([0x20, 2, 0, 0]))  # CONNACK
        subscribe = await reader.read(200)
        await let_subscribe.wait()
        writer.write(bytes([0x90, 3, *subscribe[2:4], 1]))  # SUBACK

    async with (
        imitation(slow_broker) as port,
        MqttClient(Connection(port=port, version="3.1.1"), client_id="a") as client,
    ):
        client.subscribe("lumbar/w1/reply/+", 1)
        assert not await client.wait_connected(0.3)
        assert client.connected
        let_subscribe.set()
        assert await client.wait_connected(60)


async def test_home_assistant_is_told_again_when_it_comes_back_and_forgets_on_request(mosquitto):
    topic = config_topic("w1")
    async with (
        MqttClient(mosquitto.connection(), client_id="gateway") as gateway,
        MqttClient(mosquitto.connection(), client_id="home") as home,
    ):
        announced = HomeAssistant(gateway, wearer="w1")
        assert await gateway.wait_connected(60)
        home.subscribe(topic, 1)
        assert await received(home, 1) == [discovery("w1")]
        home.publish(STATUS_TOPIC, b"online", qos=1)
        assert await received(home, 1) == [discovery("w1")]
        announced.remove()
        assert await received(home, 1) == [b""]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_durable_session_is_kept_while_its_client_is_away(mosquitto, version):
    connection = mosquitto.connection(version=version)
    for _ in range(2):
        async with MqttClient(connection, client_id="durable", clean=False) as client:
            client.subscribe("lumbar/w1/event", 1)
            assert await client.wait_connected(60)
        async with MqttClient(connection, client_id="sender") as sender:
            assert await sender.wait_connected(60)
            for n in range(20):
                sender.publish("lumbar/w1/event", str(n).encode(), qos=1)
            await asyncio.sleep(0.1)
        async with MqttClient(connection, client_id="durable", clean=False) as client:
            assert await received(client, 20) == [str(n).encode() for n in range(20)]


async def test_the_will_speaks_for_a_client_that_vanished(mosquitto):
    async with MqttClient(mosquitto.connection(), client_id="watch") as watch:
        watch.subscribe("lumbar/w1/availability/x", 1)
        assert await watch.wait_connected(60)
        will = ("lumbar/w1/availability/x", b"gone")
        vanishing = MqttClient(mosquitto.connection(), client_id="vanishing", will=will)
        async with vanishing:
            assert await vanishing.wait_connected(60)
            vanishing._session._client._sock_close()
            assert (await received(watch, 1)) == [b"gone"]


CERTIFICATES = """
req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem
req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout s.key -out s.csr
x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out s.pem -extfile names
"""


def make_certificates(folder, openssl):
    """Make an authority and a server certificate that it signed."""
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for line in CERTIFICATES.strip().splitlines():
        subprocess.run([openssl, *line.split()], check=True, capture_output=True, cwd=folder)


def other_authority(folder, openssl):
    """Return the file of an authority that signed nothing."""
    line = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout o.key -out o.pem"
    subprocess.run([openssl, *line.split()], check=True, capture_output=True, cwd=folder)
    return str(folder / "o.pem")


async def test_tls_trusts_the_authority_it_was_given_and_no_other(
    start_mosquitto, system_program, tmp_path
):
    make_certificates(tmp_path, system_program("openssl"))
    broker = start_mosquitto(
        listener=f"certfile {tmp_path}/s.pem\nkeyfile {tmp_path}/s.key\ncafile {tmp_path}/ca.pem"
    )
    trusting = broker.connection(tls=True, ca_file=str(tmp_path / "ca.pem"), host="localhost")
    async with MqttClient(trusting, client_id="a") as client:
        assert await client.wait_connected(60), client.trouble
    other = other_authority(tmp_path, system_program("openssl"))
    for doubtful in (
        broker.connection(tls=True, ca_file=other),
        broker.connection(tls=True, ca_file=other, version="3.1.1"),
    ):
        async with MqttClient(doubtful, client_id="b") as client:
            await eventually(lambda: "certificate is not trusted" in client.trouble)
            assert not client.connected
