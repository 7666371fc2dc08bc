"""Publishes from an outbox until everything in it is confirmed: live records before the backlog."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from ingest.delivery.blocks import parcels
from ingest.delivery.dead_letters import Refusals
from ingest.delivery.mqtt import Incoming
from ingest.delivery.outbox import Numbered, Outbox
from ingest.errors import BadPayloadError
from ingest.messages import StoredMessage, decode
from ingest.topics import STORED

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT: Final = 500  # records published and not yet confirmed
REPUBLISH_S: Final = 10.0  # wall seconds after which an unconfirmed record is published again
REJOIN_S: Final = 2.0  # the same right after a connection: the recorder may come back after us
FLUSH_S: Final = 2.0  # wall seconds that live seconds wait to share a block
LIVE_RECORDS: Final = 60  # of what piled up without a connection, the newest that count as live
POLL_S: Final = 1.0
SILENCE_S: Final = 15.0  # without any confirmation, before the wearer is told


class Sender(Protocol):
    """What the publisher needs of an MqttClient."""

    @property
    def connected(self) -> bool:
        """Return whether the broker has accepted us."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """Publish and return at once."""

    def handle(self, topic: str, handler: Callable[[Incoming], None], *, qos: int = 1) -> None:
        """Route one topic to a handler."""


class Publisher:
    """Carries records from the outbox to the broker and forgets those a recorder has stored.

    Live records are published once, without regard to what is in flight, so that screens and the
    monitor see them even while no recorder runs. At most MAX_IN_FLIGHT records wait for their
    confirmation at a time; the others stay in the outbox until there is room.

    With `recorded=False` (no store) a record is done when it was published.
    """

    def __init__(
        self,
        outbox: Outbox,
        mqtt: Sender,
        *,
        wearer: str,
        recorded: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.published = 0
        """Records published, repetitions included."""
        self._outbox = outbox
        self._mqtt = mqtt
        self._wearer = wearer
        self._recorded = recorded
        self._clock = clock
        self._in_flight: OrderedDict[int, float] = OrderedDict()
        self._live_after = outbox.last_seq
        self._flushed_at = clock()
        self._waiting = False
        self._urgent = False
        self._was_connected = False
        self._back_at = clock()
        self._heard_at = clock()
        self._refusals = Refusals()
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        outbox.listen(self._on_appended)
        mqtt.handle(STORED.of(wearer), self._on_stored)

    @property
    def trouble(self) -> str:
        """Return why records are not stored at the moment, in words for the wearer, or ""."""
        if self._outbox.trouble:
            return self._outbox.trouble
        if not self._outbox.depth:
            self._heard_at = self._clock()
        if self._recorded and self._clock() - self._heard_at > SILENCE_S:
            return "nothing is lost, but no recorder has stored anything for a while"
        return ""

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            self._wake.clear()
            self.step()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause_s()):
                    await self._wake.wait()

    def flush(self) -> None:
        """Publish what was appended now, without waiting for a block to fill."""
        self._urgent = self._waiting
        self.step()

    async def drained(self) -> None:
        """Return when nothing in the outbox waits for a confirmation."""
        while self._outbox.depth:
            self._drained.clear()
            # A full outbox gives up records without anybody's confirmation.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._drained.wait()

    def step(self) -> None:
        """Do what is due; `run` calls it, tests may."""
        if not self._mqtt.connected:
            self._was_connected = False
            return
        now = self._clock()
        if not self._was_connected:
            self._came_back(now)
        if self._waiting and (self._urgent or now - self._flushed_at >= FLUSH_S):
            self._publish_live(now)
        self._publish_again(now)
        self._publish_backlog(now)

    def _came_back(self, now: float) -> None:
        """Distrust everything that was in flight when the connection was lost."""
        self._was_connected = True
        self._back_at = now
        self._in_flight.clear()
        self._live_after = max(self._live_after, self._outbox.last_seq - LIVE_RECORDS)

    def _publish_live(self, now: float) -> None:
        while rows := self._outbox.read(after=self._live_after, limit=MAX_IN_FLIGHT):
            self._live_after = rows[-1][0]
            self._publish(rows, now)
        self._waiting = self._urgent = False
        self._flushed_at = now

    def _publish_again(self, now: float) -> None:
        due = []
        for seq, sent_at in self._in_flight.items():
            if now - sent_at < REPUBLISH_S:
                break
            due.append(seq)
        if due:
            logger.debug("%d records were not confirmed in time", len(due))
            for seq in due:
                del self._in_flight[seq]
            self._publish(self._outbox.read_these(due), now)

    def _publish_backlog(self, now: float) -> None:
        room = MAX_IN_FLIGHT - len(self._in_flight)
        if room <= 0 or self._outbox.stored_depth <= len(self._in_flight):
            return
        oldest = self._outbox.head(MAX_IN_FLIGHT + room)
        absent = [s for s in oldest if s not in self._in_flight and s <= self._live_after]
        if absent:
            self._publish(self._outbox.read_these(absent[:room]), now)

    def _publish(self, rows: Iterable[Numbered], now: float) -> None:
        done: list[int] = []
        for parcel in parcels(rows, origin=self._outbox.origin, epoch=self._outbox.epoch):
            topic = parcel.topic
            self._mqtt.publish(topic.of(self._wearer), parcel.payload, qos=topic.qos)
            self.published += len(parcel.seqs)
            done.extend(parcel.seqs)
        if self._recorded:
            rejoining = now - self._back_at < REJOIN_S
            sent_at = now - (REPUBLISH_S - REJOIN_S) if rejoining else now
            for seq in done[: MAX_IN_FLIGHT - len(self._in_flight)]:
                self._in_flight[seq] = sent_at
        else:
            self._outbox.forget(done)
            self._note_depth()

    def _pause_s(self) -> float:
        now = self._clock()
        due = [now + POLL_S]
        if self._waiting:
            due.append(self._flushed_at + FLUSH_S)
        return max(0.0, min(due) - now)

    def _on_appended(self, urgent: bool) -> None:
        self._waiting = True
        self._urgent = self._urgent or urgent
        self._wake.set()

    def _on_stored(self, incoming: Incoming) -> None:
        try:
            stored = decode(StoredMessage, incoming.payload, topic=incoming.topic)
        except BadPayloadError as error:
            self._refusals.note(str(error))
            return
        gone = self._outbox.confirm(stored)
        if gone:
            self._heard_at = self._clock()
        for seq in gone:
            self._in_flight.pop(seq, None)
        self._note_depth()

    def _note_depth(self) -> None:
        if self._outbox.depth == 0:
            self._drained.set()
        elif self._outbox.stored_depth > len(self._in_flight):
            self._wake.set()
