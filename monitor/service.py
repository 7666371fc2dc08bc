"""The shell around the monitor: messages in, prompts, status, replies and records out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from ingest import topics
from ingest.errors import BadPayloadError
from ingest.history import History
from ingest.messages import (
    Availability,
    Command,
    NudgeMessage,
    Reply,
    ScreenMessage,
    SecondsBlock,
    StatusMessage,
    TimelineMessage,
    decode,
    encode,
    seconds_of,
)
from ingest.mqtt import Connection, Incoming, MqttClient
from ingest.outbox import Outbox
from ingest.publisher import Publisher
from monitor.core import CLEAR, Decisions, Monitor
from monitor.judge import Propose, no_proposal
from monitor.orders import VERBS
from monitor.presence import Presence
from monitor.settings import MonitorSettings
from monitor.state import Order
from monitor.warmup import learn
from sensor.timeline import Timeline, TimelineMark, TimelineOrigin

logger = logging.getLogger(__name__)

TICK_S: Final = 1.0  # wall seconds; silence is noticed so
CHECKPOINT_S: Final = 10.0  # wall seconds between checkpoints without a record
REMEMBERED_REPLIES: Final = 500  # a broker may deliver a command twice
OURS: Final = frozenset({*VERBS, "mark"})


class MonitorService:
    """Runs one wearer's monitor on a broker until it is cancelled."""

    def __init__(
        self,
        *,
        wearer: str,
        settings: MonitorSettings,
        connection: Connection,
        outbox: Outbox,
        history: Callable[[], History] | None,
        timezone: ZoneInfo,
        propose: Propose = no_proposal,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._wearer = wearer
        self._settings = settings
        self._connection = connection
        self._outbox = outbox
        self._history = history
        self._timezone = timezone
        self._propose = propose
        self._wall = wall
        self._timeline: Timeline | None = None
        self._monitor = self._restored()
        self._replies: OrderedDict[str, Reply] = OrderedDict()
        self._status: StatusMessage | None = None
        self._status_at = 0.0
        self._saved_at = 0.0
        self.rejected = 0
        """Payloads that did not keep to their schema."""

    async def run(self) -> None:
        """Serve until cancelled."""
        availability = topics.AVAILABILITY.of(self._wearer, "monitor")
        will = (availability, encode(Availability(state="offline")))
        client_id = f"lumbar-monitor-{self._wearer}-{self._outbox.origin}"
        async with MqttClient(self._connection, client_id=client_id, will=will) as mqtt:
            publisher = Publisher(self._outbox, mqtt, wearer=self._wearer)
            self._subscribe(mqtt)
            mqtt.publish(availability, encode(Availability(state="online")), qos=1, retain=True)
            mqtt.publish(topics.NUDGE.of(self._wearer), b"", qos=1, retain=True)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(publisher.run(), name="monitor-publisher")
                tasks.create_task(self._listen(mqtt), name="monitor-listen")
                tasks.create_task(self._tick(mqtt), name="monitor-tick")

    def _restored(self) -> Monitor:
        blob = self._outbox.checkpoint()
        if blob is None:
            return Monitor(self._settings, timezone=self._timezone, propose=self._propose)
        return Monitor.restored(
            blob, self._settings, timezone=self._timezone, propose=self._propose
        )

    def _subscribe(self, mqtt: MqttClient) -> None:
        for topic in (topics.TIMELINE, topics.SECONDS):
            mqtt.subscribe(topic.of(self._wearer), topic.qos)
        for topic in (topics.SCREEN, topics.COMMAND):
            mqtt.subscribe(topic.of(self._wearer, "+"), topic.qos)

    async def _listen(self, mqtt: MqttClient) -> None:
        async for incoming in mqtt.messages():
            try:
                await self._receive(mqtt, incoming)
            except BadPayloadError as error:
                self.rejected += 1
                logger.warning("ignored a message: %s", error)

    async def _receive(self, mqtt: MqttClient, incoming: Incoming) -> None:
        name, _, part = topics.rest_of(incoming.topic).partition("/")
        match name:
            case "timeline":
                await self._follow(mqtt, incoming)
            case "seconds":
                self._take_seconds(mqtt, incoming)
            case "screen":
                self._take_screen(mqtt, part, incoming)
            case "cmd":
                self._take_command(mqtt, part, incoming)

    async def _follow(self, mqtt: MqttClient, incoming: Incoming) -> None:
        """Follow a mark of the Timeline; a stepped one is advanced to at once."""
        message = decode(TimelineMessage, incoming.payload, topic=incoming.topic)
        first = self._timeline is None
        self._timeline = Timeline.following(
            TimelineMark(
                origin=TimelineOrigin(message.origin),
                event_ms=message.event_ms,
                wall_ms=message.wall_ms,
                rate=message.rate,
            ),
            wall=self._wall,
        )
        now_s = message.event_ms / 1000 if self._timeline.stepped else self._timeline.now()
        if first:
            await self._warm_up(now_s)
        self._apply(mqtt, self._monitor.advance(now_s), always=True)

    async def _warm_up(self, now_s: float) -> None:
        """Catch up with what happened before this process started."""
        if self._monitor.state.now_s > now_s + 1:
            logger.warning("the checkpoint is of a later time and is not used")
            self._monitor = Monitor(self._settings, timezone=self._timezone, propose=self._propose)
        if self._history is None:
            return
        try:
            await asyncio.to_thread(learn, self._monitor, self._history, now_s)
        except Exception:
            # Without its past the monitor starts a fresh bout; without a monitor there is nothing.
            logger.exception("the history could not be read; the current bout starts afresh")

    def _take_seconds(self, mqtt: MqttClient, incoming: Incoming) -> None:
        block = decode(SecondsBlock, incoming.payload, topic=incoming.topic)
        for second in seconds_of(block):
            self._monitor.feed(second, 0.0)
        if self._timeline is not None and not self._timeline.stepped:
            self._apply(mqtt, self._monitor.advance(self._timeline.now()))

    def _take_screen(self, mqtt: MqttClient, screen_id: str, incoming: Incoming) -> None:
        screen = (
            decode(ScreenMessage, incoming.payload, topic=incoming.topic)
            if incoming.payload
            else None
        )
        self._apply(mqtt, self._monitor.feed(Presence(screen_id, screen), self._now()))

    def _take_command(self, mqtt: MqttClient, verb: str, incoming: Incoming) -> None:
        if verb not in OURS or incoming.retain:
            return
        command = decode(Command, incoming.payload, topic=incoming.topic)
        earlier = self._replies.get(command.id)
        if earlier is not None:
            self._reply(mqtt, earlier)
        elif command.expires_ms < self._wall() * 1000:
            self._reply(mqtt, Reply(id=command.id, accepted=False, reason="this came too late"))
        else:
            self._apply(mqtt, self._monitor.feed(Order(verb, command), self._now()), always=True)

    async def _tick(self, mqtt: MqttClient) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            if self._timeline is not None and not self._timeline.stepped:
                self._apply(mqtt, self._monitor.advance(self._timeline.now()))

    def _now(self) -> float:
        """Return the moment commands are about: a stepped timeline stands where it was put."""
        return self._monitor.state.now_s if self._timeline is None else self._timeline.now()

    def _apply(self, mqtt: MqttClient, decisions: Decisions, *, always: bool = False) -> None:
        """Do what was decided: records first, so that nothing is shown that could be forgotten."""
        self._keep(decisions)
        if decisions.nudge is CLEAR:
            mqtt.publish(topics.NUDGE.of(self._wearer), b"", qos=1, retain=True)
        elif isinstance(decisions.nudge, NudgeMessage):
            self._show(mqtt, decisions.nudge)
        for reply in decisions.replies:
            self._reply(mqtt, reply)
        if decisions.status is not None:
            self._tell_status(mqtt, decisions.status, always=always or bool(decisions.records))

    def _keep(self, decisions: Decisions) -> None:
        due = self._wall() - self._saved_at >= CHECKPOINT_S
        if decisions.records or due:
            self._outbox.append(decisions.records, checkpoint=self._monitor.checkpoint())
            self._saved_at = self._wall()

    def _show(self, mqtt: MqttClient, nudge: NudgeMessage) -> None:
        logger.info("%s: %s", nudge.rung, nudge.reason)
        mqtt.publish(topics.NUDGE.of(self._wearer), encode(nudge), qos=1, retain=True)

    def _reply(self, mqtt: MqttClient, reply: Reply) -> None:
        self._replies[reply.id] = reply
        while len(self._replies) > REMEMBERED_REPLIES:
            self._replies.popitem(last=False)
        mqtt.publish(topics.REPLY.of(self._wearer, reply.id), encode(reply), qos=1)

    def _tell_status(self, mqtt: MqttClient, status: StatusMessage, *, always: bool) -> None:
        """Publish the status at every change, and once a wall second while only time passes."""
        passed = self._wall() - self._status_at >= TICK_S
        if not (always or passed or _changed(self._status, status)):
            return
        self._status, self._status_at = status, self._wall()
        mqtt.publish(topics.STATUS.of(self._wearer), encode(status), qos=1, retain=True)


def _changed(before: StatusMessage | None, after: StatusMessage) -> bool:
    """Return whether more than the passing of time tells two views apart."""
    if before is None:
        return True
    same = msgspec.structs.replace(
        before, now_ms=after.now_ms, sitting_s=after.sitting_s, break_s=after.break_s
    )
    return msgspec.structs.replace(same, next_ms=after.next_ms) != after
