"""The ingest stage as a service: reads a source, publishes, and answers commands.

The loop is the only owner of pipeline and outbox. A live or running source is followed at the pace
of the timeline; with a stepped timeline this service is what moves it, as fast as the slowest
consumer allows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from ingest import topics
from ingest.announcer import Announcer
from ingest.commands import CommandDesk, Verb, accepted, refused
from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MqttClient
from ingest.delivery.outbox import Outbox
from ingest.delivery.publisher import Publisher
from ingest.following import MonitorFollower
from ingest.homeassistant import HomeAssistant
from ingest.measurement.posture import PARAMS, PostureParams
from ingest.messages import Availability, Command, Reply, encode
from ingest.output import Output
from ingest.past.backfill import PATIENCE_S, Backfill
from ingest.past.correction import SETTLED_S
from ingest.past.hindsight import Hindsight
from ingest.records import DEFAULT_POSITION
from ingest.session import PipelineFactory, Session, pipelines
from ingest.store.base import Store
from sensor.sample import ImuBatch
from sensor.source import KeepsCalibration, LinkState, LinkStatus, SampleSource, vibrate
from sensor.timeline import Timeline, TimelineOrigin

TICK_S: Final = 1.0  # wall seconds between transactions of the outbox
STEP_S: Final = 20.0  # posture seconds a stepped timeline moves at once
CATCH_UP_S: Final = 5.0  # wall seconds that a source which is not live may lag behind the timeline
SERVICE: Final = "ingest"
logger = logging.getLogger(__name__)
BUZZ_S: Final = 0.3
LONGEST_BUZZ_S: Final = 2.0  # of one command; nobody wants more on the back


class IngestService:
    """One wearer's strap from samples to messages; `run` ends when the source does.

    Args:
        wearer: whose strap it is.
        source: where the samples come from.
        timeline: posture time; a stepped one is moved by this service.
        outbox: where records wait for the recorder.
        connection: the broker.
        position: where the strap is worn.
        restore: whether to continue from the outbox's checkpoint.
        await_monitor: stepped only: whether each step waits for the monitor's status.
        recorded: False when there is no store, so that nobody will confirm.
        home_assistant: whether Home Assistant is told of the strap.
        open_history: opens the store for reading, which corrections need; None refuses them.
        timezone: where the wearer's days end; without it the past is not judged again.
        params: what is assumed of the wearer before any correction.
        backfill: whether samples that a live strap sends late are judged and recorded.
        make_pipeline: makes other pipelines than ours.
    """

    def __init__(
        self,
        *,
        wearer: str,
        source: SampleSource,
        timeline: Timeline,
        outbox: Outbox,
        connection: Connection,
        position: str = DEFAULT_POSITION,
        restore: bool = True,
        await_monitor: bool = False,
        recorded: bool = True,
        home_assistant: bool = False,
        open_history: Callable[[], Store] | None = None,
        timezone: ZoneInfo | None = None,
        params: PostureParams = PARAMS,
        backfill: bool = False,
        make_pipeline: PipelineFactory | None = None,
    ) -> None:
        self._source = source
        self._timeline = timeline
        self._outbox = outbox
        self._heard_s = timeline.now()
        make = make_pipeline or pipelines(position, live_trace=not timeline.stepped)
        late = _backfill(position, timeline) if backfill else None
        self._session = Session(timeline, outbox, make, restore=restore, backfill=late)
        self._session.learn(params)
        self._hindsight = self._looking_back(wearer, position, open_history, timezone, params)
        self._mqtt = _client(connection, wearer, outbox.origin)
        self._announcer = Announcer(self._mqtt, timeline, wearer=wearer)
        self._monitor = self._follower(wearer) if await_monitor else None
        self._publisher = Publisher(outbox, self._mqtt, wearer=wearer, recorded=recorded)
        if home_assistant:
            HomeAssistant(self._mqtt, wearer=wearer)
        self._desk = CommandDesk(self._mqtt, self._verbs(), wearer=wearer)

    async def run(self) -> None:
        """Serve until the source ends and everything is confirmed, or until cancelled."""
        self._announcer.timeline()
        async with self._mqtt:
            try:
                async with asyncio.TaskGroup() as group:
                    await self._serve(group)
            except BaseExceptionGroup as failed:
                # The caller wants to hear of the strap or the recording, not of our tasks.
                raise failed.exceptions[0] from None

    async def _serve(self, group: asyncio.TaskGroup) -> None:
        helpers = [group.create_task(self._publisher.run(), name="publisher")]
        helpers.append(group.create_task(self._tick(), name="tick"))
        helpers.append(group.create_task(self._hindsight.review(), name="review"))
        helpers.append(group.create_task(self._hindsight.remember(), name="habits"))
        try:
            await self._read()
            await self._finish()
        finally:
            self._session.keep()
            for task in helpers:
                task.cancel()

    async def _read(self) -> None:
        # The generator is closed here, not by the garbage collector: it holds the strap.
        async with contextlib.aclosing(_generator(self._source)) as events:
            if self._timeline.stepped:
                await self._read_stepped(events)
            else:
                await self._read_running(events)

    async def _read_running(self, events: AsyncGenerator[ImuBatch | LinkStatus]) -> None:
        live = self._timeline.origin is TimelineOrigin.LIVE
        async for event in events:
            if not live:
                self._heard_s = _start_s(event)
                ahead_s = _end_s(event) - self._timeline.now()
                # Even when it is behind, the loop must see to the others.
                await asyncio.sleep(max(0.0, self._timeline.wall_seconds(ahead_s)))
            self._take(event)
            self._heard_s = max(self._heard_s, _end_s(event))

    def _decidable_s(self) -> float:
        """Return the posture time up to which silence means that nothing was measured.

        A recording on a fast clock lags behind it as soon as the machine is busy: at 60 times real
        time a tenth of a second is six seconds, which are late and not missing.
        """
        now_s = self._timeline.now()
        if self._timeline.origin is TimelineOrigin.LIVE or self._timeline.stepped:
            return now_s
        patience_s = CATCH_UP_S * self._timeline.rate
        return min(now_s, max(self._heard_s, now_s - patience_s))

    async def _read_stepped(self, events: AsyncGenerator[ImuBatch | LinkStatus]) -> None:
        target_s = self._timeline.now() + STEP_S
        async for event in events:
            while _end_s(event) > target_s:
                await self._step(target_s)
                target_s += STEP_S
            self._take(event)
        await self._step(target_s)

    async def _step(self, target_s: float) -> None:
        """Move the timeline and wait until everybody has caught up."""
        self._show(self._session.advance(target_s))
        self._timeline.step_to(target_s)
        self._session.keep()
        await self._mqtt.wait_connected(None)
        self._publisher.flush()
        self._announcer.step(backlog=self._outbox.depth, trouble=self._publisher.trouble)
        self._announcer.timeline()
        await self._publisher.drained()
        if self._monitor is not None:
            await self._monitor.reached(round(target_s * 1000))

    async def _finish(self) -> None:
        self._show(self._session.finish())
        self._link(
            LinkStatus(self._timeline.now(), LinkState.SEARCHING, reason="the recording has ended")
        )
        self._session.keep()
        self._publisher.flush()
        await self._publisher.drained()
        self._mend(self._timeline.now() + SETTLED_S)
        self._publisher.flush()
        await self._publisher.drained()

    async def _tick(self) -> None:
        while not self._timeline.stepped:
            await asyncio.sleep(TICK_S)
            if self._session.follow_clock():
                self._announcer.timeline()
            self._show(self._session.advance(self._decidable_s()))
            self._session.keep()
            self._mend(self._timeline.now())
            self._announcer.step(backlog=self._outbox.depth, trouble=self._publisher.trouble)

    def _mend(self, now_s: float) -> None:
        """Join the bouts around filled gaps, once all of them is stored."""
        until_s = self._hindsight.stored_until_s(now_s)
        self._hindsight.mend(self._session.take_whole(until_s))

    def _take(self, event: ImuBatch | LinkStatus) -> None:
        if isinstance(event, LinkStatus):
            self._link(event)
        else:
            self._show(self._session.feed(event))

    def _show(self, output: Output) -> None:
        self._announcer.offer(output)
        if output.calibration is not None and isinstance(self._source, KeepsCalibration):
            self._source.calibrated(msgspec.to_builtins(output.calibration))

    def _link(self, status: LinkStatus) -> None:
        self._announcer.link(status, backlog=self._outbox.depth, trouble=self._publisher.trouble)

    def _looking_back(
        self,
        wearer: str,
        position: str,
        open_history: Callable[[], Store] | None,
        timezone: ZoneInfo | None,
        params: PostureParams,
    ) -> Hindsight:
        return Hindsight(
            wearer=wearer,
            position=position,
            timeline=self._timeline,
            outbox=self._outbox,
            open_history=open_history,
            timezone=timezone,
            learn=self._session.learn,
            params=params,
        )

    def _follower(self, wearer: str) -> MonitorFollower:
        return MonitorFollower(self._mqtt, wearer=wearer, remind=self._announcer.timeline)

    def _verbs(self) -> dict[str, Verb]:
        return {
            "calibrate": self._calibrate,
            "correct": self._hindsight.correct,
            "vibrate": self._vibrate,
        }

    def _calibrate(self, command: Command) -> Reply:
        step = str(command.args.get("step", "upright"))
        taken, reason = self._session.calibrate(step)
        self._show(self._session.advance(self._decidable_s()))
        return accepted(command, reason) if taken else refused(command, reason)

    async def _vibrate(self, command: Command) -> Reply:
        asked = command.args.get("seconds", BUZZ_S)
        seconds = asked if isinstance(asked, int | float) else BUZZ_S
        refusal = await vibrate(self._source, min(max(seconds, 0.0), LONGEST_BUZZ_S))
        return refused(command, refusal) if refusal else accepted(command)


def _client(connection: Connection, wearer: str, origin: str) -> MqttClient:
    """Return a client that says when the service comes and goes."""
    availability = topics.AVAILABILITY.of(wearer, SERVICE)
    mqtt = MqttClient(
        connection,
        # Two gateways of one wearer must not take the connection from each other.
        client_id=f"lumbar-{SERVICE}-{wearer}-{origin}",
        will=(availability, encode(Availability(state="offline"))),
    )
    mqtt.publish(availability, encode(Availability(state="online")), qos=1, retain=True)
    return mqtt


def _backfill(position: str, timeline: Timeline) -> Backfill | None:
    if timeline.stepped:
        return None
    return Backfill(position, patience_s=PATIENCE_S * max(1.0, timeline.rate))


def _generator(source: SampleSource) -> AsyncGenerator[ImuBatch | LinkStatus]:
    events = source.events()
    if not isinstance(events, AsyncGenerator):
        raise TypeError("a source's events() must be an async generator")
    return events


def _start_s(event: ImuBatch | LinkStatus) -> float:
    return event.at_s if isinstance(event, LinkStatus) else float(event.t[0])


def _end_s(event: ImuBatch | LinkStatus) -> float:
    return event.at_s if isinstance(event, LinkStatus) else float(event.t[-1])
