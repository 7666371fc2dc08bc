"""Signed vertical travel of the lower back: what tells a rise from sitting down.

A body that moves at the same vertical speed before and after a movement travels by the first moment
of its vertical acceleration. The accelerometer's own error, which changes with its orientation,
would swamp that; it is learned from still seconds and taken away first.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ingest.features import BINS, Measured
from sensor.sample import Floats

LAG_S: Final = 4  # whole seconds that must follow before a second's travel is known
REACH_S: Final = 2.0  # half-width of the kernel
APART_S: Final = 1.5  # of two movements closer than this only the larger is one
MIN_TRAVEL_M: Final = 0.05  # what sitting and standing still produce stays below (99th percentile)
STILL_ACC_SD_MS2: Final = 0.15  # quieter seconds tell the accelerometer's error
RESTLESS_ACC_SD_MS2: Final = 0.1  # nobody travels 5 cm in seconds that are all quieter
ERROR_PRIOR_S: Final = 1.0  # still seconds that a first guess of no error is worth
ERROR_MEMORY_S: Final = 3600.0  # still seconds after which old ones fade: temperature drifts
MAX_TRAVEL_M: Final = 5.0  # more than this is a lift or a fault, not a body


def kernel() -> Floats:
    """Return the weights (2h + 1,) whose correlation with tenths of acceleration is travel in m.

    Two readings of one movement are averaged, since they fail differently: the first moment of the
    acceleration within 1.5 s (travel itself; wrong in sign beside a sharp landing), and the speed
    gained before minus the speed gained after within 2 s, times a typical 0.6 s.
    """
    half = round(REACH_S * BINS)
    s = np.arange(-half, half + 1) / BINS
    moment = -s * _fading(s, 0.3, 1.5)
    speed = -0.5 * np.sign(s) * _fading(s, 0.5, 2.0)
    return np.asarray((0.5 * moment + 0.5 * 0.6 * speed) / BINS)


def _fading(s: Floats, flat_s: float, edge_s: float) -> Floats:
    """Return a window that is 1 up to `flat_s` and fades to 0 at `edge_s`, so that steps cancel."""
    inside = np.clip((edge_s - np.abs(s)) / (edge_s - flat_s), 0, 1)
    return np.asarray(np.sin(0.5 * np.pi * inside) ** 2)


KERNEL: Final = kernel()
HALF: Final = KERNEL.shape[0] // 2
LEAST_MS2: Final = MIN_TRAVEL_M / float(np.abs(KERNEL).sum())  # less cannot reach MIN_TRAVEL_M
APART: Final = round(APART_S * BINS)
WINDOW: Final = (2 * LAG_S + 1) * BINS  # the second in question and what surrounds it
PATH: Final = round(1.5 * BINS)  # tenths before and after a second in which its movement leans
SPARE: Final = LAG_S * BINS - APART - HALF  # tenths at either end that nothing looks at


@dataclass(frozen=True, slots=True)
class Travel:
    """A vertical movement that has its middle in one second.

    Attributes:
        metres: signed, + up; 0 where there is none.
        at_s: seconds from the start of that second to the movement's middle.
    """

    metres: float
    at_s: float


NONE: Final = Travel(0.0, 0.5)


class AccelerometerError:
    """Learns the error of the vertical acceleration as constant + vector·up from still seconds."""

    def __init__(self) -> None:
        self._normal: Floats = np.asarray(ERROR_PRIOR_S * np.eye(4))
        self._moment: Floats = np.zeros(4)
        self._weights: Floats | None = None

    def learn(self, second: Measured) -> None:
        """Take a still second into account; others are ignored."""
        if second.acc_sd > STILL_ACC_SD_MS2:
            return
        row = np.array([1.0, *second.up])
        keep = 1 - 1 / ERROR_MEMORY_S
        self._normal = np.asarray(keep * self._normal + np.outer(row, row))
        self._moment = np.asarray(keep * self._moment + row * float(second.vertical.mean()))
        self._weights = None

    def corrected(self, vertical: Floats, ups: Floats) -> Floats:
        """Return vertical acceleration (n,) at upward vectors (n, 3) without the error."""
        weights = self._weights
        if weights is None:
            weights = np.asarray(np.linalg.solve(self._normal, self._moment), float)
            self._weights = weights
        return np.asarray(vertical - weights[0] - ups @ weights[1:])

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        return {"normal": self._normal.tolist(), "moment": self._moment.tolist()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._normal, self._moment = np.array(saved["normal"]), np.array(saved["moment"])
        self._weights = None


class TravelMeter:
    """Streams seconds and says, `LAG_S` later, how far each one's movement went up or down.

    A movement counts once, in the second that has its middle: the tenth at which the kernel's
    response is larger than at any other within `APART_S`.
    """

    def __init__(self) -> None:
        self._error = AccelerometerError()
        self._vertical: Floats = np.zeros(WINDOW)
        self._ups: Floats = np.zeros((WINDOW, 3))
        self._restless: deque[bool] = deque(maxlen=2 * LAG_S + 1)

    def feed(self, second: Measured | None) -> Travel:
        """Take the next second and return the travel of the one `LAG_S` before it.

        None stands for a second without data, in which nothing is known to have moved.
        """
        vertical, ups = np.zeros(BINS), np.zeros((BINS, 3))
        if second is not None:
            self._error.learn(second)
            vertical, ups = second.vertical, second.ups
        self._vertical = np.concatenate((self._vertical[BINS:], vertical))
        self._ups = np.concatenate((self._ups[BINS:], ups))
        self._restless.append(second is not None and second.acc_sd > RESTLESS_ACC_SD_MS2)
        if not any(self._restless):
            return NONE
        # all of it anew: the error in a new posture is only known after arriving there
        acceleration = self._error.corrected(self._vertical, self._ups)
        if np.abs(acceleration).max() < LEAST_MS2:
            return NONE
        return _middle(np.correlate(acceleration[SPARE : WINDOW - SPARE], KERNEL))

    def path(self) -> Floats:
        """Return the upward vectors (n, 3) around the second whose travel was told last."""
        middle = LAG_S * BINS
        return self._ups[middle - PATH : middle + BINS + PATH]

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "error": self._error.checkpoint(),
            "vertical": self._vertical.tolist(),
            "ups": self._ups.tolist(),
            "restless": list(self._restless),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._error.restore(saved["error"])
        self._vertical = np.array(saved["vertical"])
        self._ups = np.array(saved["ups"])
        self._restless.extend(saved["restless"])


def _middle(response: Floats) -> Travel:
    """Return the movement whose middle lies in the second between two margins of `APART`."""
    size = np.abs(response)
    i = int(size[APART : APART + BINS].argmax())
    largest = size[APART + i]
    if largest < MIN_TRAVEL_M or largest < size[i : i + 2 * APART + 1].max():
        return NONE
    metres = min(MAX_TRAVEL_M, max(-MAX_TRAVEL_M, float(response[APART + i])))
    return Travel(round(metres, 3), (i + 0.5) / BINS)
