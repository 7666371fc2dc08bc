"""Which screen the wearer is looking at, so that one body gets one prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingest.messages import ScreenMessage

SILENT_MS: Final = 60_000  # a screen announces itself every 10 s


@dataclass(frozen=True, slots=True)
class Presence:
    """A screen that came or changed, or (without a message) left."""

    id: str
    screen: ScreenMessage | None


class Screens:
    """The screens that are there."""

    def __init__(self) -> None:
        self._screens: dict[str, ScreenMessage] = {}

    def note(self, presence: Presence) -> None:
        """Take one piece of news."""
        if presence.screen is None:
            self._screens.pop(presence.id, None)
            return
        now_ms = presence.screen.t_ms
        self._screens[presence.id] = presence.screen
        # A broker that was killed never tells that a screen has gone.
        self._screens = {
            name: screen
            for name, screen in self._screens.items()
            if now_ms - screen.t_ms <= SILENT_MS
        }

    def in_use(self, current: str | None = None) -> str | None:
        """Return the screen in use: focused before not, then the newest key; None without any.

        Of equals, `current` stays what it is.
        """
        return max(self._screens, key=lambda name: self._rank(name, current), default=None)

    def _rank(self, name: str, current: str | None) -> tuple[bool, int, bool, str]:
        screen = self._screens[name]
        return screen.focused, screen.last_key_ms or 0, name == current, name
