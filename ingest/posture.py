"""Which state the body is in: a hidden Markov chain over seconds, decided a few seconds late.

Movement and lying show in every second. Sitting against standing hardly does: the angle is one
piece of evidence per spell, however long that lasts, so it is counted slowly; the change itself,
seen as signed vertical travel, is what moves the chain between the two.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import exp, log
from typing import Any, Final

import numpy as np

from ingest.records import PostureState
from sensor.sample import Floats

STATES: Final = (
    PostureState.SITTING,
    PostureState.STANDING,
    PostureState.MOVING,
    PostureState.LYING,
)
LAG_S: Final = 5  # a second is decided when this many seconds from its start are known


@dataclass(frozen=True, slots=True)
class PostureParams:
    """What the estimator assumes of bodies; each figure has its reason.

    Attributes:
        known_from: below this probability a state is published as unknown.
    """

    known_from: float = 0.7
    sitting_mean_deg: float = -18.0  # sitting minus standing, data/README: +20 backwards, sd 9
    sitting_sd_deg: float = 14.0
    standing_sd_deg: float = 6.0  # standing again differs by 5 from the first standing
    angle_weight: float = 0.06  # a spell's angle is one sample, not one a second
    moving_log_sd: float = log(2.3)  # sd of |acc| while walking, m/s²
    moving_spread: float = 0.6
    still_log_sd: float = log(0.05)
    still_spread: float = 0.8
    outlier: float = 0.04  # share of seconds that keep to no model: fidgets, knocks
    lying_from_deg: float = 60.0
    lying_spread_deg: float = 6.0
    rise_travel_m: float = 0.22
    travel_sd_m: float = 0.1
    still_travel_sd_m: float = 0.05


PARAMS: Final = PostureParams()


@dataclass(frozen=True, slots=True)
class Observed:
    """What the chain looks at in one second.

    Attributes:
        acc_sd: as measured.
        travel_m: signed vertical travel.
        sagittal_deg: + forward, or None without calibration.
        tilt_deg: angle from upright in any direction, or None without calibration.
    """

    acc_sd: float
    travel_m: float
    sagittal_deg: float | None
    tilt_deg: float | None


def log_odds(seen: Observed, params: PostureParams = PARAMS) -> Floats:
    """Return log-probabilities (4,) of STATES up to a constant, from one second alone."""
    level = log(max(seen.acc_sd, 1e-3))
    moving = _log_mixture(level, params.moving_log_sd, params.moving_spread, params.outlier)
    still = _log_mixture(level, params.still_log_sd, params.still_spread, params.outlier)
    out = np.array([still, still, moving, still])
    if seen.tilt_deg is None:
        return out
    lying = (seen.tilt_deg - params.lying_from_deg) / params.lying_spread_deg
    lying = min(4.0, max(-4.0, lying))
    out[3] += -log(1 + exp(-lying))
    out[:3] += -log(1 + exp(lying))
    if seen.sagittal_deg is not None:
        sit = (seen.sagittal_deg - params.sitting_mean_deg) / params.sitting_sd_deg
        stand = seen.sagittal_deg / params.standing_sd_deg
        cost = 0.5 * (stand * stand - sit * sit) + log(params.standing_sd_deg)
        cost -= log(params.sitting_sd_deg)
        out[0] += params.angle_weight * min(3.0, max(-2.0, cost))
    return out


def _log_mixture(x: float, mean: float, spread: float, outlier: float) -> float:
    z = (x - mean) / spread
    return log((1 - outlier) * exp(-0.5 * min(z * z, 100.0)) + outlier)


def transition(travel_m: float, params: PostureParams = PARAMS) -> Floats:
    """Return the transition matrix (4, 4) into a second in which the body travelled so far."""
    rise, descent = _travel_ratio(travel_m, params), _travel_ratio(-travel_m, params)
    sit, stand, moving, lying = 0, 1, 2, 3
    m = np.zeros((4, 4))
    m[sit, stand] = min(0.5, 2e-4 * rise)
    m[sit, moving] = min(0.4, 1e-3 * max(1.0, rise))
    m[sit, lying] = 1e-3
    m[stand, sit] = min(0.5, 2e-4 * descent)
    m[stand, moving] = 0.02
    m[stand, lying] = 1e-4
    m[moving, sit] = min(0.5, 1e-3 * max(1.0, descent))
    m[moving, stand] = 0.05
    m[moving, lying] = 1e-3
    m[lying, sit] = 1e-3
    m[lying, stand] = 1e-4
    m[lying, moving] = 1e-3
    np.fill_diagonal(m, 1 - m.sum(axis=1))
    return m


def _travel_ratio(travel_m: float, params: PostureParams) -> float:
    """Return how much likelier this travel is in a rise than without one."""
    rise = (travel_m - params.rise_travel_m) / params.travel_sd_m
    none = travel_m / params.still_travel_sd_m
    rise = 0.0 if travel_m > params.rise_travel_m else rise
    return exp(min(9.0, max(-9.0, 0.5 * (none * none - rise * rise)))) * 0.5


class PostureEstimator:
    """Streams observed seconds; each is decided `LAG_S` seconds after its start."""

    def __init__(self, params: PostureParams = PARAMS) -> None:
        self._params = params
        self._alpha = np.array([0.4, 0.3, 0.2, 0.1])
        self._pending: deque[tuple[Floats, Floats]] = deque()

    def feed(self, seen: Observed | None) -> None:
        """Take the next second; None where there is no data."""
        if seen is None:
            self._pending.append((transition(0.0, self._params), np.ones(4)))
            return
        odds = log_odds(seen, self._params)
        likelihood = np.exp(odds - odds.max())
        self._pending.append((transition(seen.travel_m, self._params), likelihood))

    def decide(self) -> Floats:
        """Return the probabilities (4,) of the oldest undecided second, given all after it."""
        matrix, likelihood = self._pending.popleft()
        alpha = (self._alpha @ matrix) * likelihood
        self._alpha = alpha / alpha.sum()
        beta = np.ones(4)
        for later, seen in reversed(self._pending):
            beta = later @ (seen * beta)
        posterior = self._alpha * beta
        return np.asarray(posterior / posterior.sum())

    def newest(self) -> Floats:
        """Return the probabilities (4,) of the newest second, given all before it."""
        alpha = self._alpha
        for matrix, seen in self._pending:
            alpha = (alpha @ matrix) * seen
            alpha = alpha / alpha.sum()
        return alpha

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "alpha": self._alpha.tolist(),
            "pending": [[m.tolist(), p.tolist()] for m, p in self._pending],
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._alpha = np.array(saved["alpha"])
        self._pending = deque((np.array(m), np.array(p)) for m, p in saved["pending"])
