"""What a broker keeps of a wearer, and how it is made to forget it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import Final

from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MqttClient
from ingest.errors import BrokerError
from ingest.homeassistant import config_topic
from ingest.topics import PREFIX, check_wearer

CONNECT_S: Final = 10.0
QUIET_S: Final = 0.5  # a broker sends what it retains at once


async def forget_retained(connection: Connection, wearer: str) -> list[str]:
    """Clear everything the broker retains of a wearer; return the topics that were cleared.

    The wearer's services should be stopped before, or they publish again. Raises BrokerError when
    the broker cannot be reached.
    """
    client_id = f"lumbar-wipe-{secrets.token_hex(4)}"
    async with MqttClient(connection, client_id=client_id) as mqtt:
        mqtt.subscribe(f"{PREFIX}/{check_wearer(wearer)}/#", 1)
        mqtt.subscribe(config_topic(wearer), 1)
        if not await mqtt.wait_connected(CONNECT_S):
            raise BrokerError(mqtt.trouble or f"no broker answers at {connection.address}")
        kept = await _retained(mqtt)
        for topic in kept:
            mqtt.publish(topic, b"", qos=1, retain=True)
        await asyncio.sleep(QUIET_S)
    return kept


async def _retained(mqtt: MqttClient) -> list[str]:
    kept: list[str] = []
    messages = mqtt.messages()
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(QUIET_S):
                incoming = await anext(messages)
            if incoming.retain and incoming.payload:
                kept.append(incoming.topic)
    return sorted(set(kept))
