"""A stepped timeline waits for the monitor: nothing is decided late because a machine is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ingest import topics
from ingest.delivery.dead_letters import Refusals
from ingest.delivery.mqtt import Incoming
from ingest.delivery.publisher import Sender
from ingest.errors import BadPayloadError
from ingest.messages import StatusMessage, decode

REMIND_S: Final = 5.0  # wall seconds after which a silent monitor is told the time again


class MonitorFollower:
    """Knows up to when the monitor of one wearer has decided; `remind` tells it the time again."""

    def __init__(self, mqtt: Sender, *, wearer: str, remind: Callable[[], None]) -> None:
        self._remind = remind
        self._decided_ms = 0
        self._moved = asyncio.Event()
        self._refusals = Refusals()
        mqtt.handle(topics.STATUS.of(wearer), self._on_status)

    async def reached(self, target_ms: int) -> None:
        """Return when the monitor has decided everything before `target_ms`."""
        while self._decided_ms < target_ms:
            self._moved.clear()
            try:
                async with asyncio.timeout(REMIND_S):
                    await self._moved.wait()
            except TimeoutError:
                self._remind()

    def _on_status(self, incoming: Incoming) -> None:
        try:
            status = decode(StatusMessage, incoming.payload, topic=incoming.topic)
        except BadPayloadError as error:
            self._refusals.note(str(error))
            return
        self._decided_ms = status.now_ms
        self._moved.set()
