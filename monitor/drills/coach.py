"""The coach of one drill: position first, then neutral, then repetitions, holds or sway.

Fed with the live trace (`angle` messages). It says what a screen should show now and, at the end,
what belongs into the journal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import Final

from monitor.drills.catalogue import Drill
from monitor.drills.holds import HoldMeter, Sway, sway
from monitor.drills.position import Facing, facing, position_hint
from monitor.drills.reps import RepCounter
from monitor.drills.tilt import Tilt, Vector, mean_direction, tilt_between

NEUTRAL_S: Final = 1.0  # quiet in the right position for so long, and it begins
NEUTRAL_WITHIN_DEG: Final = 3.0
AXES_RAD: Final = {"sagittal": 0.0, "frontal": math.pi / 2}


class Stage(StrEnum):
    """Where the coach is."""

    POSITION = "position"
    NEUTRAL = "neutral"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class View:
    """What a screen shows now.

    Attributes:
        stage: where the coach is.
        hint: one sentence for the wearer, or "".
        reps: repetitions so far, the fast ones included.
        reps_fast: those that were quicker than the tempo.
        aborted: tries that turned back early.
        hold_s: the hold under way.
        tilt_deg: distance from neutral, or None before.
        side: the side the wearer lies on, or "".
    """

    stage: Stage
    hint: str = ""
    reps: int = 0
    reps_fast: int = 0
    aborted: int = 0
    hold_s: float = 0.0
    tilt_deg: float | None = None
    side: str = ""


class Coach:
    """Follows one set of one drill; `up` is the upward vector (up, right, forward)."""

    def __init__(self, drill: Drill) -> None:
        band = drill.check.band_deg
        self.drill = drill
        self.counter = RepCounter(
            tempo_s=drill.tempo_s, band_deg=band, axis_rad=AXES_RAD[drill.check.axis]
        )
        self.holds = HoldMeter(band or (-15.0, 15.0))
        self.started_s: float | None = None
        self._neutral: Vector | None = None
        self._quiet: list[tuple[float, Vector]] = []
        self._sways: list[tuple[float, Tilt]] = []
        self._tilt: Tilt | None = None
        self._side = ""
        self._hint = ""

    def feed(self, t_s: float, up: Vector) -> View:
        """Take one sample of the live trace; return what to show."""
        if self._neutral is None:
            return self._settle(t_s, up)
        self._tilt = tilt_between(self._neutral, up)
        match self.drill.check.counts:
            case "reps":
                self._count(t_s, self._tilt)
            case "hold":
                self.holds.feed(t_s, self._held_deg(self._tilt))
            case "sway":
                self._sways.append((t_s, self._tilt))
            case _:
                self._hint = position_hint(self.drill.position, up)
        return self._view(Stage.RUNNING)

    def summary(self) -> dict[str, int | float]:
        """Return the measured values for the journal; the set is over then."""
        self.holds.finish()
        reps = self.counter.reps
        values: dict[str, int | float] = {}
        if reps:
            values["reps"] = len(reps)
            values["reps_fast"] = sum(rep.fast for rep in reps)
            values["in_band"] = sum(rep.band == "in" and not rep.fast for rep in reps)
        if self.holds.holds:
            values["hold_s"] = sum(hold.duration_s for hold in self.holds.holds)
            values["steadiness_deg"] = fmean(hold.steadiness_deg for hold in self.holds.holds)
        swayed = self.sway()
        if swayed is not None:
            values["steadiness_deg"] = swayed.rms_deg
        return values

    def sway(self) -> Sway | None:
        """Return the sway of a balance drill so far, or None."""
        return sway(self._sways)

    def _settle(self, t_s: float, up: Vector) -> View:
        """Wait until the wearer is quiet in the drill's position; that is neutral then."""
        hint = position_hint(self.drill.position, up)
        if hint:
            self._quiet.clear()
            return View(Stage.POSITION, hint=hint)
        self._quiet.append((t_s, up))
        self._quiet = [sample for sample in self._quiet if sample[0] >= t_s - NEUTRAL_S - 1e-6]
        middle = mean_direction([vector for _, vector in self._quiet])
        calm = all(
            tilt_between(middle, vector).size_deg <= NEUTRAL_WITHIN_DEG for _, vector in self._quiet
        )
        if not calm or t_s - self._quiet[0][0] < 0.9 * NEUTRAL_S:
            return View(Stage.NEUTRAL, hint="Find your neutral and stay there for a moment.")
        self._neutral, self.started_s = middle, t_s
        lying = facing(up)
        if lying in (Facing.LEFT_SIDE, Facing.RIGHT_SIDE):
            self._side = "left" if lying is Facing.LEFT_SIDE else "right"
        return self._view(Stage.RUNNING)

    def _count(self, t_s: float, tilt: Tilt) -> None:
        repetition = self.counter.feed(t_s, tilt)
        if repetition is None:
            return
        if repetition.fast:
            self._hint = "Slower: control before speed."
        elif repetition.band == "over":
            self._hint = "That is farther than this level asks for; a smaller range is enough."
        elif repetition.band == "under":
            self._hint = "A little farther, if it is comfortable."
        else:
            self._hint = ""

    def _held_deg(self, tilt: Tilt) -> float:
        """Return the tilt that a hold is judged by: signed where the band goes both ways."""
        band = self.drill.check.band_deg
        if band is not None and band[0] > 0:
            return tilt.size_deg
        return tilt.along(AXES_RAD[self.drill.check.axis])

    def _view(self, stage: Stage) -> View:
        reps = self.counter.reps
        return View(
            stage=stage,
            hint=self._hint,
            reps=len(reps),
            reps_fast=sum(rep.fast for rep in reps),
            aborted=self.counter.aborted,
            hold_s=self.holds.running_s() if self.drill.check.counts == "hold" else 0.0,
            tilt_deg=None if self._tilt is None else self._tilt.size_deg,
            side=self._side,
        )
