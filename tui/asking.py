"""Commands of this screen: what was answered, refused, or must be asked again.

A mark, a correction or a finished drill is the wearer's work: while nobody answers it is kept and
asked again under the same id, and "saved" is said only after the reply.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from tui.facts import Arguments, Feed, new_command_id

KEPT: Final = frozenset({"mark", "correct", "drill", "check_in"})
AGAIN_S: Final = 5.0

Severity = Literal["information", "warning"]
Say = Callable[[str, Severity], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """One command and what to say once it is done."""

    verb: str
    args: Arguments
    done: str


class Desk:
    """Sends wishes and keeps those that must not be lost.

    Attributes:
        waiting: wishes that nobody has answered yet, by id.
    """

    def __init__(self, feed: Feed, say: Say, *, again_s: float = AGAIN_S) -> None:
        self.waiting: dict[str, Wish] = {}
        self._feed = feed
        self._say = say
        self._again_s = again_s

    async def ask(self, wish: Wish) -> bool:
        """Send a wish until it is settled; return whether it was accepted."""
        command_id = new_command_id()
        reply = await self._feed.send(wish.verb, wish.args, command_id=command_id)
        if reply is None and wish.verb in KEPT:
            self._say("Nobody answered. Kept here and sent again until it is saved.", "warning")
            self.waiting[command_id] = wish
            while reply is None:
                await asyncio.sleep(self._again_s)
                reply = await self._feed.send(wish.verb, wish.args, command_id=command_id)
            del self.waiting[command_id]
        if reply is None:
            self._say("Nobody answered: is it running? Nothing was done.", "warning")
            return False
        if not reply.accepted:
            self._say(f"Not done: {reply.reason}" if reply.reason else "Not done.", "warning")
            return False
        self._say(wish.done, "information")
        return True
