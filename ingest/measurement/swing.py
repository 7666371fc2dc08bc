"""Whether a restless second is walking: hips that swing far are sitting down, rising or bending.

Restlessness alone takes a hurried rise for walking, for it accelerates as much. Two things differ:

* **swing**, how far the upward direction turns within the second: some 8° in level walking and
  down stairs (99 %: 20°), 14° up stairs (99 %: 38°), 27° in rises and sit-downs.
* **shaking**, what is left of the restlessness once the slow vertical movement of the whole body,
  a curve of fourth order over the second, is taken away. Steps come twice a second and stay.

The figures are of the research-only waist recordings, those of level walking also of lower backs.
"""

from __future__ import annotations

from collections import deque
from math import degrees, exp, log, sqrt
from typing import Final

import numpy as np

from ingest.measurement.evidence import PostureParams, movement_odds
from ingest.measurement.features import BINS, Measured
from sensor.sample import Floats

RESTLESS_MS2: Final = 0.5  # calmer seconds are no walking anyway
STEPPING_DEG: Final = 12.0  # usual swing of walking on the level and on stairs
STEPPING_SPREAD: Final = 0.5  # in log units; less swing tells nothing
STUMBLING: Final = 0.02  # density of any swing while walking
CHANGING_DEG: Final = 27.0  # usual swing of a rise; more is as likely
CHANGING_SPREAD: Final = 0.55
SURELY: Final = 2.0  # log-odds against walking from which the slow movement counts for nothing
ORDER: Final = 4  # of the curve that the body's slow movement follows within a second
RECENT_S: Final = 5
UNDER_WAY_S: Final = 3  # steps in so many of the recent seconds: a walk, in which people also turn
STEPS_FROM: Final = -1.0  # log-odds of swing that a step still has


def _curves() -> Floats:
    """Return orthonormal polynomials (ORDER, BINS) over the tenths of a second, without a mean."""
    powers = np.vander(np.linspace(-1, 1, BINS), ORDER + 1, increasing=True)
    return np.asarray(np.linalg.qr(powers)[0].T[1:])


CURVES: Final = _curves()


def swing_deg(ups: Floats) -> float:
    """Return how far upward vectors (n, 3) spread: twice the farthest from their mean."""
    aside = ups - np.add.reduce(ups) / ups.shape[0]
    return 2 * degrees(sqrt(np.maximum.reduce(np.add.reduce(aside * aside, axis=1))))


def swing_odds(deg: float) -> float:
    """Return the log-odds of walking, at most 0, that the swing of a second speaks for."""
    if deg <= STEPPING_DEG:
        return 0.0
    stepping = log(deg / STEPPING_DEG) / STEPPING_SPREAD
    changing = min(0.0, log(deg / CHANGING_DEG) / CHANGING_SPREAD)
    p_stepping = exp(-0.5 * stepping * stepping) / STEPPING_SPREAD + STUMBLING
    p_changing = exp(-0.5 * changing * changing) / CHANGING_SPREAD
    return min(0.0, log(p_stepping / p_changing))


class MovingOdds:
    """Streams seconds and gives each one's log-odds of moving against every other state."""

    def __init__(self) -> None:
        self._stepping: deque[bool] = deque(maxlen=RECENT_S)

    def of(self, measured: Measured, params: PostureParams) -> float:
        """Return the log-odds of the next second that has data."""
        if measured.acc_sd < RESTLESS_MS2:
            self._stepping.append(False)
            return movement_odds(measured.acc_sd, params)
        odds = swing_odds(swing_deg(measured.ups))
        under_way = sum(self._stepping) >= UNDER_WAY_S
        self._stepping.append(odds > STEPS_FROM)
        if odds == 0 or under_way:
            return movement_odds(measured.acc_sd, params)
        slow = CURVES @ measured.vertical
        explained = min(1.0, -odds / SURELY) * float(slow @ slow) / BINS
        shaking = sqrt(max(0.0, measured.acc_sd**2 - explained))
        return odds + movement_odds(round(shaking, 2), params)

    def checkpoint(self) -> list[bool]:
        """Return plain values."""
        return list(self._stepping)

    def restore(self, saved: list[bool]) -> None:
        """Take up a checkpoint."""
        self._stepping.extend(saved)
