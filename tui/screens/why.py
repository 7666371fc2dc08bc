"""Why this nudge: the stored decision, made again and explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from monitor.why import explain
from tui.readings import local

if TYPE_CHECKING:
    from ingest.records import Event

NAMES: Final = 31


class WhyScreen(ModalScreen[None]):
    """Rule, inputs, evidence with its strength, and how to change it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,y,q", "dismiss", "Close", id="why.close")
    ]

    def __init__(self, question: str, answer: Content) -> None:
        super().__init__()
        self.question = question
        self.answer = answer

    def compose(self) -> ComposeResult:
        """Yield the explanation."""
        page = Static(self.answer, id="why")
        page.border_title, page.border_subtitle = self.question, "esc closes"
        yield page


def explanation(event: Event) -> Content:
    """Return why a hint or nudge came; raise ValueError if none of it was stored."""
    told = explain(event)
    return Content("\n").join(
        [
            Content.styled(told.rule, "bold"),
            *(
                Content.assemble((f"{name:<{NAMES}}", "$quiet"), value)
                for name, value in told.inputs
            ),
            Content(""),
            Content(f"Evidence, grade {told.grade} (A is best): {told.evidence}"),
            Content.styled(f"To change it: {told.change}", "$quiet"),
        ]
    )


def newest_explained(events: Sequence[Event], zone: ZoneInfo) -> tuple[str, Content] | str:
    """Return question and answer about the newest hint or nudge, or why there is none."""
    if not events:
        return "No hint or nudge in the last 7 days."
    event = events[-1]
    which = f"the {event.kind} at {local(event.t_ms / 1000, zone):%H:%M}"
    try:
        return f"Why {which}?", explanation(event)
    except ValueError:
        return f"Of {which} no reasons were stored."
