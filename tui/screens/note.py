"""One line of the wearer's own words."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

LONGEST = 400


class NoteScreen(ModalScreen[str | None]):
    """Asks for a note; Escape leaves without one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def compose(self) -> ComposeResult:
        """Yield the field."""
        field = Input(placeholder="what should be remembered?", max_length=LONGEST, id="note")
        field.border_title, field.border_subtitle = "Note", "enter keeps it, esc leaves it"
        yield field

    @on(Input.Submitted)
    def _note_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)
