"""The plan of a day and the cursor that fills it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sensor.virtual.day_script import TruthSegment
from sensor.virtual.wearer import STANDING, Tone, Wearer
from sensor.virtual.wearer_gait import Rhythm
from sensor.virtual.wearer_moves import CHANNELS, Move


@dataclass(slots=True)
class Plan:
    """Everything that happens, in s since the start of the day."""

    moves: list[Move] = field(default_factory=list)
    rhythms: list[Rhythm] = field(default_factory=list)
    tones: list[tuple[float, Tone]] = field(default_factory=list)
    truth: list[TruthSegment] = field(default_factory=list)
    silences: list[tuple[float, float]] = field(default_factory=list)
    end_s: float = 0.0


class Actor:
    """Where the body is while a script is played: the cursor that planners share."""

    def __init__(self, wearer: Wearer, rng: np.random.Generator) -> None:
        self.wearer = wearer
        self.rng = rng
        self.plan = Plan()
        self.pose = np.zeros(CHANNELS)
        self.now = 0.0
        self.seat = 0.0
        self.tone = STANDING

    def go(self, channel: int, target: float, *, after_s: float = 0.0, over_s: float) -> None:
        """Move `channel` to `target`, starting `after_s` from now."""
        delta = target - float(self.pose[channel])
        self.plan.moves.append(Move(self.now + after_s, over_s, channel, delta))
        self.pose[channel] = target

    def sound(self, tone: Tone) -> None:
        """From now on move as restlessly as `tone`."""
        self.tone = tone
        self.plan.tones.append((self.now, tone))

    def burst(self, tone: Tone, duration_s: float) -> None:
        """Move like `tone` for a while, then as before."""
        self.plan.tones.append((self.now, tone))
        self.plan.tones.append((self.now + duration_s, self.tone))

    def true(self, state: str, activity: str, from_s: float) -> None:
        """Note that `state` held from `from_s` until now."""
        self.plan.truth.append(TruthSegment(state, from_s, self.now, activity))
