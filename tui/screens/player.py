"""The drill player: get ready, countdown, sides, sets, breath, a key that stops for pain."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from monitor.drills.catalogue import Drill
from monitor.drills.coach import Coach, View
from tui.screens.safety import SafetyScreen
from tui.screens.task import TaskScreen
from tui.session import Player, Stage, StepKind
from tui.traces import TraceReading, movement
from tui.widgets.drill_card import DrillCard
from tui.widgets.player_picture import PlayerPicture, PlayerReading
from tui.widgets.trace import Trace

TICK_S: Final = 0.1
TOO_FAST: Final = "This day runs faster than yours: the strap cannot follow a drill."
ENDED: Final = {
    Stage.DONE: "How was it?  1 fine  2 mild effort  3 sharp pain  Esc unrated",
    Stage.STOPPED: "Stopped. To make it easier next time: {easier}  Esc back to the drills",
}


class PlayerScreen(TaskScreen):
    """Leads through one drill and writes it into the journal."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause_drill", "Pause", id="player.pause", tooltip="Pause or go on"),
        Binding("n", "next", "Next", id="player.next", tooltip="Next step"),
        Binding("h", "hurts", "Hurts: stop", id="player.hurts", tooltip="It hurts: stop at once"),
        Binding("r", "safety", "Warning signs", id="player.safety", tooltip="When to seek help"),
        Binding("escape", "leave", "Leave", id="player.leave", tooltip="Stop and go back"),
        Binding("1", "rate('fine')", "Fine", show=False, id="player.fine", tooltip="It was fine"),
        Binding(
            "2",
            "rate('mild')",
            "Mild effort",
            show=False,
            id="player.mild",
            tooltip="It was a mild effort",
        ),
        Binding(
            "3",
            "rate('sharp')",
            "Sharp pain",
            show=False,
            id="player.sharp",
            tooltip="There was sharp pain",
        ),
    ]

    def __init__(self, drill: Drill, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("drills")
        self.drill = drill
        self._clock = clock
        self.player = Player(drill, clock())
        self._started_s = 0.0
        self._written = False
        self._neutral_deg = 0.0
        self._coach = Coach(drill)
        self._view: View | None = None
        self._fed_ms = 0

    def body(self) -> Iterable[Widget]:
        """Yield face, end line and page."""
        signs = self.dashboard.signs
        with Horizontal(id="player-sides"):
            with Vertical(id="player-main"):
                yield PlayerPicture(signs, title=self.drill.name, id="player", classes="card")
                yield Static("", id="player-end")
                yield Static("", id="player-coach")
                yield Trace(signs, title="Your movement", id="player-trace", classes="card")
            yield DrillCard(signs, title="How", id="player-how", classes="card")

    def on_mount(self) -> None:
        """Start."""
        self._started_s = self.dashboard.now_s
        self.query_one(DrillCard).reading = self.drill
        self.query_one(Trace).display = self.drill.check.sees != "no"
        self.set_interval(TICK_S, self.tick)
        self.tick()

    def tick(self) -> None:
        """Let the session go on and draw it."""
        before = self.player.stage
        self.player.advance(self._clock())
        self._find_neutral()
        self._listen()
        self.query_one(PlayerPicture).reading = self._reading()
        trace = self.query_one(Trace)
        if trace.display:
            trace.reading = self._trace()
        ended = ENDED.get(self.player.stage, "").format(easier=self.drill.easier_how)
        self.query_one("#player-end", Static).update(ended)
        if self.player.stage is not before:
            self.refresh_bindings()
            if self.player.stage is Stage.DONE:
                self.app.bell()

    def _find_neutral(self) -> None:
        """Take the wearer's neutral from the last moment of getting ready."""
        if self.player.step.kind is not StepKind.READY or not self.dashboard.angles:
            return
        self._neutral_deg = self.dashboard.angles[-1][1]

    def _listen(self) -> None:
        """Let the coach follow what the strap saw since the last tick."""
        over = self.player.stage in (Stage.DONE, Stage.STOPPED)
        begun = self.player.step.kind is not StepKind.READY and not over
        coached = begun and self.dashboard.listener.rate <= 1.0
        for message in [message for message in self.dashboard.trace if message.t_ms > self._fed_ms]:
            self._fed_ms = message.t_ms
            if coached:
                self._view = self._coach.feed(message.t_ms / 1000, message.up)
        words = coach_words(self._view) if self.dashboard.listener.rate <= 1.0 else TOO_FAST
        self.query_one("#player-coach", Static).update(words)

    def _trace(self) -> TraceReading:
        now_s = self.dashboard.now_s
        band = self.drill.check.band_deg
        high = (band[1] if band else 20.0) * 1.5
        return movement(
            self.dashboard.angles,
            self._neutral_deg,
            now_s,
            (-high / 2, high),
            band,
            rate=self.dashboard.listener.rate,
        )

    def _reading(self) -> PlayerReading:
        player, dose = self.player, self.drill.dose
        paced = player.step.kind in (StepKind.HOLD, StepKind.FLOW)
        return PlayerReading(
            stage=player.stage,
            step=player.step,
            left_s=int(player.left_s + 0.999),
            breath_tenths=int(player.into_s * 10) if paced else -1,
            share=int(player.share * 100),
            sets=dose.sets,
            sides=dose.sides,
            reps=dose.reps,
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what acts on a drill only until it is over."""
        over = self.player.stage in (Stage.DONE, Stage.STOPPED)
        if over and action in ("pause_drill", "next", "hurts"):
            return False
        return super().check_action(action, parameters)

    def action_pause_drill(self) -> None:
        """Pause, or go on."""
        self.player.pause(self._clock())
        self.tick()

    def action_next(self) -> None:
        """Go to the next step."""
        self.player.skip(self._clock())
        self.tick()

    def action_safety(self) -> None:
        """Show the warning signs; the drill pauses meanwhile."""
        if self.player.stage is Stage.RUNNING:
            self.action_pause_drill()
        self.app.push_screen(SafetyScreen())

    def action_hurts(self) -> None:
        """Stop at once and write down why."""
        self.player.stop(self._clock())
        self._write(rating="sharp", stopped="pain")
        self.tick()

    def action_leave(self) -> None:
        """Stop and go back to the list."""
        self.player.stop(self._clock())
        if not self._written and self.player.worked_s > 0:
            done = self.player.stage is Stage.DONE
            self._write(rating=None, stopped=None if done else "left")
        self.dismiss()

    def action_rate(self, rating: str) -> None:
        """Rate a session that is over, and go back."""
        if self.player.stage is not Stage.DONE:
            return
        self._write(rating=rating, stopped=None)
        self.dismiss()

    def _write(self, *, rating: str | None, stopped: str | None) -> None:
        if self._written:
            return
        self._written = True
        args: dict[str, str | int | float | bool | None] = {
            "drill": self.drill.id,
            "start_s": self._started_s,
            "duration_s": round(self.player.worked_s, 1),
            "reps": self.player.reps,
            "sets": self.drill.dose.sets,
            "rating": rating,
            "stopped": stopped,
            **self._coach.summary(),
        }
        self.dashboard.ask("drill", args, "Written into the journal.")


def coach_words(view: View | None) -> str:
    """Return what the strap saw: repetitions, a hold, a hint."""
    if view is None:
        return ""
    parts = []
    if view.reps:
        fast = f", {view.reps_fast} of them fast" if view.reps_fast else ""
        parts.append(f"The strap counted {view.reps}{fast}.")
    if view.hold_s >= 1:
        parts.append(f"Held for {view.hold_s:.0f} s.")
    if view.side:
        parts.append(f"On the {view.side} side.")
    return " ".join([*parts, view.hint]).strip()
