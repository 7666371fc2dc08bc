"""A prompt that is none: shown once by every sink of this machine, to see which of them work."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from ingest.messages import NudgeMessage, encode
from monitor.notice import NoDesktopError, Notice
from monitor.programs import NOT_THERE, Finished, Runner
from monitor.settings import SinkSettings
from monitor.showing import notice, tmux_line

VERB: Final = "try_sinks"
TEXT: Final = "This is a try: your next nudge will be shown like this."
SHOWN: Final = "shown"
SHOWN_AFTER_S: Final = 2.0  # a notice that is still there then has been shown
LIFETIME_S: Final = 10.0
TRY: Final = NudgeMessage(
    id="try", t_ms=0, expires_ms=round(LIFETIME_S * 1000), rung="nudge", reason=TEXT
)


class Rehearsal:
    """Shows the try on the sinks that any rung names; nothing of it is an answer or a record."""

    def __init__(
        self,
        settings: SinkSettings,
        *,
        run: Runner,
        notify: Callable[[Notice], Awaitable[str]],
    ) -> None:
        self._settings = settings
        self._run = run
        self._notify = notify
        self._showing: set[asyncio.Task[str]] = set()

    async def outcomes(self) -> Mapping[str, str]:
        """Return what became of each sink: "shown", or why not."""
        settings = self._settings
        named = {*settings.hint, *settings.nudge, *settings.firm}
        shows = {"desktop": self._desktop, "tmux": self._tmux, "command": self._command}
        tasks = {sink: asyncio.create_task(shows[sink]()) for sink in shows if sink in named}
        self._showing |= set(tasks.values())
        if tasks:
            await asyncio.wait(tasks.values(), timeout=SHOWN_AFTER_S)
        return {sink: task.result() if task.done() else SHOWN for sink, task in tasks.items()}

    async def close(self) -> None:
        """Take away what still shows."""
        for task in self._showing:
            task.cancel()
        await asyncio.gather(*self._showing, return_exceptions=True)

    async def _desktop(self) -> str:
        try:
            await self._notify(Notice(TEXT, (), quiet=False, lifetime_s=LIFETIME_S))
        except NoDesktopError:
            command = notice(TRY, LIFETIME_S, sys.platform)
            finished = await self._run(command, timeout_s=LIFETIME_S)
            return SHOWN if finished.code == 0 else "no desktop here shows notices"
        return SHOWN

    async def _tmux(self) -> str:
        finished = await self._run(tmux_line(TEXT))
        return SHOWN if finished.code == 0 else "no tmux runs here"

    async def _command(self) -> str:
        if not self._settings.command:
            return "sinks.command is empty"
        finished = await self._run(self._settings.command, stdin=encode(TRY))
        return _ended(finished)


def _ended(finished: Finished) -> str:
    if finished.code == 0:
        return SHOWN
    if finished.code == NOT_THERE:
        return "there is no such program"
    return f"failed with exit code {finished.code}" if finished.code > 0 else "took too long"
