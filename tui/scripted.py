"""A feed without a broker, for tests, screenshots and benchmarks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ingest.messages import Reply
from tui.facts import Arguments, Fact


class ScriptedFeed:
    """A feed that says what it is told to and notes what it is asked.

    Attributes:
        sent: (verb, arguments) of every command, in order.
        announced: (focused, key_pressed) of every announcement.
        answers: the reply to give for a verb, None for silence; the rest is accepted.
    """

    def __init__(self, *facts: Fact, screen_id: str = "screen-1") -> None:
        self.screen_id = screen_id
        self.sent: list[tuple[str, dict[str, str | int | float | bool | None]]] = []
        self.announced: list[tuple[bool, bool]] = []
        self.answers: dict[str, Reply | None] = {}
        self._queue: asyncio.Queue[Fact] = asyncio.Queue()
        for fact in facts:
            self._queue.put_nowait(fact)

    def say(self, *facts: Fact) -> None:
        """Let facts arrive."""
        for fact in facts:
            self._queue.put_nowait(fact)

    async def facts(self) -> AsyncIterator[Fact]:
        """Yield the facts that were handed in, then wait for more."""
        while True:
            yield await self._queue.get()

    async def send(self, verb: str, args: Arguments, *, command_id: str) -> Reply | None:
        """Note the command and give the scripted answer."""
        self.sent.append((verb, dict(args)))
        return self.answers.get(verb, Reply(id=command_id, accepted=True))

    def present(self, *, focused: bool, key_pressed: bool) -> None:
        """Note the announcement."""
        self.announced.append((focused, key_pressed))
