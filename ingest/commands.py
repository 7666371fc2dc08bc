"""Commands of screens: each is carried out at most once and always answered."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from ingest import topics
from ingest.delivery.dead_letters import Refusals
from ingest.delivery.mqtt import Incoming
from ingest.delivery.publisher import Sender
from ingest.errors import BadPayloadError
from ingest.messages import Command, Reply, decode, encode

REMEMBERED: Final = 256  # answers kept for commands that arrive twice
MAX_LIFE_MS: Final = 10 * 60 * 1000  # nobody means a command for longer

Verb = Callable[[Command], Reply | Awaitable[Reply]]
"""Carries a command out; one that has to wait for a strap is answered when it is done."""
WallMs = Callable[[], int]


def wall_ms() -> int:
    """Return the wall clock in UTC milliseconds."""
    return time.time_ns() // 1_000_000


def accepted(command: Command, reason: str = "", data: Mapping[str, Any] | None = None) -> Reply:
    """Return the answer to a command that was carried out."""
    return Reply(id=command.id, accepted=True, reason=reason, data={**(data or {})})


def refused(command: Command, reason: str) -> Reply:
    """Return the answer to a command that was not."""
    return Reply(id=command.id, accepted=False, reason=reason)


class CommandDesk:
    """Takes the commands of some verbs for one wearer and publishes the answers.

    A command that is delivered again is answered as before and not carried out again. One that
    has expired, or claims to be valid for longer than MAX_LIFE_MS, is refused. One that a broker
    had retained is ignored: it would come with every connection.
    """

    def __init__(
        self,
        mqtt: Sender,
        verbs: Mapping[str, Verb],
        *,
        wearer: str,
        wall: WallMs = wall_ms,
    ) -> None:
        self._mqtt = mqtt
        self._wearer = wearer
        self._wall = wall
        self._refusals = Refusals()
        self._answers: OrderedDict[str, Reply] = OrderedDict()
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._verbs = {topics.COMMAND.of(wearer, name): verb for name, verb in verbs.items()}
        for topic in self._verbs:
            mqtt.handle(topic, self.take, qos=topics.COMMAND.qos)

    def take(self, incoming: Incoming) -> None:
        """Carry out a command and answer it."""
        if incoming.retain:
            self._refusals.note(f"{incoming.topic}: a retained command")
            return
        try:
            command = decode(Command, incoming.payload, topic=incoming.topic)
        except BadPayloadError as error:
            self._refusals.note(str(error))
            return
        if command.id in self._waiting:
            return  # its answer is under way
        answer = self._answers.get(command.id) or self._answer(incoming.topic, command)
        if isinstance(answer, Reply):
            self._reply(command, answer)
        else:
            waiting = asyncio.ensure_future(self._wait(command, answer))
            self._waiting[command.id] = waiting

    async def _wait(self, command: Command, answer: Awaitable[Reply]) -> None:
        try:
            self._reply(command, await answer)
        finally:
            del self._waiting[command.id]

    def _reply(self, command: Command, reply: Reply) -> None:
        self._answers[command.id] = reply
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        topic = topics.REPLY.of(self._wearer, command.id)
        self._mqtt.publish(topic, encode(reply), qos=topics.REPLY.qos)

    def _answer(self, topic: str, command: Command) -> Reply | Awaitable[Reply]:
        now_ms = self._wall()
        if command.expires_ms < now_ms:
            return refused(command, "the command came too late")
        if command.expires_ms > now_ms + MAX_LIFE_MS:
            return refused(command, "a command is valid for ten minutes at most")
        return self._verbs[topic](command)
