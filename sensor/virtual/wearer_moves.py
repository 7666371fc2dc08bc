"""Deliberate movements: minimum-jerk changes of pose that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensor.sample import Floats

CHANNELS = 8
"""Pitch, roll, yaw (rad), forward, left, up (m), belt tilt and belt turn (rad)."""

PITCH, ROLL, YAW, FORWARD, LEFT, UP, BELT_TILT, BELT_TURN = range(CHANNELS)


@dataclass(frozen=True, slots=True)
class Move:
    """A change of one channel by `delta` between start_s and start_s + duration_s."""

    start_s: float
    duration_s: float
    channel: int
    delta: float


def minimum_jerk(u: Floats, duration_s: float) -> Floats:
    """Return (3, n): the unit minimum-jerk step at u in 0..1 and its derivatives per second.

    Flash and Hogan 1985: 10 u³ - 15 u⁴ + 6 u⁵; at rest with no acceleration at both ends.
    """
    u = np.clip(u, 0.0, 1.0)
    value = u**3 * (10 - 15 * u + 6 * u**2)
    first = 30 * u**2 * (1 - u) ** 2 / duration_s
    second = 60 * u * (1 - u) * (1 - 2 * u) / duration_s**2
    return np.stack([value, first, second])


class MoveSum:
    """The sum of many moves, read forwards in blocks."""

    def __init__(self, moves: Sequence[Move]) -> None:
        self._moves = sorted(moves, key=lambda move: move.start_s)
        self._next = 0
        self._active: list[Move] = []
        self._settled = np.zeros(CHANNELS)

    def take(self, t: Floats) -> Floats:
        """Return (3, n, CHANNELS) at ascending times t (s), later than those taken before."""
        out = np.zeros((3, t.size, CHANNELS))
        self._activate(float(t[-1]))
        out[0] += self._settled
        kept = []
        for move in self._active:
            step = minimum_jerk((t - move.start_s) / move.duration_s, move.duration_s)
            out[:, :, move.channel] += step * move.delta
            if move.start_s + move.duration_s <= t[-1]:
                self._settled[move.channel] += move.delta
            else:
                kept.append(move)
        self._active = kept
        return out

    def _activate(self, until_s: float) -> None:
        while self._next < len(self._moves) and self._moves[self._next].start_s <= until_s:
            self._active.append(self._moves[self._next])
            self._next += 1
