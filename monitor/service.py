"""The shell around the monitor: what arrives on the broker, and the passing of time."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from ingest import topics
from ingest.delivery.columns import SecondsBlock, seconds_of
from ingest.delivery.mqtt import Connection, Incoming, MqttClient
from ingest.delivery.outbox import Outbox
from ingest.delivery.publisher import Publisher
from ingest.errors import BadPayloadError, StoreError
from ingest.messages import (
    Availability,
    CalibrationMessage,
    Command,
    LinkMessage,
    NudgeMessage,
    Reply,
    ScreenMessage,
    StatusMessage,
    TimelineMessage,
    decode,
    encode,
)
from ingest.past.history import History
from monitor import rehearsal
from monitor.core import Decisions, Monitor
from monitor.drills.proposal import proposer
from monitor.holds.loop import HoldWatch
from monitor.holidays import holiday_rule
from monitor.judge import Propose
from monitor.lease import Lease, name_of
from monitor.levels import extra_sink
from monitor.orders import VERBS
from monitor.outlet import Outlet
from monitor.presence import Presence
from monitor.programs import Runner, run_program
from monitor.settings import MonitorSettings
from monitor.sinks import Sinks
from monitor.state import Hold, Order
from monitor.strap import StrapSink
from monitor.warmup import learn, read_past
from sensor.timeline import Timeline, TimelineMark, TimelineOrigin

logger = logging.getLogger(__name__)

TICK_S: Final = 1.0  # wall seconds; silence is noticed so
OURS: Final = frozenset({*VERBS, "mark", rehearsal.VERB})
HEARD: Final = (topics.TIMELINE, topics.SECONDS, topics.STATUS, topics.LINK, topics.CALIBRATION)
HEARD_OF_ANY: Final = (topics.SCREEN, topics.COMMAND, topics.REPLY)


class MonitorService:
    """Runs one wearer's monitor on a broker until it is cancelled.

    Args:
        wearer: whose monitor it is.
        settings: the monitor's part of the configuration.
        connection: the broker.
        outbox: where its records wait for the recorder; it also holds the checkpoint.
        history: opens the history to catch up with, or None.
        timezone: of the wearer's days and hours.
        propose: chooses the drill of a prompt instead of `[drills]`.
        run: runs other programs, for holds and sinks.
        wall: wall clock in UTC seconds, for the age of commands and for the lease.
        recorded: False when there is no store, so that nobody will confirm.
    """

    def __init__(
        self,
        *,
        wearer: str,
        settings: MonitorSettings,
        connection: Connection,
        outbox: Outbox,
        history: Callable[[], History] | None,
        timezone: ZoneInfo,
        propose: Propose | None = None,
        run: Runner = run_program,
        wall: Callable[[], float] = time.time,
        recorded: bool = True,
    ) -> None:
        self._wearer, self._settings = wearer, settings
        self._outbox, self._history = outbox, history
        self._timezone = timezone
        self._propose = propose or proposer(settings.drills)
        self._is_holiday = holiday_rule(settings.schedule.holidays)
        self._wall = wall
        self._timeline: Timeline | None = None
        self._monitor = self._restored()
        run_id = secrets.token_hex(2)
        self._lease = Lease(name_of(outbox.origin, outbox.epoch, run_id), now_s=wall())
        self._availability = topics.AVAILABILITY.of(wearer, "monitor")
        self._mqtt = MqttClient(
            connection,
            client_id=f"lumbar-monitor-{wearer}-{self._lease.me}",
            will=(self._availability, encode(Availability(state="offline"))),
        )
        self._publisher = Publisher(outbox, self._mqtt, wearer=wearer, recorded=recorded)
        self._holds = HoldWatch(settings.holds, run=run, moment=self._moment, tell=self._take_hold)
        self._strap = StrapSink(self._mqtt, wearer=wearer, wall=wall)
        self._sinks = Sinks(settings.sinks, answer=self._answer, buzz=self._strap.buzz, run=run)
        self._outlet = Outlet(
            outbox, self._mqtt, self._lease, wearer=wearer, wall=wall, show=self._show
        )
        self.rejected = 0
        """Payloads that did not keep to their schema."""

    async def run(self) -> None:
        """Serve until cancelled."""
        for topic in HEARD:
            self._mqtt.subscribe(topic.of(self._wearer), topic.qos)
        for topic in HEARD_OF_ANY:
            self._mqtt.subscribe(topic.of(self._wearer, "+"), topic.qos)
        online = encode(Availability(state="online"))
        self._mqtt.publish(self._availability, online, qos=1, retain=True)
        try:
            async with self._mqtt, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._publisher.run(), name="monitor-publisher")
                tasks.create_task(self._listen(), name="monitor-listen")
                tasks.create_task(self._tick(), name="monitor-tick")
                tasks.create_task(self._holds.run(), name="monitor-holds")
        finally:
            await self._sinks.close()

    async def drained(self) -> None:
        """Return when every record has been confirmed as stored."""
        await self._publisher.drained()

    def _restored(self) -> Monitor:
        blob = self._outbox.checkpoint()
        if blob is None:
            return self._fresh()
        return Monitor.restored(
            blob,
            self._settings,
            timezone=self._timezone,
            propose=self._propose,
            is_holiday=self._is_holiday,
        )

    def _fresh(self) -> Monitor:
        return Monitor(
            self._settings,
            timezone=self._timezone,
            propose=self._propose,
            is_holiday=self._is_holiday,
        )

    async def _listen(self) -> None:
        async for incoming in self._mqtt.messages():
            try:
                await self._receive(incoming)
            except BadPayloadError as error:
                self.rejected += 1
                logger.warning("ignored a message: %s", error)

    async def _receive(self, incoming: Incoming) -> None:
        name, _, part = topics.rest_of(incoming.topic).partition("/")
        match name:
            case "timeline":
                await self._follow(incoming)
            case "seconds":
                self._take_seconds(incoming)
            case "status":
                self._hear(incoming)
            case "link":
                self._feed(decode(LinkMessage, incoming.payload, topic=incoming.topic))
            case "calibration":
                self._feed(decode(CalibrationMessage, incoming.payload, topic=incoming.topic))
            case "screen":
                self._take_screen(part, incoming)
            case "cmd":
                self._take_command(part, incoming)
            case "reply":
                self._strap.hear(decode(Reply, incoming.payload, topic=incoming.topic))

    async def _follow(self, incoming: Incoming) -> None:
        """Follow a mark of the Timeline; a stepped one is advanced to at once."""
        message = decode(TimelineMessage, incoming.payload, topic=incoming.topic)
        origin = TimelineOrigin(message.origin)
        mark = TimelineMark(origin, message.event_ms, message.wall_ms, message.rate)
        timeline = Timeline.following(mark, wall=self._wall)
        if timeline.stepped:
            timeline = Timeline(mark.origin, message.event_ms / 1000, rate=0.0, wall=self._wall)
        if self._timeline is None:
            await self._catch_up(timeline.now())
        self._timeline = timeline
        self._monitor.run_at(timeline.rate)
        if timeline.stepped:
            self._apply(self._monitor.advance(timeline.now()), always=True)
        else:
            self._apply(Decisions(status=self._monitor.status()), always=True)

    async def _catch_up(self, now_s: float) -> None:
        """Learn what happened before this process started."""
        if self._monitor.state.now_s > now_s + 1:
            logger.warning("the checkpoint is of a later time and is not used")
            self._monitor = self._fresh()
        if self._history is None:
            return
        state = self._monitor.state
        try:
            asked = (self._history, state.record_s, now_s, self._timezone)
            past = await asyncio.to_thread(read_past, *asked)
        except StoreError as error:
            # Without its past the monitor starts a fresh bout; without a monitor there is nothing.
            logger.info("the current bout starts afresh: %s", error)
            return
        learn(self._monitor, past, now_s)

    def _take_seconds(self, incoming: Incoming) -> None:
        block = decode(SecondsBlock, incoming.payload, topic=incoming.topic)
        for second in seconds_of(block):
            self._monitor.feed(second, 0.0)
        self._advance()

    def _feed(self, item: LinkMessage | CalibrationMessage) -> None:
        self._monitor.feed(item, self._now())

    def _hear(self, incoming: Incoming) -> None:
        status = decode(StatusMessage, incoming.payload, topic=incoming.topic)
        if status.monitor is not None:
            self._lease.hear(status.monitor, self._wall(), retained=incoming.retain)

    def _take_screen(self, screen_id: str, incoming: Incoming) -> None:
        screen = None
        if incoming.payload:
            screen = decode(ScreenMessage, incoming.payload, topic=incoming.topic)
        self._apply(self._monitor.feed(Presence(screen_id, screen), self._now()))

    def _take_command(self, verb: str, incoming: Incoming) -> None:
        if verb not in OURS or incoming.retain:
            return
        command = decode(Command, incoming.payload, topic=incoming.topic)
        earlier = self._outlet.replied(command.id)
        if earlier is not None:
            self._outlet.reply(earlier)
        elif command.expires_ms < self._wall() * 1000:
            late = Reply(id=command.id, accepted=False, reason="this came too late")
            self._outlet.reply(late)
        elif verb == rehearsal.VERB:
            self._sinks.rehearse(command.id, self._outlet.reply)
        else:
            self._apply(self._monitor.feed(Order(verb, command), self._now()), always=True)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._advance()
            if self._timeline is not None:
                self._outlet.beat(self._monitor)

    def _moment(self) -> tuple[float, float] | None:
        """Return wall and Timeline seconds of now, or None when this is no live wearer."""
        return (self._wall(), self._now()) if self._live() else None

    def _take_hold(self, hold: Hold) -> None:
        self._apply(self._monitor.feed(hold, self._now()))

    def _show(self, nudge: NudgeMessage | None) -> None:
        if nudge is None:
            self._sinks.clear()
        elif self._live():
            experiment = self._monitor.state.experiment
            self._sinks.show(nudge, also=extra_sink(nudge, experiment, self._timezone))

    def _answer(self, nudge: str, verb: str, minutes: float | None) -> None:
        """Take the answer that a button of a notice gave."""
        args: dict[str, str | int | float | bool | None] = {"nudge": nudge}
        if minutes is not None:
            args["minutes"] = minutes
        now_ms = round(self._wall() * 1000)
        command = Command(id=f"notice-{nudge}", issued_ms=now_ms, expires_ms=now_ms, args=args)
        self._apply(self._monitor.feed(Order(verb, command), self._now()), always=True)

    def _live(self) -> bool:
        return self._timeline is not None and self._timeline.origin is TimelineOrigin.LIVE

    def _advance(self) -> None:
        """Decide up to now, on a timeline that runs by itself."""
        running = self._timeline is not None and not self._timeline.stepped
        if self._timeline is not None and running and self._lease.settled(self._wall()):
            self._apply(self._monitor.advance(self._timeline.now()))

    def _now(self) -> float:
        """Return the moment commands are about: a stepped timeline stands where it was put."""
        return self._monitor.state.now_s if self._timeline is None else self._timeline.now()

    def _apply(self, decisions: Decisions, *, always: bool = False) -> None:
        self._outlet.apply(self._monitor, decisions, always=always)
