"""The player's face: what to do now, how long, which side, how to breathe."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from tui.session import Stage, Step, StepKind, breath
from tui.widgets.figures import large
from tui.widgets.picture import Picture


@dataclass(frozen=True, slots=True)
class PlayerReading:
    """One tenth of a second of a session.

    Attributes:
        stage: running, paused, done or stopped.
        step: the step under way.
        left_s: whole seconds left in it.
        breath_tenths: where the breath is, in tenths of its 8 s (-1: no pacer).
        share: how much of the whole is done, in per cent.
        sets, sides, reps: how many there are.
    """

    stage: Stage
    step: Step
    left_s: int
    breath_tenths: int
    share: int
    sets: int
    sides: int
    reps: int


class PlayerPicture(Picture[PlayerReading]):
    """Large countdown, plain words."""

    def draw(self, reading: PlayerReading, width: int) -> Content:
        """Return the face."""
        if reading.stage in (Stage.DONE, Stage.STOPPED):
            end = Content.styled(reading.stage.value.capitalize(), "bold $accent")
            return Content("\n").join([end, self._progress(reading, width)])
        paused = reading.stage is Stage.PAUSED
        word = "Paused" if paused else reading.step.kind.value.capitalize()
        style = "bold $accent" if reading.step.work else "bold $secondary"
        return Content("\n").join(
            [
                Content.styled(word, style),
                Content.styled("\n".join(large(str(reading.left_s), self.signs)), "$primary"),
                Content(self._where(reading)),
                self._breath(reading, min(width, 32)),
                self._progress(reading, width),
            ]
        )

    def _where(self, reading: PlayerReading) -> str:
        step = reading.step
        parts = []
        if step.rep and reading.reps > 1:
            noun = "hold" if step.kind in (StepKind.HOLD, StepKind.REST) else "time"
            parts.append(f"{noun} {step.rep} of {reading.reps}")
        if step.side:
            parts.append(f"{'first' if step.side == 1 else 'second'} side")
        if reading.sets > 1:
            parts.append(f"set {step.set_number} of {reading.sets}")
        return f" {self.signs.dot} ".join(parts) or step.note or " "

    def _breath(self, reading: PlayerReading, width: int) -> Content:
        if reading.breath_tenths < 0:
            return Content(" ")
        way, share = breath(reading.breath_tenths / 10)
        filled = round((share if way == "in" else 1 - share) * (width - 12))
        bar = self.signs.full * filled + self.signs.empty * (width - 12 - filled)
        return Content.assemble((f"breathe {way:<3} ", "$quiet"), (bar, "$secondary"))

    def _progress(self, reading: PlayerReading, width: int) -> Content:
        filled = round(reading.share / 100 * width)
        return Content.assemble(
            (self.signs.rule * filled, "$primary"), (self.signs.rule * (width - filled), "$panel")
        )
