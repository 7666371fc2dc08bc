"""Rises and sit-downs: when the body changed between sitting and being up, and how."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians
from typing import Any, Final

import numpy as np

from ingest.decision import Decided
from ingest.features import BINS
from ingest.posture import STATES
from ingest.records import PostureState
from ingest.travel import Travel
from sensor.sample import Floats

UP: Final = frozenset({PostureState.STANDING, PostureState.MOVING})
SETTLED_S: Final = 3  # who sits for less, on the way up from lying, has not risen from a seat
NEAR_S: Final = 3.0  # the travel of a change lies at most this far before the state follows
DOUBT: Final = 0.25  # where the state before is less sure than that, only a plain rise counts
PLAIN_TRAVEL_M: Final = 0.15
LEFT: Final = 0.4  # a state that is still this likely was not left
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
        confidence: probability of the state after it.
    """

    at_s: float
    before: PostureState
    after: PostureState
    travel_m: float
    duration_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class _Movement:
    at_s: float
    metres: float
    duration_s: float


class TransitionTracker:
    """Streams decided seconds; a change counts if its vertical travel was seen."""

    def __init__(self) -> None:
        self._state: PostureState | None = None
        self._held_s = 0
        self._probability = 0.0
        self._movement: _Movement | None = None

    def feed(self, decided: Decided, path: Floats) -> Transition | None:
        """Take the next decided second and the up vector's path (n, 3) around it."""
        travel = decided.travel
        if travel.metres:
            self._notice(decided.waiting.t_s, travel, path)
        before, after = self._state, STATES[int(decided.posterior.argmax())]
        doubt, self._probability = 1 - self._probability, float(decided.posterior.max())
        held_s, self._held_s = self._held_s, 1 if after is not before else self._held_s + 1
        self._state = after
        rose = before is PostureState.SITTING and after in UP
        sat = before in UP and after is PostureState.SITTING
        if before is None or not (rose or sat) or (rose and held_s < SETTLED_S):
            return None
        seen = self._seen(decided, before, after, 1 if rose else -1)
        if seen is None or (doubt > DOUBT and abs(seen.travel_m) < PLAIN_TRAVEL_M):
            return None
        return seen

    def _notice(self, t_s: int, travel: Travel, path: Floats) -> None:
        last = self._movement
        at_s = t_s + travel.at_s
        if last is None or at_s - last.at_s > 2 or abs(travel.metres) > abs(last.metres):
            self._movement = _Movement(at_s, travel.metres, duration_s(path))

    def _seen(
        self, decided: Decided, before: PostureState, after: PostureState, sign: int
    ) -> Transition | None:
        movement = self._movement
        if movement is None or movement.metres * sign < 0:
            return None
        if decided.waiting.t_s + 1 - movement.at_s > NEAR_S:
            return None
        if decided.posterior[STATES.index(before)] > LEFT:
            return None
        return Transition(
            at_s=movement.at_s,
            before=before,
            after=after,
            travel_m=movement.metres,
            duration_s=movement.duration_s,
            confidence=decided.confidence,
        )

    def checkpoint(self) -> list[Any]:
        """Return plain values."""
        return [self._state, self._held_s]

    def restore(self, saved: list[Any]) -> None:
        """Take up a checkpoint."""
        state, self._held_s = saved
        self._state = None if state is None else PostureState(state)


def duration_s(path: Floats) -> float:
    """Return how long the up vector (n, 3), in tenths, kept turning around the path's middle."""
    turning = np.linalg.norm(np.diff(path, axis=0), axis=1) * BINS > TURNING_RADS
    middle = turning.shape[0] // 2
    first, last = _reach(turning[:middle][::-1]), _reach(turning[middle:])
    return round((first + last) / BINS, 1)


def _reach(turning: np.ndarray) -> int:
    """Return how many tenths a movement goes on, pauses of up to `PAUSE` included."""
    reached = 0
    for i in np.flatnonzero(turning):
        if i - reached > PAUSE:
            break
        reached = int(i) + 1
    return reached
