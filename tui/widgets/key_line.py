"""The last line: the keys that act here, in one line of text.

Textual's Footer mounts a widget for every key at each change, which costs more than all the rest of
a change of screens.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding
from textual.content import Content
from textual.dom import DOMNode
from textual.events import Click
from textual.message import Message
from textual.screen import Screen

from tui.lines import fitting
from tui.widgets.picture import Picture

ASCII_KEYS = {"question_mark": "?", "escape": "esc"}


@dataclass(frozen=True, slots=True)
class KeyHint:
    """A key, what it does, the action behind it and whose action that is."""

    key: str
    words: str
    action: str
    owner: DOMNode


class KeyLine(Picture[tuple[KeyHint, ...]]):
    """The bindings that are shown, as many as fit; the rest is in help and palette."""

    GAP = "  "

    class KeyChosen(Message):
        """A key was clicked."""

        def __init__(self, action: str, owner: DOMNode) -> None:
            super().__init__()
            self.action = action
            self.owner = owner

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)
        self._bindings_updated(self.screen)

    def _bindings_updated(self, screen: Screen[object]) -> None:
        if not screen.is_current:
            return
        self.reading = tuple(
            KeyHint(self._shown_key(binding), binding.description, binding.action, owner)
            for owner, binding, enabled, _ in screen.active_bindings.values()
            if binding.show and enabled and binding.description
        )

    def _shown_key(self, binding: Binding) -> str:
        return (
            ASCII_KEYS.get(binding.key, binding.key)
            if self.signs.ascii
            else (self.app.get_key_display(binding))
        )

    def draw(self, reading: tuple[KeyHint, ...], width: int) -> Content:
        """Return the line."""
        parts = [
            Content.assemble(
                (hint.key, "bold $footer-key-foreground"), (f" {hint.words}", "$quiet")
            )
            for hint in reading
        ]
        return fitting(parts, width, self.GAP)

    def on_click(self, event: Click) -> None:
        """Say which key was clicked."""
        at, shown = 1, len(self.render().plain)
        for hint in self.reading or ():
            at += len(hint.key) + 1 + len(hint.words) + len(self.GAP)
            if event.x < min(at, 1 + shown):
                self.post_message(self.KeyChosen(hint.action, hint.owner))
                return
