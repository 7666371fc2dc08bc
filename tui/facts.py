"""What reaches a screen, as typed facts, and the two things a screen says.

A feed never judges: it hands on messages and whether the broker is there. `tui.live` makes of it
what may be shown.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from ingest.messages import (
    AngleMessage,
    BoutMessage,
    CalibrationMessage,
    EventMessage,
    LinkMessage,
    NudgeMessage,
    PostureMessage,
    Reply,
    StatusMessage,
    TimelineMessage,
)

Arguments = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """The broker came or went."""

    connected: bool


@dataclass(frozen=True, slots=True)
class ServiceChanged:
    """A service said that it is there, or its last will that it is not.

    `reason` is what keeps a service that is there from its work.
    """

    service: str
    online: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NudgeCleared:
    """The prompt that was in force has ended."""


Fact = (
    ConnectionChanged
    | ServiceChanged
    | NudgeCleared
    | TimelineMessage
    | LinkMessage
    | CalibrationMessage
    | StatusMessage
    | PostureMessage
    | AngleMessage
    | NudgeMessage
    | BoutMessage
    | EventMessage
)

NEWCOMERS: Final = (ConnectionChanged(True), ServiceChanged("monitor", True))
"""After these, somebody is there who knows of no screen yet."""


class Feed(Protocol):
    """Where a dashboard gets its facts and where its commands go."""

    screen_id: str

    def facts(self) -> AsyncIterator[Fact]:
        """Yield facts as they arrive, until the iterator is closed; opens and closes the link."""

    async def send(self, verb: str, args: Arguments, *, command_id: str) -> Reply | None:
        """Ask for `verb` and return the answer, or None when nobody answers in time.

        Sending again with the same `command_id` asks about the same command.
        """

    def present(self, *, focused: bool, key_pressed: bool) -> None:
        """Announce this screen, so that one prompt appears where the wearer is."""


def new_command_id() -> str:
    """Return an id that no other command has."""
    return secrets.token_hex(8)
