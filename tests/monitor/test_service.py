"""The shell on a real broker: messages in, prompts, replies and records out."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from ingest import topics
from ingest.messages import (
    Command,
    EventMessage,
    NudgeMessage,
    Reply,
    StatusMessage,
    TimelineMessage,
    block_of,
    decode,
    encode,
)
from ingest.mqtt import Connection, MqttClient
from ingest.outbox import Outbox
from ingest.records import PostureState as P
from ingest.settings import OutboxSettings
from monitor.service import MonitorService
from monitor.settings import MonitorSettings, NudgeSettings

START_S = 1_578_301_200


@dataclass
class Bench:
    """Plays the ingest side, a screen and a recorder on a broker."""

    mqtt: MqttClient
    second: Callable
    now_s: int = START_S
    seq: int = 0
    status: StatusMessage | None = None
    nudges: list[NudgeMessage | None] = field(default_factory=list)
    replies: dict[str, Reply] = field(default_factory=dict)
    events: list[EventMessage] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        async for incoming in self.mqtt.messages():
            match topics.rest_of(incoming.topic).partition("/")[0]:
                case "status":
                    self.status = decode(StatusMessage, incoming.payload, topic="status")
                case "nudge":
                    nudge = (
                        decode(NudgeMessage, incoming.payload, topic="")
                        if incoming.payload
                        else None
                    )
                    self.nudges.append(nudge)
                case "reply":
                    reply = decode(Reply, incoming.payload, topic="reply")
                    self.replies[reply.id] = reply
                case "event":
                    self.events.append(decode(EventMessage, incoming.payload, topic="event"))
            self.arrived.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self.arrived.clear()
                await self.arrived.wait()

    async def step(self, state: P | None, seconds: int = 60) -> None:
        """Move the stepped timeline and wait for the monitor, as ingest does."""
        if state is not None:
            block = [(self.seq + i + 1, self.second(self.now_s + i, state)) for i in range(seconds)]
            self.seq += seconds
            payload = encode(block_of(block, origin="ingest", epoch="e"))
            self.mqtt.publish(topics.SECONDS.of("me"), payload, qos=1)
        self.now_s += seconds
        mark = TimelineMessage(
            origin="replay", event_ms=self.now_s * 1000, wall_ms=round(time.time() * 1000), rate=0
        )
        self.mqtt.publish(topics.TIMELINE.of("me"), encode(mark), qos=1, retain=True)
        await self.until(lambda: self.status is not None and self.status.now_ms >= mark.event_ms)

    async def order(self, verb: str, **args: float) -> Reply:
        now_ms = round(time.time() * 1000)
        command = Command(
            id=f"c{len(self.replies)}", issued_ms=now_ms, expires_ms=now_ms + 10_000, args=args
        )
        self.mqtt.publish(topics.COMMAND.of("me", verb), encode(command), qos=1)
        await self.until(lambda: command.id in self.replies)
        return self.replies[command.id]


@contextlib.asynccontextmanager
async def bench(connection: Connection, second: Callable) -> AsyncIterator[Bench]:
    async with MqttClient(connection, client_id="bench") as mqtt:
        for topic in (topics.STATUS, topics.NUDGE, topics.EVENT):
            mqtt.subscribe(topic.of("me"), topic.qos)
        mqtt.subscribe(topics.REPLY.of("me", "+"), 1)
        assert await mqtt.wait_connected(5)
        side = Bench(mqtt, second)
        task = asyncio.create_task(side.listen())
        try:
            yield side
        finally:
            task.cancel()


@contextlib.asynccontextmanager
async def monitor(
    connection: Connection, path: Path, *, origin: str = "m"
) -> AsyncIterator[Outbox]:
    outbox = Outbox(path, origin=origin, settings=OutboxSettings())
    service = MonitorService(
        wearer="me",
        settings=MonitorSettings(nudges=NudgeSettings(moment_s=0)),
        connection=connection,
        outbox=outbox,
        history=None,
        timezone=ZoneInfo("UTC"),
    )
    task = asyncio.create_task(service.run())
    try:
        yield outbox
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        outbox.close()


async def test_a_stepped_day_gives_a_nudge_a_snooze_and_a_break(connection, tmp_path, second):
    async with monitor(connection, tmp_path / "m.sqlite"), bench(connection, second) as side:
        for _ in range(31):
            await side.step(P.SITTING)
        shown = [nudge for nudge in side.nudges if nudge is not None]
        assert [nudge.rung for nudge in shown] == ["hint", "nudge"]
        reply = await side.order("snooze", minutes=5, nudge=shown[-1].id)
        assert reply.accepted
        await side.until(lambda: side.nudges[-1] is None)
        assert not (await side.order("snooze", minutes=5)).accepted
        for _ in range(6):
            await side.step(P.SITTING)
        assert side.nudges[-1] is not None and side.nudges[-1].snoozed == 1
        for _ in range(6):
            await side.step(P.MOVING)
        assert side.nudges[-1] is None
        await side.until(lambda: any(e.event.kind == "break" for e in side.events))
        assert side.status is not None and side.status.sitting_s == 0
