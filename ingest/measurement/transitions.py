"""Rises and sit-downs: when the body changed between sitting and being up, and how."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ingest.measurement.decision import Decided
from ingest.measurement.features import BINS
from ingest.measurement.posture import LIE, MOVE, SIT, STAND, STATES
from ingest.measurement.swing import swing_deg
from ingest.records import PostureState
from sensor.sample import Floats

LEAST_PROBABILITY: Final = 0.6  # of a change; less is told by the states alone
LEAST_BEFORE_STEPS: Final = 0.5  # a first stair travels like a rise: who sat must be known then
LEAST_BEFORE_LEANING: Final = 0.05  # but nobody leans so far on a stair
LEANING_DEG: Final = 30.0  # on stairs 99 % swing less
HANDLED_DEG: Final = 90.0  # hips that rise swing less (99 %: 80°): the strap is taken on or off
MOST_TRAVEL_M: Final = 1.5  # fast repeated rises measure up to twice their height; more is a fault
GETTING_UP_S: Final = 8  # who lay so shortly before got up from lying, not from a seat
TURNING_RADS: Final = radians(6.0)  # slower tilting is no part of the movement
PAUSE: Final = 4  # tenths without tilting that end a movement


@dataclass(frozen=True, slots=True)
class Transition:
    """One change between sitting and being up.

    Attributes:
        at_s: Timeline seconds of the movement's middle.
        before, after: states around it.
        travel_m: signed vertical travel.
        duration_s: how long the trunk kept tilting, at most the 4 s that are looked at.
        confidence: probability of the change.
    """

    at_s: float
    before: PostureState
    after: PostureState
    travel_m: float
    duration_s: float
    confidence: float


class TransitionTracker:
    """Streams decided seconds; a change counts if its vertical travel makes it likely.

    That is the joint probability of both states around the movement, so a plain rise tells that the
    wearer sat even if nobody had known.
    """

    def __init__(self) -> None:
        self._lay_s: int | None = None
        self._sitting = 0.0

    def feed(self, decided: Decided) -> Transition | None:
        """Take the next decided second."""
        t_s = decided.waiting.t_s
        sat_before, self._sitting = self._sitting, decided.posterior[SIT]
        if decided.posterior[LIE] > 0.5:
            self._lay_s = t_s
        rose = decided.rose > LEAST_PROBABILITY
        if not rose and decided.sat <= LEAST_PROBABILITY:
            return None
        if rose and self._lay_s is not None and t_s - self._lay_s < GETTING_UP_S:
            return None
        lean_deg = swing_deg(_seen(decided.travel.path))
        if lean_deg > HANDLED_DEG or abs(decided.travel.metres) > MOST_TRAVEL_M:
            return None
        least = LEAST_BEFORE_LEANING if lean_deg > LEANING_DEG else LEAST_BEFORE_STEPS
        up = STATES[MOVE if decided.posterior[MOVE] > decided.posterior[STAND] else STAND]
        if rose and up is STATES[MOVE] and sat_before < least:
            return None
        return Transition(
            at_s=t_s + decided.travel.at_s,
            before=STATES[SIT] if rose else up,
            after=up if rose else STATES[SIT],
            travel_m=decided.travel.metres,
            duration_s=duration_s(decided.travel.path),
            confidence=decided.rose if rose else decided.sat,
        )

    def checkpoint(self) -> list[Any]:
        """Return plain values."""
        return [self._lay_s, self._sitting]

    def restore(self, saved: list[Any]) -> None:
        """Take up a checkpoint."""
        self._lay_s, self._sitting = saved


def duration_s(path: Floats) -> float:
    """Return how long the up vector (n, 3), in tenths, kept turning around the path's middle."""
    turning = np.linalg.norm(np.diff(path, axis=0), axis=1) * BINS > TURNING_RADS
    middle = turning.shape[0] // 2
    first, last = _reach(turning[:middle][::-1]), _reach(turning[middle:])
    return round((first + last) / BINS, 1)


def _reach(turning: NDArray[np.bool_]) -> int:
    """Return how many tenths a movement goes on, pauses of up to `PAUSE` included."""
    reached = 0
    for i in np.flatnonzero(turning):
        if i - reached > PAUSE:
            break
        reached = int(i) + 1
    return reached


def _seen(path: Floats) -> Floats:
    """Return the vectors of a path (n, 3) that were measured; before the first second are none."""
    return path[np.any(path, axis=1)]
