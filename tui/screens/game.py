"""What the measured drills share: a live trace in, a result into the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from ingest.messages import AngleMessage
from tui.screens.safety import SafetyScreen
from tui.screens.task import TaskScreen
from tui.widgets.trace import Trace

TICK_S: Final = 0.1
FRESH_S: Final = 2.0  # without newer angles the game waits
TOO_FAST: Final = "This day runs faster than yours: nobody could follow. Try it at speed 1."

Values = dict[str, str | int | float | bool | None]


class GameScreen(TaskScreen):
    """A drill that is measured with the live trace."""

    DRILL: ClassVar[str]
    TITLE_WORDS: ClassVar[str]
    HOW: ClassVar[str]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "begin", "Start", id="game.start", tooltip="Start, or start again"),
        Binding("h", "hurts", "Hurts: stop", id="game.hurts", tooltip="It hurts: stop at once"),
        Binding("r", "safety", "Warning signs", id="game.safety", tooltip="When to seek help"),
        Binding("escape", "leave", "Leave", id="game.leave", tooltip="Stop and go back"),
    ]

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("drills")
        self._clock = clock
        self._fed_ms = 0
        self._started_s: float | None = None
        self._begun_at_s = 0.0

    def body(self) -> Iterable[Widget]:
        """Yield words and trace."""
        signs = self.dashboard.signs
        words = Static("", id="game-words", classes="card")
        words.border_title = self.TITLE_WORDS
        yield words
        yield Trace(signs, title="Your movement", id="game-trace", classes="card")
        yield Static(self.HOW, id="game-how")

    def on_mount(self) -> None:
        """Wait for the start."""
        self.set_interval(TICK_S, self.tick)
        self.tick()

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._started_s is not None

    def reset(self) -> None:
        """Begin anew."""
        raise NotImplementedError

    def take(self, t_s: float, angle_deg: float) -> None:
        """Take one sample of a run."""
        raise NotImplementedError

    def words(self) -> str:
        """Return what to say now."""
        raise NotImplementedError

    def plot(self, now_s: float) -> None:
        """Draw the trace."""
        raise NotImplementedError

    def result(self) -> Values | None:
        """Return the measured values for the journal, or None before there are any."""
        raise NotImplementedError

    def action_begin(self) -> None:
        """Start, or start again; but not where a day runs faster than a body can follow."""
        if self.dashboard.listener.rate > 1.0:
            self.notify(TOO_FAST, severity="warning")
            return
        self.reset()
        self._begun_at_s = self.dashboard.now_s
        self._started_s = self._clock()
        self._fed_ms = round(self._begun_at_s * 1000)
        self.tick()

    def tick(self) -> None:
        """Feed what came since the last time."""
        app = self.dashboard
        for message in self._new(app.trace):
            self._fed_ms = message.t_ms
            if self.running:
                self.take(message.t_ms / 1000 - self._begun_at_s, message.sagittal_deg)
        late = app.now_s - self._fed_ms / 1000 > FRESH_S
        text = "No fresh angles from the strap: waiting." if late and self.running else self.words()
        self.query_one("#game-words", Static).update(app.signs.plain(text))
        self.plot(app.now_s)

    def _new(self, trace: Iterable[AngleMessage]) -> list[AngleMessage]:
        return [message for message in trace if message.t_ms > self._fed_ms]

    def finish(self, *, stopped: str | None = None) -> None:
        """End the run and write what was measured."""
        if not self.running:
            return
        duration_s = self._clock() - (self._started_s or 0.0)
        self._started_s = None
        measured = self.result()
        if measured is None and stopped is None:
            return
        args: Values = {
            "drill": self.DRILL,
            "start_s": self._begun_at_s,
            "duration_s": round(duration_s, 1),
            "stopped": stopped,
            "rating": "sharp" if stopped == "pain" else None,
            **(measured or {}),
        }
        self.dashboard.ask("drill", args, "Written into the journal.")

    def action_hurts(self) -> None:
        """Stop at once."""
        self.finish(stopped="pain")
        self.app.pop_screen()

    def action_safety(self) -> None:
        """Show the warning signs."""
        self.app.push_screen(SafetyScreen())

    def action_leave(self) -> None:
        """Keep what was measured and go back."""
        self.finish()
        self.app.pop_screen()
