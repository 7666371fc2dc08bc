"""Which state the body is in: a hidden Markov chain over seconds, decided a few seconds late.

Movement and lying show in every second. Sitting against standing hardly does: the angle of a spell
is one piece of evidence, however long the spell lasts, so it is counted once per posture. What
moves the chain between the two is the change itself, seen as signed vertical travel.
"""

from __future__ import annotations

from collections import deque
from math import exp
from typing import Any, Final

import numpy as np

from ingest.evidence import (
    LIE,
    MOVE,
    PARAMS,
    SIT,
    STAND,
    Observed,
    PostureParams,
    SecondOdds,
    log_odds,
    movement_odds,
)
from ingest.records import PostureState
from sensor.sample import Floats

__all__ = [
    "LIE",
    "MOVE",
    "PARAMS",
    "SIT",
    "STAND",
    "Observed",
    "PostureEstimator",
    "PostureParams",
    "SecondOdds",
    "log_odds",
    "movement_odds",
]

STATES: Final = (
    PostureState.SITTING,
    PostureState.STANDING,
    PostureState.MOVING,
    PostureState.LYING,
)
PRIOR: Final = np.array([0.4, 0.35, 0.2, 0.05])  # of a worn strap that nobody has looked at
TOLD_STANDING: Final = np.array([1e-3, 1.0, 1e-3, 1e-3])  # likelihoods under the wearer's word
LAG_S: Final = 4  # a second is decided when this many after it have been seen


def change_density(travel_m: float, params: PostureParams = PARAMS) -> float:
    """Return the density of a travel (+ in the change's direction) in a change's middle second."""
    short = max(0.0, params.travel_m - travel_m) / params.travel_sd_m
    return (1 - params.unseen) * exp(-0.5 * short * short) / 0.4 + params.unseen


def other_density(travel_m: float, per_s: float, scale_m: float, far: float) -> float:
    """Return the density of a travel in a second without a change.

    Args:
        per_s: how many movements a second has.
        scale_m: their typical size.
        far: density of movements of any size.
    """
    return per_s * (0.5 * exp(-abs(travel_m) / scale_m) / scale_m + far)


def transition(travel_m: float | None, params: PostureParams = PARAMS) -> Floats:
    """Return how likely each change (4, 4) is in a second in which the body travelled so far.

    Entries are likelihoods relative to staying in a still state, so rows do not add up to one: a
    rise also says that the wearer sat before. Rates are per second and rough; None stands for a
    travel that is not known yet.
    """
    rise = descent = turn = step = 1.0
    stay = np.ones(4)
    if travel_m == 0:
        rise = descent = params.unseen
    elif travel_m is not None:
        far = params.far_per_m
        still = other_density(travel_m, params.fidgets_per_s, params.fidget_m, far)
        rise = change_density(travel_m, params) / still
        descent = change_density(-travel_m, params) / still
        steps = other_density(travel_m, params.steps_per_s, params.step_m, params.stairs_per_m)
        # a first or a last stair travels like any other
        step = stay[MOVE] = steps / still
        stay[LIE] = other_density(travel_m, params.turns_per_s, params.turn_m, far) / still
        turn = 4 * exp(-0.5 * (travel_m / params.lie_down_m) ** 2) / still
    m = np.array(
        [
            [0.0, 4e-3 * rise, 1e-4 + 1e-3 * rise, 5e-4 * turn],
            [4e-3 * descent, 0.0, 6e-4 * step, 1e-4 * turn],
            [1e-4 + 1e-2 * descent, 5e-2 * step, 0.0, 5e-4 * turn],
            [2e-3 * turn, 1e-4 * turn, 3e-4 * turn, 0.0],
        ]
    )
    m[range(4), range(4)] = stay * np.maximum(0.5, 1 - np.minimum(m, 0.02).sum(axis=1))
    return m


class PostureEstimator:
    """Streams observed seconds; each is decided when `LAG_S` more have been seen.

    The travel of a second becomes known when it is decided; for the younger ones the chain reckons
    with any.

    Attributes:
        rose, sat: probability that the second that was decided last holds a rise or a sit-down.
    """

    def __init__(self, params: PostureParams = PARAMS) -> None:
        self.rose = self.sat = 0.0
        self._params = params
        self._quiet = transition(0.0, params)
        self._open = transition(None, params)
        self._alpha: Floats = PRIOR.copy()
        self._pending: deque[Floats] = deque()
        self._moving: deque[float] = deque(maxlen=3)
        self._odds = SecondOdds(params)

    def __len__(self) -> int:
        return len(self._pending)

    def feed(self, seen: Observed | None) -> None:
        """Take the next second; None where there is no data."""
        if seen is None:
            self._odds.memory.reset()
        self._pending.append(np.ones(4) if seen is None else self._odds.likelihood(seen))
        self._moving.append(0.0 if seen is None else movement_odds(seen.acc_sd, self._params))
        self._pending[-1][MOVE] = exp(self._moving[-1])
        if len(self._pending) > 1 and len(self._moving) == 3:
            # a burst of a second or two is a change or a fidget, not a walk
            self._pending[-2][MOVE] = exp(sorted(self._moving)[1])

    def standing(self, seconds: int) -> None:
        """Take the wearer's word that the last seconds were standing."""
        for i in range(max(0, len(self._pending) - seconds), len(self._pending)):
            self._pending[i] = self._pending[i] * TOLD_STANDING

    def forget(self) -> None:
        """Know nothing of the state any more: nobody saw the wearer for a while."""
        self._alpha = PRIOR.copy()

    def decide(self, travel_m: float | None) -> Floats:
        """Return the probabilities (4,) of the oldest undecided second, given all after it.

        `travel_m` is the travel of that second, or None where nobody could see it.
        """
        if travel_m is None:
            matrix = self._open
        else:
            matrix = self._quiet if travel_m == 0 else transition(travel_m, self._params)
        before, likelihood = self._alpha, self._pending.popleft()
        alpha = (before @ matrix) * likelihood
        self._alpha = alpha / alpha.sum()
        beta = np.ones(4)
        for later in reversed(self._pending):
            beta = self._open @ (later * beta)
        if travel_m:
            self._tell_change(before[:, None] * matrix * (likelihood * beta))
        else:
            self.rose = self.sat = 0.0
        posterior = self._alpha * beta
        return np.asarray(posterior / posterior.sum())

    def _tell_change(self, joint: Floats) -> None:
        """Take the probabilities (4, 4) of every change in the second that is being decided."""
        joint = joint / joint.sum()
        self.rose = float(joint[SIT, STAND] + joint[SIT, MOVE])
        self.sat = float(joint[STAND, SIT] + joint[MOVE, SIT])

    def newest(self) -> Floats:
        """Return the probabilities (4,) of the newest second, given all before it."""
        alpha = self._alpha
        for likelihood in self._pending:
            alpha = (alpha @ self._open) * likelihood
            alpha = alpha / alpha.sum()
        return alpha

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "alpha": self._alpha.tolist(),
            "pending": [p.tolist() for p in self._pending],
            "moving": list(self._moving),
            "memory": self._odds.memory.checkpoint(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._alpha = np.array(saved["alpha"])
        self._pending = deque(np.array(p) for p in saved["pending"])
        self._moving.extend(saved["moving"])
        self._odds.memory.restore(saved["memory"])
