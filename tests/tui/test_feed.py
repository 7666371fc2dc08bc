"""The feed over a real embedded broker: facts in, commands out, presence on the way."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from ingest import topics
from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.mqtt import Connection, Incoming, MqttClient
from ingest.messages import Command, Reply, ScreenMessage, TimelineMessage, decode, encode
from tui.facts import ConnectionChanged, Fact, NudgeCleared
from tui.feed import MqttFeed, fact_of

TIMELINE = TimelineMessage(origin="live", event_ms=1_000, wall_ms=1_000, rate=1.0)


@pytest.fixture
async def connection() -> AsyncIterator[Connection]:
    async with EmbeddedBroker(token=secrets.token_hex(8)) as broker:
        yield broker.connection


async def first(facts: AsyncIterator[Fact], wanted: type) -> Fact:
    async with asyncio.timeout(60):
        async for fact in facts:
            if isinstance(fact, wanted):
                return fact
    raise AssertionError("the feed ended")


async def until_connected(facts: AsyncIterator[Fact]) -> None:
    while await first(facts, ConnectionChanged) != ConnectionChanged(True):
        pass


def test_an_empty_nudge_is_the_end_of_a_nudge() -> None:
    assert fact_of(Incoming("lumbar/anna/nudge", b"", retain=True)) == NudgeCleared()


def test_a_foreign_topic_is_nothing_for_a_screen() -> None:
    assert fact_of(Incoming("lumbar/anna/stored", b"{}", retain=False)) is None


async def test_a_retained_timeline_reaches_a_screen_that_comes_later(
    connection: Connection,
) -> None:
    async with MqttClient(connection, client_id="ingest") as service:
        service.publish(topics.TIMELINE.of("anna"), encode(TIMELINE), qos=1, retain=True)
        facts = MqttFeed(connection, "anna").facts()
        assert await first(facts, TimelineMessage) == TIMELINE
        await facts.aclose()


async def test_a_bad_payload_is_counted_and_the_next_one_arrives(connection: Connection) -> None:
    feed = MqttFeed(connection, "anna")
    facts = feed.facts()
    await until_connected(facts)
    async with MqttClient(connection, client_id="ingest") as service:
        reading = asyncio.create_task(first(facts, TimelineMessage))
        assert await service.wait_connected(60)
        service.publish(topics.LINK.of("anna"), b"not json", qos=1)
        service.publish(topics.TIMELINE.of("anna"), encode(TIMELINE), qos=1)
        assert await reading == TIMELINE
    assert feed.bad_payloads == 1
    await facts.aclose()


async def _answer(service: MqttClient, seen: list[Incoming], gone: asyncio.Event) -> None:
    async for incoming in service.messages():
        seen.append(incoming)
        if incoming.topic.endswith("screen/s1") and not incoming.payload:
            gone.set()
        if "/cmd/" in incoming.topic:
            command = decode(Command, incoming.payload, topic=incoming.topic)
            reply = Reply(id=command.id, accepted=True, reason="again in 5 min")
            service.publish(topics.REPLY.of("anna", command.id), encode(reply), qos=1)


async def test_a_command_is_answered_and_presence_comes_and_goes(connection: Connection) -> None:
    seen: list[Incoming] = []
    async with MqttClient(connection, client_id="monitor") as service:
        service.subscribe("lumbar/anna/cmd/+", 1)
        service.subscribe("lumbar/anna/screen/+", 1)
        answering = asyncio.create_task(_answer(service, seen, gone := asyncio.Event()))
        feed = MqttFeed(connection, "anna", screen_id="s1")
        facts = feed.facts()
        await until_connected(facts)
        assert await service.wait_connected(60)
        feed.present(focused=True, key_pressed=True)
        reply = await feed.send("snooze", {"minutes": 5}, command_id="c1")
        await facts.aclose()
        async with asyncio.timeout(60):
            await gone.wait()
        answering.cancel()
    assert reply is not None and reply.accepted
    presence = next(m for m in seen if m.topic.endswith("screen/s1") and m.payload)
    assert decode(ScreenMessage, presence.payload, topic=presence.topic).focused
