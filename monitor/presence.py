"""Which screen the wearer is looking at, so that one body gets one prompt."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.messages import ScreenMessage


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
        else:
            self._screens[presence.id] = presence.screen

    def in_use(self) -> str | None:
        """Return the screen in use: focused before not, then the newest key; None without any."""
        if not self._screens:
            return None
        return max(self._screens, key=self._rank)

    def _rank(self, screen_id: str) -> tuple[bool, int, str]:
        screen = self._screens[screen_id]
        return screen.focused, screen.last_key_ms or 0, screen_id
