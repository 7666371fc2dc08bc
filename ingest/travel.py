"""Signed vertical travel of the lower back: what tells a rise from sitting down.

A body that moves at the same vertical speed before and after a movement travels by the first moment
of its vertical acceleration. The accelerometer's own error, which changes with its orientation,
would swamp that; it is learned from still seconds and taken away first.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ingest.features import BINS, Measured
from sensor.sample import Floats

FLAT_S: Final = 1.2  # half-width over which the kernel is the exact first moment
EDGE_S: Final = 2.4  # half-width at which it has faded out; rises last 2.6 s (docs/accuracy.md)
LAG_S: Final = 3  # whole seconds that must follow before a second's travel is known
STILL_ACC_SD_MS2: Final = 0.15  # quieter seconds tell the accelerometer's error
ERROR_PRIOR_S: Final = 2.0  # still seconds that a first guess of no error is worth
ERROR_MEMORY_S: Final = 3600.0  # still seconds after which old ones fade: temperature drifts
MAX_TRAVEL_M: Final = 5.0  # more than this is a lift or a fault, not a body


def kernel() -> Floats:
    """Return the weights (2h + 1,) whose correlation with tenths of acceleration is travel in m."""
    half = round(EDGE_S * BINS)
    s = np.arange(-half, half + 1) / BINS
    fade = np.clip((EDGE_S - np.abs(s)) / (EDGE_S - FLAT_S), 0, 1)
    return np.asarray(-s * np.sin(0.5 * np.pi * fade) ** 2 / BINS)


KERNEL: Final = kernel()
HALF: Final = KERNEL.shape[0] // 2


class AccelerometerError:
    """Learns the error of the vertical acceleration as constant + vector·up from still seconds."""

    def __init__(self) -> None:
        self._normal: Floats = ERROR_PRIOR_S * np.eye(4)
        self._moment: Floats = np.zeros(4)
        self._weights: Floats = np.zeros(4)

    def learn(self, second: Measured) -> None:
        """Take a still second into account; others are ignored."""
        if second.acc_sd > STILL_ACC_SD_MS2:
            return
        row = np.array([1.0, *second.up])
        keep = 1 - 1 / ERROR_MEMORY_S
        self._normal = keep * self._normal + np.outer(row, row)
        self._moment = keep * self._moment + row * float(second.vertical.mean())
        self._weights = np.linalg.solve(self._normal, self._moment)

    def corrected(self, second: Measured) -> Floats:
        """Return the second's vertical acceleration (BINS,) without the error."""
        return np.asarray(second.vertical - self._weights[0] - second.ups @ self._weights[1:])

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        return {"normal": self._normal.tolist(), "moment": self._moment.tolist()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._normal, self._moment = np.array(saved["normal"]), np.array(saved["moment"])
        self._weights = np.linalg.solve(self._normal, self._moment)


class TravelMeter:
    """Streams seconds and says, `LAG_S` later, how far each one's movement went up or down."""

    def __init__(self) -> None:
        self._error = AccelerometerError()
        self._history: Floats = np.zeros(0)

    def feed(self, second: Measured | None) -> float | None:
        """Return the travel in m of the second `LAG_S` before this one, once there is one.

        None stands for a second without data, in which nothing is known to have moved.
        """
        if second is None:
            tenths = np.zeros(BINS)
        else:
            self._error.learn(second)
            tenths = self._error.corrected(second)
        window = (2 * LAG_S + 1) * BINS
        self._history = np.concatenate((self._history, tenths))[-window:]
        if self._history.shape[0] <= LAG_S * BINS:
            return None
        padded = np.concatenate((np.zeros(window - self._history.shape[0]), self._history))
        centre = padded[LAG_S * BINS - HALF : (LAG_S + 1) * BINS + HALF]
        response = np.correlate(centre, KERNEL, mode="valid")
        largest = float(response[np.argmax(np.abs(response))])
        return round(min(MAX_TRAVEL_M, max(-MAX_TRAVEL_M, largest)), 3)

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        return {"error": self._error.checkpoint(), "history": self._history.tolist()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._error.restore(saved["error"])
        self._history = np.array(saved["history"])
