"""Keys one after the other: the next is looked at when all that the last one did is done."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from textual.app import App
from textual.events import Key
from textual.message_pump import MessagePump

ROUNDS: Final = 3  # a key bubbles, then the message that it caused, then a new screen comes up
LOST_S: Final = 0.5  # a widget that went away answers no more


class KeyOrder:
    """Holds keys back that come faster than what the last one opens.

    Textual hands a key to whatever has the focus at that moment. When several come in one chunk, as
    from a fast typist, a slow line or a script, they reach the screen that the first is about to
    leave, and a note's letters become its commands.

    Args:
        app: whose keys.
        hand_on: what the app does with one key.
    """

    def __init__(self, app: App[Any], hand_on: Callable[[Key], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[Key] = deque()
        self._number = 0
        self._busy = False
        self._guard: asyncio.TimerHandle | None = None

    async def take(self, key: Key) -> None:
        """Hand the key on now, or after those before it."""
        if self._busy:
            self._waiting.append(key)
        else:
            await self._pass(key)

    async def _pass(self, key: Key) -> None:
        self._busy = True
        self._number += 1
        await self._hand_on(key)
        release = partial(self._release, self._number)
        self._guard = asyncio.get_running_loop().call_later(LOST_S, self._app.call_later, release)
        self._follow(ROUNDS, release)

    def _follow(self, rounds: int, release: Callable[[], Awaitable[None]]) -> None:
        """Send a call the way that a key bubbles, right behind it, so many times."""
        if not rounds:
            self._app.call_later(release)
        elif self._app.screen_stack:
            here = self._app.focused or self._app.screen
            self._hop(here, partial(self._follow, rounds - 1, release))

    def _hop(self, node: MessagePump, arrived: Callable[[], None]) -> None:
        above = node._parent  # `parent` is None above a screen
        node.call_later(arrived if above is None else partial(self._hop, above, arrived))

    async def _release(self, number: int) -> None:
        if number != self._number or not self._busy:
            return
        self._busy = False
        if self._guard is not None:
            self._guard.cancel()
        if self._waiting:
            await self._pass(self._waiting.popleft())
