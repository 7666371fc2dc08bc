"""A broker can be made to forget a wearer, and only that one."""

import asyncio
import socket

import pytest

from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MqttClient
from ingest.errors import BrokerError
from ingest.messages import Availability, encode
from ingest.retained import availability_of, forget_retained


async def retain(broker, *topics, payload=b"x"):
    """Let the broker retain a message on each topic; return when it has handed on all of them."""
    async with MqttClient(broker.connection, client_id="a") as mqtt, asyncio.timeout(60):
        for topic in topics:
            mqtt.subscribe(topic, 1)
        assert await mqtt.wait_connected(60)
        for topic in topics:
            mqtt.publish(topic, payload, qos=1, retain=True)
        missing = set(topics)
        async for incoming in mqtt.messages():
            missing.discard(incoming.topic)
            if not missing:
                return


async def test_what_is_retained_of_a_wearer_is_cleared_and_nothing_else():
    topics = ["lumbar/w1/link", "lumbar/w1/status", "homeassistant/device/lumbar_w1/config"]
    other = "lumbar/w10/link"
    async with EmbeddedBroker(token="t" * 32) as broker:
        await retain(broker, *topics, other)
        assert await forget_retained(broker.connection, "w1") == sorted(topics)
        assert await forget_retained(broker.connection, "w1") == []
        assert await forget_retained(broker.connection, "w10") == [other]


async def test_forgetting_ends_although_services_go_on_talking(monkeypatch):
    monkeypatch.setattr("ingest.retained.LOOK_S", 2.0)

    async def talk(mqtt):
        while True:
            mqtt.publish("lumbar/w1/angle", b"{}")
            await asyncio.sleep(0.02)

    async with (
        EmbeddedBroker(token="t" * 32) as broker,
        MqttClient(broker.connection, client_id="b") as mqtt,
        asyncio.timeout(60),
    ):
        await retain(broker, "lumbar/w1/link")
        assert await mqtt.wait_connected(60)
        talking = asyncio.create_task(talk(mqtt))
        assert await forget_retained(broker.connection, "w1") == ["lumbar/w1/link"]
        talking.cancel()


@pytest.mark.parametrize(
    ("service", "topic", "said"),
    [
        ("monitor", "lumbar/w1/availability/monitor", "online"),
        ("monitor", "lumbar/w1/availability/monitor", "offline"),
        ("recorder", "lumbar/@all/availability/recorder", "online"),
        ("monitor", "lumbar/w2/availability/monitor", None),
    ],
)
async def test_a_service_is_asked_whether_it_is_there(monkeypatch, service, topic, said):
    monkeypatch.setattr("ingest.retained.ANSWER_S", 0.2 if said is None else 60.0)
    message = encode(Availability(state=said or "online"))
    async with EmbeddedBroker(token="t" * 32) as broker:
        await retain(broker, topic, payload=message)
        answer = await availability_of(broker.connection, "w1", service)
    assert (None if answer is None else answer.state) == said


async def test_a_broker_that_does_not_answer_is_said(monkeypatch):
    monkeypatch.setattr("ingest.retained.CONNECT_S", 0.3)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        connection = Connection(port=free.getsockname()[1])
        with pytest.raises(BrokerError, match="no broker answers"):
            await forget_retained(connection, "w1")
