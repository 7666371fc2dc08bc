"""A feed for a dashboard that outlives the services it shows, or is opened before they are up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, cast

from ingest.messages import Reply
from tui.facts import Arguments, ConnectionChanged, Fact, Feed

if TYPE_CHECKING:
    from ingest.delivery.connection import Connection

POLL_S: Final = 0.25


class LateFeed:
    """Waits for a connection to become known, then is the feed over it.

    Services that start anew listen elsewhere and have a new token: once the connection is lost and
    another is known, that one is taken.

    Args:
        find: returns how to connect, or None while nobody has said so yet; raises CommandError
            when nobody will, which ends the facts.
        connect: makes the feed.
    """

    def __init__(
        self, find: Callable[[], Connection | None], connect: Callable[[Connection], Feed]
    ) -> None:
        self.screen_id = ""
        self._find = find
        self._connect = connect
        self._feed: Feed | None = None

    async def facts(self) -> AsyncIterator[Fact]:
        """Yield facts once the services are up, and again each time they are up anew."""
        while True:
            while (connection := self._find()) is None:  # noqa: ASYNC110 - a file tells no event
                await asyncio.sleep(POLL_S)
            self._feed = self._connect(connection)
            self.screen_id = self._feed.screen_id
            inner = cast("AsyncGenerator[Fact]", self._feed.facts())
            async with aclosing(inner), aclosing(self._until_moved(inner, connection)) as facts:
                async for fact in facts:
                    yield fact

    async def _until_moved(
        self, inner: AsyncGenerator[Fact], connection: Connection
    ) -> AsyncGenerator[Fact]:
        """Yield facts until the connection is lost and another one is known."""
        lost = False
        coming = asyncio.ensure_future(anext(inner))
        try:
            while True:
                await asyncio.wait({coming}, timeout=POLL_S if lost else None)
                if coming.done():
                    fact = coming.result()
                    if isinstance(fact, ConnectionChanged):
                        lost = not fact.connected
                    yield fact
                    coming = asyncio.ensure_future(anext(inner))
                elif self._find() not in (None, connection):
                    return
        finally:
            coming.cancel()
            await asyncio.wait({coming})

    async def send(self, verb: str, args: Arguments, *, command_id: str) -> Reply | None:
        """Ask for `verb`; nobody answers before the services are up."""
        if self._feed is None:
            return None
        return await self._feed.send(verb, args, command_id=command_id)

    def present(self, *, focused: bool, key_pressed: bool) -> None:
        """Announce this screen, once there is somebody to hear it."""
        if self._feed is not None:
            self._feed.present(focused=focused, key_pressed=key_pressed)
