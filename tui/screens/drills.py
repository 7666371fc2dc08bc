"""Drills: the catalogue with filters; Enter opens the player."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from monitor.drills.catalogue import Drill, load_catalogue
from tui.screens.player import PlayerScreen
from tui.screens.task import TaskScreen
from tui.widgets.drill_card import DrillCard, dose_words

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACES = ("everywhere", "desk", "stand", "wall", "chair", "floor")


class DrillsScreen(TaskScreen):
    """What may be practised, and how."""

    AUTO_FOCUS = "#drill-list"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f", "filter", "Place", id="drills.filter", tooltip="Show drills of the next place"
        ),
        Binding("enter", "start", "Start", id="drills.start", tooltip="Start the drill"),
    ]

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        self.drills: Sequence[Drill] = load_catalogue()
        self._place = 0

    def body(self) -> Iterable[Widget]:
        """Yield list and page."""
        yield OptionList(id="drill-list", classes="card", compact=True)
        with VerticalScroll(id="drill-page", can_focus=False):
            yield DrillCard(self.dashboard.signs, id="drill", classes="card")

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill()

    def _fill(self) -> None:
        place = PLACES[self._place]
        options = self.query_one(OptionList)
        options.border_title = f"Drills: {place}"
        options.clear_options()
        options.add_options([_option(d) for d in self.drills if _at(d, place)])
        options.highlighted = 0 if options.option_count else None

    def action_filter(self) -> None:
        """Show the drills of the next place."""
        self._place = (self._place + 1) % len(PLACES)
        self._fill()

    def action_start(self) -> None:
        """Open the player on the highlighted drill."""
        drill = self._highlighted()
        if drill is not None:
            self.app.push_screen(PlayerScreen(drill))

    @on(OptionList.OptionHighlighted)
    def _drill_highlighted(self) -> None:
        drill = self._highlighted()
        card = self.query_one(DrillCard)
        card.reading = drill
        card.border_title = drill.name if drill is not None else ""

    @on(OptionList.OptionSelected)
    def _drill_selected(self) -> None:
        self.action_start()

    def _highlighted(self) -> Drill | None:
        options = self.query_one(OptionList)
        if options.highlighted is None:
            return None
        wanted = options.get_option_at_index(options.highlighted).id
        return next((drill for drill in self.drills if drill.id == wanted), None)


def _option(drill: Drill) -> Option:
    return Option(Content.assemble(drill.name, (f"  {dose_words(drill)}", "$quiet")), id=drill.id)


def _at(drill: Drill, place: str) -> bool:
    if place == "desk":
        return drill.clothes == "yes"
    return place in ("everywhere", drill.place)
