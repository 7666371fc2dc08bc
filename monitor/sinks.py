"""Where a prompt is shown besides the screens: desktop, tmux, strap and a command; per rung.

Screens show prompts and ring the bell themselves: they read `nudge` like everybody else.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from ingest.messages import NudgeMessage, Reply, encode
from monitor.desktop import ask
from monitor.notice import NoDesktopError, Notice
from monitor.programs import Runner, run_program
from monitor.rehearsal import Rehearsal
from monitor.settings import SinkName, SinkSettings
from monitor.showing import ACTIONS, notice, text_of, tmux_line

logger = logging.getLogger(__name__)

BUZZ_S: Final = {"hint": 0.15, "nudge": 0.3, "firm": 0.6}

Answer = Callable[[str, str, float | None], None]
"""Takes (nudge id, verb, minutes) when a button of a notice is pressed."""
Buzz = Callable[[NudgeMessage, float], None]
"""Asks the strap to vibrate for a prompt, so many seconds."""


class Sinks:
    """Shows prompts on the sinks of this machine; nothing here can hold the monitor up."""

    def __init__(
        self,
        settings: SinkSettings,
        *,
        answer: Answer,
        buzz: Buzz,
        run: Runner = run_program,
        notify: Callable[[Notice], Awaitable[str]] = ask,
    ) -> None:
        self._settings = settings
        self._answer = answer
        self._buzz = buzz
        self._run = run
        self._notify = notify
        self._tasks: set[asyncio.Task[None]] = set()
        self._notices: set[asyncio.Task[None]] = set()
        self._missing: set[str] = set()
        self._rehearsal = Rehearsal(settings, run=run, notify=notify)

    def show(self, nudge: NudgeMessage, *, also: str | None = None) -> None:
        """Show a prompt on the sinks of its rung, and on one more, in the background."""
        self.clear()
        sinks = [*self._of(nudge), *([also] if also else [])]
        for sink in dict.fromkeys(sinks):
            task = asyncio.create_task(self._show(sink, nudge), name=f"sink-{sink}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            if sink == "desktop":
                self._notices.add(task)
                task.add_done_callback(self._notices.discard)

    def rehearse(self, command_id: str, reply: Callable[[Reply], None]) -> None:
        """Show a try on every sink in the background, and reply with what became of each."""
        task = asyncio.create_task(self._rehearse(command_id, reply), name="sinks-try")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _rehearse(self, command_id: str, reply: Callable[[Reply], None]) -> None:
        outcomes = await self._rehearsal.outcomes()
        reply(Reply(id=command_id, accepted=True, data=dict(outcomes)))

    def clear(self) -> None:
        """Take the notice off the desktop: the prompt was answered or is over."""
        for task in list(self._notices):
            task.cancel()

    @property
    def busy(self) -> bool:
        """Whether a sink still shows something."""
        return bool(self._tasks)

    async def close(self) -> None:
        """Stop what still shows."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._rehearsal.close()

    def _of(self, nudge: NudgeMessage) -> Sequence[SinkName]:
        settings = self._settings
        return {"hint": settings.hint, "nudge": settings.nudge, "firm": settings.firm}[nudge.rung]

    async def _show(self, sink: str, nudge: NudgeMessage) -> None:
        match sink:
            case "desktop":
                await self._ask(nudge)
            case "tmux":
                await self._try("tmux", tmux_line(text_of(nudge)))
            case "strap":
                self._buzz(nudge, BUZZ_S[nudge.rung])
            case "command" if self._settings.command:
                await self._try("command", self._settings.command, stdin=encode(nudge))

    async def _ask(self, nudge: NudgeMessage) -> None:
        """Show a notice, over the bus or else by a program, and take its answer."""
        lifetime_s = max((nudge.expires_ms - nudge.t_ms) / 1000, 1.0)
        try:
            pressed = await self._notify(
                Notice(text_of(nudge), ACTIONS, nudge.rung == "hint", lifetime_s)
            )
        except NoDesktopError:
            command = notice(nudge, lifetime_s, sys.platform)
            pressed = await self._try("desktop", command, timeout_s=lifetime_s)
        verb, _, minutes = pressed.strip().partition(" ")
        if any(pressed.strip() == action for action, _ in ACTIONS):
            self._answer(nudge.id, verb, float(minutes) if minutes else None)

    async def _try(
        self, sink: str, command: Sequence[str], *, stdin: bytes = b"", timeout_s: float = 10.0
    ) -> str:
        """Run a program; say once when it fails, and return what it printed."""
        finished = await self._run(command, stdin=stdin, timeout_s=timeout_s)
        if finished.code > 0 and sink not in self._missing:
            self._missing.add(sink)
            logger.warning("the sink %s does not work: %s failed", sink, command[0])
        return finished.output if finished.code == 0 else ""
