"""A feed for a dashboard that is opened before the services it shows are up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, cast

from ingest.messages import Reply
from tui.facts import Arguments, Fact, Feed

if TYPE_CHECKING:
    from ingest.connection import Connection

POLL_S: Final = 0.1


class LateFeed:
    """Waits for a connection to become known, then is the feed over it.

    Args:
        find: returns how to connect, or None while nobody has said so yet.
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
        """Yield facts once the services are up."""
        while (connection := self._find()) is None:  # noqa: ASYNC110 - a file tells no event
            await asyncio.sleep(POLL_S)
        self._feed = self._connect(connection)
        self.screen_id = self._feed.screen_id
        inner = cast("AsyncGenerator[Fact]", self._feed.facts())
        async with aclosing(inner) as facts:
            async for fact in facts:
                yield fact

    async def send(self, verb: str, args: Arguments, *, command_id: str) -> Reply | None:
        """Ask for `verb`; nobody answers before the services are up."""
        if self._feed is None:
            return None
        return await self._feed.send(verb, args, command_id=command_id)

    def present(self, *, focused: bool, key_pressed: bool) -> None:
        """Announce this screen, once there is somebody to hear it."""
        if self._feed is not None:
            self._feed.present(focused=focused, key_pressed=key_pressed)
