"""The feed of a real dashboard: facts over MQTT, commands back, presence on the way."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from types import TracebackType
from typing import Final, Self

from ingest import topics
from ingest.delivery.mqtt import Connection, Incoming, MqttClient
from ingest.errors import BadPayloadError
from ingest.messages import (
    AngleMessage,
    Availability,
    BoutMessage,
    CalibrationMessage,
    Command,
    EventMessage,
    LinkMessage,
    Message,
    NudgeMessage,
    PostureMessage,
    Reply,
    ScreenMessage,
    StatusMessage,
    TimelineMessage,
    decode,
    encode,
)
from tui.facts import (
    Arguments,
    ConnectionChanged,
    Fact,
    Feed,
    NudgeCleared,
    ServiceChanged,
)
from tui.scripted import ScriptedFeed

__all__ = ["Feed", "MqttFeed", "ScriptedFeed", "fact_of"]

REPLY_TIMEOUT_S: Final = 5.0  # a monitor under load answers in well under a second
COMMAND_LIFE_S: Final = 30.0  # a command is about now: later than this it must not act any more
CONNECTION_POLL_S: Final = 0.25
FIRST_TRY_S: Final = 2.0  # before that a broker is not missing, it has only not answered yet

_BY_TOPIC: Final[dict[str, type[Message]]] = {
    topics.TIMELINE.name: TimelineMessage,
    topics.LINK.name: LinkMessage,
    topics.CALIBRATION.name: CalibrationMessage,
    topics.STATUS.name: StatusMessage,
    topics.POSTURE.name: PostureMessage,
    topics.ANGLE.name: AngleMessage,
    topics.BOUT.name: BoutMessage,
    topics.EVENT.name: EventMessage,
}


def fact_of(incoming: Incoming) -> Fact | Reply | None:
    """Return what a message says, or None when it is nothing for a screen.

    Raises BadPayloadError for a payload that does not keep to its schema.
    """
    rest = topics.rest_of(incoming.topic)
    area, _, part = rest.partition("/")
    if incoming.topic.startswith(topics.RECORDERS_OF_ALL.removesuffix("+")):
        # Another recorder than the wearer's own, as far as `Live` is concerned.
        area, part = "availability", incoming.topic.rpartition("/")[2] + "@all"
    if rest == topics.NUDGE.name:
        if not incoming.payload:
            return NudgeCleared()
        return decode(NudgeMessage, incoming.payload, topic=incoming.topic)
    if area == "availability" and incoming.payload:
        said = decode(Availability, incoming.payload, topic=incoming.topic)
        return ServiceChanged(part, said.state == "online", said.reason)
    if area == "reply":
        return decode(Reply, incoming.payload, topic=incoming.topic)
    kind = _BY_TOPIC.get(rest)
    if kind is None or not incoming.payload:
        return None
    fact: Fact = decode(kind, incoming.payload, topic=incoming.topic)  # type: ignore[assignment]
    return fact


class MqttFeed:
    """A feed over MQTT. A bad payload is counted and skipped.

    Attributes:
        screen_id: this screen's name in presence and commands.
        bad_payloads: how many messages did not keep to their schema.
    """

    def __init__(
        self,
        connection: Connection,
        wearer: str,
        *,
        screen_id: str | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.screen_id = screen_id or f"screen-{secrets.token_hex(4)}"
        self.bad_payloads = 0
        self._wearer = topics.check_wearer(wearer)
        self._wall = wall
        presence = topics.SCREEN.of(self._wearer, self.screen_id)
        self._mqtt = MqttClient(
            connection, client_id=f"lumbar-{self.screen_id}", will=(presence, b"")
        )
        self._queue: asyncio.Queue[Fact] = asyncio.Queue()
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self._last_key_ms: int | None = None

    async def facts(self) -> AsyncIterator[Fact]:
        """Yield facts until the iterator is closed; then say goodbye and disconnect."""
        self._subscribe()
        async with self._mqtt, _Running(self._watch(), self._read()):
            try:
                while True:
                    yield await self._queue.get()
            finally:
                self._mqtt.publish(topics.SCREEN.of(self._wearer, self.screen_id), b"", qos=1)

    async def send(self, verb: str, args: Arguments, *, command_id: str) -> Reply | None:
        """Ask for `verb` and return the answer, or None when nobody answers in time."""
        now_ms = round(self._wall() * 1000)
        command = Command(
            id=command_id,
            issued_ms=now_ms,
            expires_ms=now_ms + round(COMMAND_LIFE_S * 1000),
            screen=self.screen_id,
            args=dict(args),
        )
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[command.id] = future
        self._mqtt.publish(topics.COMMAND.of(self._wearer, verb), encode(command), qos=1)
        try:
            async with asyncio.timeout(REPLY_TIMEOUT_S):
                return await future
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(command.id, None)

    def present(self, *, focused: bool, key_pressed: bool) -> None:
        """Announce this screen, so that one prompt appears where the wearer is."""
        now_ms = round(self._wall() * 1000)
        if key_pressed:
            self._last_key_ms = now_ms
        message = ScreenMessage(
            id=self.screen_id, t_ms=now_ms, focused=focused, last_key_ms=self._last_key_ms
        )
        self._mqtt.publish(topics.SCREEN.of(self._wearer, self.screen_id), encode(message), qos=1)

    def _subscribe(self) -> None:
        for topic in (
            topics.TIMELINE,
            topics.LINK,
            topics.CALIBRATION,
            topics.STATUS,
            topics.POSTURE,
            topics.ANGLE,
            topics.NUDGE,
            topics.BOUT,
            topics.EVENT,
        ):
            self._mqtt.subscribe(topic.of(self._wearer), topic.qos)
        for topic in (topics.AVAILABILITY, topics.REPLY):
            self._mqtt.subscribe(topic.of(self._wearer, "+"), topic.qos)
        self._mqtt.subscribe(topics.RECORDERS_OF_ALL, topics.AVAILABILITY.qos)

    async def _watch(self) -> None:
        await self._mqtt.wait_connected(FIRST_TRY_S)
        known: bool | None = None
        while True:
            # Connected only when the broker knows where our answers go: they are not repeated.
            if self._mqtt.ready is not known:
                known = self._mqtt.ready
                self._queue.put_nowait(ConnectionChanged(known))
            await asyncio.sleep(CONNECTION_POLL_S)

    async def _read(self) -> None:
        async for incoming in self._mqtt.messages():
            try:
                fact = fact_of(incoming)
            except BadPayloadError:
                self.bad_payloads += 1
                continue
            if isinstance(fact, Reply):
                self._answered(fact)
            elif fact is not None:
                self._queue.put_nowait(fact)

    def _answered(self, reply: Reply) -> None:
        future = self._waiting.get(reply.id)
        if future is not None and not future.done():
            future.set_result(reply)


class _Running:
    """Owns tasks for the length of a block."""

    def __init__(self, *coroutines: Coroutine[None, None, None]) -> None:
        self._coroutines = coroutines
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(c) for c in self._coroutines]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
