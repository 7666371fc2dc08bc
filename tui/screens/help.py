"""Help: every key, generated from the bindings, and what one strap cannot know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from monitor.safety import ABOUT, LIMITS, RED_FLAGS, RED_FLAGS_ACTION
from tui.keys import GLOBAL, NUDGE_ANSWERS
from tui.screens.task import TaskScreen

if TYPE_CHECKING:
    from tui.app import DashboardApp

NOTICE: Final = "\n".join((*LIMITS, "", ABOUT, RED_FLAGS_ACTION, *RED_FLAGS))

Groups = Iterator[tuple[str, Sequence[BindingType]]]


class HelpScreen(ModalScreen[None]):
    """Keys of the place below, then those that act everywhere."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", id="help.close")
    ]

    def compose(self) -> ComposeResult:
        """Lay out keys and limits."""
        with VerticalScroll(id="help"):
            yield Static(self._keys(), id="help-keys")
            yield Static(NOTICE, id="help-limits")

    def on_mount(self) -> None:
        """Name the page."""
        page = self.query_one("#help")
        page.border_title, page.border_subtitle = "Keys", "esc closes"

    def _keys(self) -> Content:
        app = cast("DashboardApp", self.app)
        lines: list[Content] = []
        for title, bindings in self._groups():
            lines.append(Content.styled(title, "bold"))
            for binding in bindings:
                if isinstance(binding, Binding) and binding.description:
                    key = app.settings.keys.get(binding.id or "", binding.key)
                    words = binding.tooltip or binding.description
                    name = f"{NAMES.get(key, key):>10}"
                    lines.append(Content.assemble((name, "bold $primary"), f"  {words}"))
        return Content("\n").join(lines)

    def _groups(self) -> Groups:
        place = next(s for s in reversed(self.app.screen_stack) if isinstance(s, TaskScreen))
        own = [b for b in place.BINDINGS if b not in TaskScreen.BINDINGS]
        if own:
            yield "Here", own
        answers = set(NUDGE_ANSWERS)
        yield "Everywhere", [binding for binding in GLOBAL if binding not in answers]
        yield "While a nudge is shown", list(NUDGE_ANSWERS)
        yield "To read on", TaskScreen.BINDINGS


NAMES: Final = {
    "question_mark": "?",
    "h,left": "h, left",
    "l,right": "l, right",
    "pagedown": "page down",
    "pageup": "page up",
}
