"""A drill as timed steps, and the player that walks through them; pure, `now_s` is handed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from monitor.drills.catalogue import Drill

GET_READY_S: Final = 5.0
REST_S: Final = 3.0  # between holds: let go, breathe out
CHANGE_S: Final = 6.0  # change sides, or rest between sets
BREATH_S: Final = 4.0  # in, and as long out


class StepKind(StrEnum):
    """What the wearer does during a step."""

    READY = "get ready"
    MOVE = "move"
    HOLD = "hold"
    FLOW = "go on"
    REST = "rest"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Step:
    """One stretch of a drill.

    Attributes:
        kind: what is done.
        seconds: how long.
        set_number, side, rep: where in the drill, each from 1; 0 where it does not apply.
        note: what comes next or what to do, in words.
    """

    kind: StepKind
    seconds: float
    set_number: int = 1
    side: int = 0
    rep: int = 0
    note: str = ""

    @property
    def work(self) -> bool:
        """Whether this step counts as practice."""
        return self.kind in (StepKind.MOVE, StepKind.HOLD, StepKind.FLOW)


def steps_of(drill: Drill) -> tuple[Step, ...]:
    """Return the steps of a drill at its lowest dose."""
    dose = drill.dose
    steps = [Step(StepKind.READY, GET_READY_S, note=drill.steps[0])]
    for number in range(1, dose.sets + 1):
        for side in range(1, dose.sides + 1):
            if len(steps) > 1:
                note = "the other side" if side > 1 else f"set {number} of {dose.sets}"
                steps.append(Step(StepKind.CHANGE, CHANGE_S, number, side, note=note))
            steps += _work(drill, number, side if dose.sides > 1 else 0)
    return tuple(steps)


def _work(drill: Drill, number: int, side: int) -> Iterator[Step]:
    dose = drill.dose
    reps = max(1, dose.reps)
    if dose.hold_s:
        for rep in range(1, reps + 1):
            yield Step(StepKind.HOLD, dose.hold_s, number, side, rep)
            if rep < reps:
                yield Step(StepKind.REST, REST_S, number, side, rep)
    elif dose.reps:
        for rep in range(1, reps + 1):
            yield Step(StepKind.MOVE, max(drill.tempo_s, 1.0), number, side, rep)
    else:
        yield Step(StepKind.FLOW, dose.seconds or 30.0, number, side)


class Stage(StrEnum):
    """Where a session is."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    """Ended before its end; after pain nothing of it is offered again unchanged."""


class Player:
    """Walks through the steps; an end once reached stays."""

    def __init__(self, drill: Drill, now_s: float) -> None:
        self.drill = drill
        self.steps = steps_of(drill)
        self.stage = Stage.RUNNING
        self.worked_s = 0.0
        self.reps = 0
        self._index = 0
        self._into_s = 0.0
        self._now_s = now_s

    @property
    def step(self) -> Step:
        """The step under way, or the last one."""
        return self.steps[min(self._index, len(self.steps) - 1)]

    @property
    def left_s(self) -> float:
        """Seconds left in this step."""
        return max(0.0, self.step.seconds - self._into_s)

    @property
    def into_s(self) -> float:
        """Seconds since this step began."""
        return self._into_s

    @property
    def share(self) -> float:
        """How much of the whole is done, 0 to 1."""
        total = sum(step.seconds for step in self.steps)
        return min(1.0, (sum(s.seconds for s in self.steps[: self._index]) + self._into_s) / total)

    def advance(self, now_s: float) -> None:
        """Let time pass."""
        passed_s, self._now_s = max(0.0, now_s - self._now_s), now_s
        while self.stage is Stage.RUNNING and passed_s > 0:
            part_s = min(passed_s, self.left_s)
            self._pass(part_s)
            passed_s -= part_s

    def pause(self, now_s: float) -> None:
        """Stand still, or go on."""
        self.advance(now_s)
        if self.stage in (Stage.RUNNING, Stage.PAUSED):
            self.stage = Stage.PAUSED if self.stage is Stage.RUNNING else Stage.RUNNING

    def skip(self, now_s: float) -> None:
        """Go to the next step, also while standing still."""
        self.advance(now_s)
        if self.stage in (Stage.RUNNING, Stage.PAUSED):
            self._next()

    def stop(self, now_s: float) -> None:
        """End at once."""
        self.advance(now_s)
        if self.stage is not Stage.DONE:
            self.stage = Stage.STOPPED

    def _pass(self, seconds: float) -> None:
        self._into_s += seconds
        if self.step.work:
            self.worked_s += seconds
        if self.left_s <= 1e-9:
            self.reps += self.step.kind in (StepKind.MOVE, StepKind.HOLD)
            self._next()

    def _next(self) -> None:
        self._index += 1
        self._into_s = 0.0
        if self._index >= len(self.steps):
            self.stage = Stage.DONE


def breath(into_s: float) -> tuple[str, float]:
    """Return "in" or "out" and how far that breath is, 0 to 1."""
    phase = into_s % (2 * BREATH_S)
    if phase < BREATH_S:
        return "in", phase / BREATH_S
    return "out", (phase - BREATH_S) / BREATH_S
