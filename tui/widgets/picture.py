"""The base of what is drawn: one frozen reading in, one piece of content out."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.signs import Signs

ReadingT = TypeVar("ReadingT")


class Picture(Widget, Generic[ReadingT]):
    """Draws its reading; an equal reading draws nothing, so that telemetry costs little."""

    DEFAULT_CSS = "Picture { height: auto; }"

    reading: reactive[ReadingT | None] = reactive(None)

    def __init__(
        self,
        signs: Signs,
        *,
        title: str = "",
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.signs = signs
        self.border_title = title or None

    def draw(self, reading: ReadingT, width: int) -> Content:
        """Return the picture of a reading for `width` cells."""
        raise NotImplementedError

    def caption(self, reading: ReadingT) -> str:
        """Return what stands in the lower frame."""
        return ""

    def watch_reading(self, reading: ReadingT | None) -> None:
        """Write the caption, and ask for room where the height follows the content."""
        self.border_subtitle = "" if reading is None else self.signs.plain(self.caption(reading))
        if self.styles.is_auto_height:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines the picture takes at `width` cells."""
        if self.reading is None or width < 1:
            return 0
        return self.draw(self.reading, width).get_height({}, width)

    def render(self) -> Content:
        """Return the picture, or nothing before the first reading."""
        if self.reading is None or self.content_size.width < 1:
            return Content("")
        picture = self.draw(self.reading, self.content_size.width)
        return in_ascii(picture) if self.signs.ascii else picture


_ONE_TO_ONE: Final = str.maketrans("—…·°\N{MINUS SIGN}", "-.- -")


def in_ascii(picture: Content) -> Content:
    """Return the picture with every remaining sign beyond ASCII replaced, cell by cell."""
    text = picture.plain.translate(_ONE_TO_ONE)
    return Content(text.encode("ascii", "replace").decode(), spans=list(picture.spans))
