"""When to stop practising and ask for help; one key away from every drill."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

RED_FLAGS: Final = """\
Stop, and seek urgent medical care, with any of these:
  - numbness between the legs
  - a change of bladder or bowel control
  - weakness in both legs
  - pain after a fall or an accident
  - fever, or unexplained weight loss

Stop a drill when something hurts; press h, and an easier one is offered next time.
Ask a professional first when you are pregnant, after surgery, or with osteoporosis.
Lumbar is not a medical device."""


class SafetyScreen(ModalScreen[None]):
    """The notice."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,r,q", "dismiss", "Close", id="safety.close")
    ]

    def compose(self) -> ComposeResult:
        """Yield the notice."""
        notice = Static(RED_FLAGS, id="safety")
        notice.border_title = "Warning signs"
        yield notice
