"""When to stop practising and ask for help; one key away from every drill."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from monitor.safety import ABOUT, red_flag_notice

STOP = "Stop a drill when something hurts: press h, and an easier one is offered next time."


class SafetyScreen(ModalScreen[None]):
    """The notice."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,r,q", "dismiss", "Close", id="safety.close")
    ]

    def compose(self) -> ComposeResult:
        """Yield the notice."""
        notice = Static(f"{red_flag_notice()}\n\n{STOP}\n{ABOUT}", id="safety")
        notice.border_title, notice.border_subtitle = "Warning signs", "esc closes"
        yield notice
