"""`lumbar live --plain`: sentences on standard output, as long as there is something to tell."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TextIO

from tui.listening import Listener
from tui.readings import local
from tui.spoken import Speaker

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tui.facts import Feed

SAY_S: Final = 1.0  # news of one second are told together


async def speak(feed: Feed, zone: ZoneInfo, stream: TextIO) -> None:
    """Write a line for every change until cancelled; it announces no screen, so takes no prompt."""
    listener = Listener()
    speaker = Speaker(zone)

    async def listen() -> None:
        async for fact in feed.facts():
            listener.take(fact)

    listening = asyncio.create_task(listen(), name="listen")
    try:
        while not listening.done():
            await asyncio.wait({listening}, timeout=SAY_S)
            now_s = listener.now_s
            for line in speaker.news(listener.newest, now_s):
                stream.write(f"{local(now_s, zone):%H:%M:%S} {line}\n")
            stream.flush()
        listening.result()
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
