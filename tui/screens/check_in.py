"""How yesterday's drills feel today: one question, one key."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from monitor.drills.journal import Rating

QUESTION = "How do yesterday's drills feel today?"
ANSWERS: tuple[tuple[str, Rating, str], ...] = (
    ("1", "fine", "fine"),
    ("2", "mild", "a little tired"),
    ("3", "sore", "still sore"),
    ("4", "sharp", "sharp pain"),
)


class CheckInScreen(ModalScreen[Rating | None]):
    """Ends with the answer, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key, f"answer('{rating}')", words, id=f"check_in.{rating}", tooltip=words)
            for key, rating, words in ANSWERS
        ),
        Binding("escape,q", "answer", "Later", id="check_in.close", tooltip="Ask later"),
    ]

    def compose(self) -> ComposeResult:
        """Yield the question with its keys."""
        lines = [f"{key}  {words}" for key, _, words in ANSWERS]
        question = Static("\n".join([*lines, "", "esc  later"]), id="safety")
        question.border_title = QUESTION
        yield question

    def action_answer(self, rating: Rating | None = None) -> None:
        """Close with the answer."""
        self.dismiss(rating)
