"""Help: every key, generated from the bindings, and what one strap cannot know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

LIMITS = """\
One strap measures how your lower back is inclined against gravity, from your own upright, in \
whole degrees. It does not measure how far the spine is bent, and it cannot tell a chair from a \
bench. Unknown is shown as unknown and never counts as sitting or as a break.
Not a medical device. Numbness between the legs, bladder or bowel change, weakness in both legs, \
pain after a fall, fever or unexplained weight loss: seek urgent care."""


class HelpScreen(ModalScreen[None]):
    """Keys of the place below, in two columns."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", id="help.close")
    ]

    def compose(self) -> ComposeResult:
        """Lay out keys and limits."""
        bindings = self.app.screen_stack[0].active_bindings.values()
        with VerticalScroll(id="help"):
            yield Static(_keys(bindings, self.app.get_key_display), id="help-keys")
            yield Static(LIMITS, id="help-limits")


def _keys(bindings: Iterable[ActiveBinding], display: object) -> Content:
    rows = []
    for active in bindings:
        binding = active.binding
        if binding.system or not binding.description:
            continue
        rows.append(
            Content.assemble(
                (f"{display(binding):>8}", "bold $primary"),  # type: ignore[operator]
                f"  {binding.tooltip or binding.description}",
            )
        )
    return Content("\n").join(rows)
