"""The shell on a real broker: messages in, prompts, replies and records out."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest import topics
from ingest.delivery.columns import block_of
from ingest.delivery.mqtt import Connection, MqttClient
from ingest.delivery.outbox import Outbox
from ingest.messages import (
    Command,
    EventMessage,
    NudgeMessage,
    Reply,
    StatusMessage,
    TimelineMessage,
    decode,
    encode,
)
from ingest.records import PostureState as P
from ingest.settings import OutboxSettings
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore
from monitor.service import MonitorService
from monitor.settings import MonitorSettings, NudgeSettings, SinkSettings

START_S = 1_578_301_200


@dataclass
class Bench:
    """Plays the ingest side, a screen and a recorder on a broker."""

    mqtt: MqttClient
    second: Callable
    now_s: int = START_S
    origin: str = "replay"
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
        async with asyncio.timeout(60):
            while not condition():
                self.arrived.clear()
                await self.arrived.wait()

    async def step(self, state: P | None, seconds: int = 60, *, wait: bool = True) -> None:
        """Move the stepped timeline and wait for the monitor, as ingest does."""
        if state is not None:
            block = [(self.seq + i + 1, self.second(self.now_s + i, state)) for i in range(seconds)]
            self.seq += seconds
            payload = encode(block_of(block, origin="ingest", epoch="e"))
            self.mqtt.publish(topics.SECONDS.of("me"), payload, qos=1)
        self.now_s += seconds
        mark = TimelineMessage(
            origin=self.origin,
            event_ms=self.now_s * 1000,
            wall_ms=round(time.time() * 1000),
            rate=0,
        )
        self.mqtt.publish(topics.TIMELINE.of("me"), encode(mark), qos=1, retain=True)
        if wait:
            await self.until(lambda: self.status and self.status.now_ms >= mark.event_ms)

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
        assert await mqtt.wait_connected(60)
        side = Bench(mqtt, second)
        task = asyncio.create_task(side.listen())
        try:
            yield side
        finally:
            task.cancel()


PROGRAM = """
import asyncio, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from ingest.delivery.connection import Connection
from ingest.past.history import History
from ingest.delivery.outbox import Outbox
from ingest.settings import OutboxSettings
from ingest.store.sqlite import SqliteStore
from monitor.service import MonitorService
from monitor.settings import MonitorSettings, NudgeSettings

port, folder = int(sys.argv[1]), Path(sys.argv[2])
zone = ZoneInfo("UTC")
service = MonitorService(
    wearer="me",
    settings=MonitorSettings(nudges=NudgeSettings(moment_s=0)),
    connection=Connection(port=port),
    outbox=Outbox(folder / "m.sqlite", origin="m", settings=OutboxSettings()),
    history=lambda: History(
        SqliteStore(folder / "h.sqlite", read_only=True), wearer="me", timezone=zone
    ),
    timezone=zone,
)
asyncio.run(service.run())
"""


@dataclass
class Process:
    """A monitor in a process of its own."""

    process: asyncio.subprocess.Process

    @classmethod
    async def start(cls, connection: Connection, folder: Path) -> Process:
        arguments = [sys.executable, "-c", PROGRAM, str(connection.port), str(folder)]
        return cls(await asyncio.create_subprocess_exec(*arguments))

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


class SqliteRecorder:
    """Steps the bench and keeps its seconds in a store, as a recorder would."""

    def __init__(self, folder: Path, side: Bench) -> None:
        self._store = SqliteStore(folder / "h.sqlite")
        self._side = side

    async def __aenter__(self) -> SqliteRecorder:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._store.close()

    async def step(self, state: P, seconds: int = 60, *, wait: bool = True) -> None:
        side = self._side
        rows = [side.second(side.now_s + i, state) for i in range(seconds)]
        self._store.write([Entry("me", row) for row in rows])
        await side.step(state, seconds, wait=wait)

    async def settle(self) -> None:
        await self._side.until(lambda: self._side.status.now_ms >= self._side.now_s * 1000)


@contextlib.asynccontextmanager
async def monitor(
    connection: Connection,
    path: Path,
    *,
    origin: str = "m",
    sinks: SinkSettings | None = None,
) -> AsyncIterator[Outbox]:
    outbox = Outbox(path, origin=origin, settings=OutboxSettings())
    service = MonitorService(
        wearer="me",
        settings=MonitorSettings(nudges=NudgeSettings(moment_s=0), sinks=sinks or SinkSettings()),
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


async def test_the_sink_strap_asks_for_one_vibration_a_prompt_and_says_why_there_is_none(
    connection, tmp_path, second, caplog
):
    asked: list[Command] = []
    sinks = SinkSettings(hint=["strap"], nudge=["strap"], firm=[])
    async with bench(connection, second) as side, MqttClient(connection, client_id="i") as ingest:
        side.origin = "live"

        def refuse(incoming):
            asked.append(decode(Command, incoming.payload, topic="t"))
            reply = Reply(id=asked[-1].id, accepted=False, reason="this strap cannot vibrate")
            ingest.publish(topics.REPLY.of("me", reply.id), encode(reply), qos=1)

        ingest.handle(topics.COMMAND.of("me", "vibrate"), refuse)
        assert await ingest.wait_connected(60)
        async with monitor(connection, tmp_path / "m.sqlite", sinks=sinks):
            for _ in range(31):
                await side.step(P.SITTING)
            await side.until(lambda: len(side.replies) == 2)
            await side.step(P.SITTING)
    assert [command.args["seconds"] for command in asked] == [0.15, 0.3]
    assert caplog.text.count("this strap cannot vibrate") == 1


async def test_of_two_monitors_one_prompts_and_the_other_goes_on_when_it_is_gone(
    connection, tmp_path, second
):
    async with bench(connection, second) as side, contextlib.AsyncExitStack() as others:
        first = monitor(connection, tmp_path / "a.sqlite", origin="a")
        await first.__aenter__()
        await side.step(None)
        await others.enter_async_context(monitor(connection, tmp_path / "b.sqlite", origin="b"))
        await asyncio.sleep(0.5)  # a follower says nothing by which its start could be seen
        for _ in range(31):
            await side.step(P.SITTING)
        await asyncio.sleep(0.2)  # whatever the other might say would be here by now
        assert [n.rung for n in side.nudges if n is not None] == ["hint", "nudge"]
        await first.__aexit__(None, None, None)
        for _ in range(16):
            await side.step(P.SITTING)
        assert side.status.monitor.startswith("b")
        shown = [n for n in side.nudges if n is not None]
        assert [n.rung for n in shown][-1] == "firm"
        assert len({n.id for n in shown}) == 3


@pytest.mark.parametrize("killed", [False, True])
async def test_a_kill_9_in_mid_bout_changes_no_decision(connection, tmp_path, second, killed):
    async with bench(connection, second) as side, SqliteRecorder(tmp_path, side) as recorder:
        process = await Process.start(connection, tmp_path)
        for i in range(35):
            if killed and i == 20:
                await process.kill()
                await recorder.step(P.SITTING, wait=False)
                process = await Process.start(connection, tmp_path)
                await recorder.settle()
            else:
                await recorder.step(P.SITTING)
        for _ in range(6):
            await recorder.step(P.MOVING)
        await side.until(lambda: any(e.event.kind == "break" for e in side.events))
        await process.kill()
    events = [message.event for message in side.events]
    told = {(e.kind, e.t_ms // 1000 - START_S, e.data.get("load_s")) for e in events}
    assert {row for row in told if row[0] != "response"} == {
        ("hint", 1500, 1500.0),
        ("nudge", 1800, 1800.0),
        ("break", 2400, None),
    }
