"""What a broker keeps of a wearer: asked for, or made to forget."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import Final

from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MqttClient
from ingest.errors import BrokerError
from ingest.homeassistant import config_topic
from ingest.messages import Availability, decode
from ingest.topics import (
    ALL,
    AVAILABILITY,
    PREFIX,
    RECORDER,
    RECORDERS_OF_ALL,
    check_wearer,
    is_recorder,
)

CONNECT_S: Final = 10.0
QUIET_S: Final = 1.0  # a broker sends what it retains at once
LOOK_S: Final = 5.0  # at most: services that were not stopped never are quiet
ANSWER_S: Final = 3.0  # for one message; longer only where nobody ever said anything


async def availability_of(connection: Connection, wearer: str, service: str) -> Availability | None:
    """Return what a service of a wearer says of itself, or None when it never said anything.

    A recorder of everybody counts as the wearer's; of several one that is online is told. Raises
    BrokerError when the broker cannot be reached, BadPayloadError when the message is none.
    """
    several = service == RECORDER
    topics = [AVAILABILITY.of(check_wearer(wearer), "+" if several else service)]
    topics += [RECORDERS_OF_ALL] if several else []
    said: Availability | None = None
    async with MqttClient(connection, client_id=f"lumbar-check-{secrets.token_hex(4)}") as mqtt:
        for topic in topics:
            mqtt.subscribe(topic, AVAILABILITY.qos)
        await _connected(mqtt, connection)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                async for incoming in mqtt.messages():
                    if several and not is_recorder(incoming.topic.rpartition("/")[2]):
                        continue
                    said = decode(Availability, incoming.payload, topic=incoming.topic)
                    if said.state == "online" or not several:
                        break
    return said


async def forget_retained(connection: Connection, wearer: str) -> list[str]:
    """Clear everything the broker retains of a wearer; return the topics that were seen.

    The wearer's services should be stopped before, or they publish again. Under an access list
    an account clears what it may write, seen or not. Raises BrokerError when the broker cannot be
    reached.
    """
    client_id = f"lumbar-wipe-{secrets.token_hex(4)}"
    async with MqttClient(connection, client_id=client_id) as mqtt:
        mqtt.subscribe(f"{PREFIX}/{check_wearer(wearer)}/#", 1)
        mqtt.subscribe(config_topic(wearer), 1)
        await _connected(mqtt, connection)
        kept = await _retained(mqtt)
        for topic in {*kept, *_retained_topics(wearer)}:
            mqtt.publish(topic, b"", qos=1, retain=True)
        await asyncio.sleep(QUIET_S)
    return kept


def _retained_topics(wearer: str) -> list[str]:
    # An access list need not let a service read what it writes.
    said = [topic.of(wearer) for topic in ALL if topic.retain and topic is not AVAILABILITY]
    there = [AVAILABILITY.of(wearer, service) for service in ("ingest", "monitor", "recorder")]
    return [*said, *there, config_topic(wearer)]


async def _connected(mqtt: MqttClient, connection: Connection) -> None:
    if not await mqtt.wait_connected(CONNECT_S):
        raise BrokerError(mqtt.trouble or f"no broker answers at {connection.address}")


async def _retained(mqtt: MqttClient) -> list[str]:
    kept: list[str] = []
    messages = mqtt.messages()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            while True:
                async with asyncio.timeout(QUIET_S):
                    incoming = await anext(messages)
                if incoming.retain and incoming.payload:
                    kept.append(incoming.topic)
    return sorted(set(kept))
