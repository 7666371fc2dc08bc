"""One bout: its angle over time, and a way to say that it was something else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ingest.records import Bout, PostureState, Second
from tui import phrases
from tui.readings import bout_figures, local, scale_of
from tui.screens.task import TaskScreen
from tui.traces import TraceReading
from tui.widgets.figures_table import FiguresReading, FiguresTable
from tui.widgets.trace import Trace

LEAST_SPAN_DEG: Final = 10.0
MOST_POINTS: Final = 2000  # beyond what any terminal is wide


class StateChoice(ModalScreen[str | None]):
    """What the wearer says it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Cancel", id="bout.cancel")
    ]

    def compose(self) -> ComposeResult:
        """Yield the states."""
        states = [state for state in PostureState if state is not PostureState.UNKNOWN]
        choice = OptionList(
            *(Option(phrases.STATE[state], id=state.value) for state in states), id="choice"
        )
        choice.border_title, choice.border_subtitle = "It was", "esc leaves it"
        yield choice

    @on(OptionList.OptionSelected)
    def _state_chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)


class BoutScreen(TaskScreen):
    """The angle trace of one bout."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "correct", "It was ...", id="bout.correct", tooltip="Say what it really was"),
        Binding("escape", "app.pop_screen", "Back", id="bout.back", tooltip="Back to the day"),
    ]

    def __init__(self, bout: Bout) -> None:
        super().__init__("day")
        self.bout = bout

    def body(self) -> Iterable[Widget]:
        """Yield figures and trace."""
        signs = self.dashboard.signs
        yield FiguresTable(signs, title="Bout", id="bout-figures", classes="card")
        yield Trace(signs, title="Inclination", id="bout-trace", classes="card")

    def on_mount(self) -> None:
        """Ask for the seconds."""
        zone, signs = self.dashboard.timezone, self.dashboard.signs
        figures = bout_figures(self.bout, zone, signs)
        self.query_one(FiguresTable).reading = FiguresReading(figures)
        self.recall_trace()

    @work(exclusive=True, group="trace", exit_on_error=False)
    async def recall_trace(self) -> None:
        """Ask the history for the seconds and draw them."""
        from_s, to_s = self.bout.start_ms // 1000, -(-self.bout.end_ms // 1000)
        seconds = await self.recall(lambda history: history.trace(from_s, to_s))
        if seconds is None:
            return
        trace = self.query_one(Trace)
        if not any(second.sagittal_deg is not None for second in seconds):
            trace.border_subtitle = "single seconds are not kept for this bout"
        zone = self.dashboard.timezone
        trace.reading = _trace(
            seconds,
            (f"{local(from_s, zone):%H:%M}", f"{local(to_s, zone):%H:%M}"),
            (from_s, to_s),
            scale_of(self.dashboard.newest).easy,
        )

    def action_correct(self) -> None:
        """Let the wearer say what it was."""
        self.app.push_screen(StateChoice(), self._corrected)

    def _corrected(self, state: str | None) -> None:
        if state is None:
            return
        args = {
            "from_s": self.bout.start_ms // 1000,
            "to_s": -(-self.bout.end_ms // 1000),
            "state": state,
        }
        done = f"Corrected: it was {phrases.STATE[state].lower()}."
        self.dashboard.ask("correct", args, done)


def _trace(
    seconds: Sequence[Second],
    ends: tuple[str, str],
    span: tuple[int, int],
    band: tuple[float, float] | None,
) -> TraceReading:
    step = max(1, len(seconds) // MOST_POINTS)
    points = tuple(
        (float(s.t_s), s.sagittal_deg) for s in seconds[::step] if s.sagittal_deg is not None
    )
    angles = [angle for _, angle in points] or [0.0]
    low, high = min(*angles, -LEAST_SPAN_DEG), max(*angles, LEAST_SPAN_DEG)
    return TraceReading(
        points=points,
        x_from=float(span[0]),
        x_to=float(max(span[1], span[0] + 1)),
        low_deg=round(low),
        high_deg=round(high),
        band=band,
        left=ends[0],
        right=ends[1],
    )
