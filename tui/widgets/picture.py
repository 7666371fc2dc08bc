"""The base of what is drawn: one frozen reading in, one piece of content out."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.signs import Signs

ReadingT = TypeVar("ReadingT")


class Picture(Widget, Generic[ReadingT]):
    """Draws its reading; an equal reading draws nothing, so that telemetry costs little."""

    DEFAULT_CSS = "Picture { height: auto; }"

    reading: reactive[ReadingT | None] = reactive(None)

    def __init__(self, signs: Signs, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=classes)
        self.signs = signs

    def draw(self, reading: ReadingT, width: int) -> Content:
        """Return the picture of a reading for `width` cells."""
        raise NotImplementedError

    def render(self) -> Content:
        """Return the picture, or nothing before the first reading."""
        if self.reading is None or self.content_size.width < 1:
            return Content("")
        return self.draw(self.reading, self.content_size.width)
