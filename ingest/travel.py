"""Signed vertical travel of the lower back: what tells a rise from sitting down.

A body that moves at the same vertical speed before and after a movement travels by the first moment
of its vertical acceleration. The accelerometer's own error, which changes with its orientation,
would swamp that; it is learned from still seconds and taken away first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

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
APART: Final = round(APART_S * BINS)
WINDOW_S: Final = 2 * LAG_S + 1  # the second in question and what surrounds it
WINDOW: Final = WINDOW_S * BINS
PATH: Final = round(1.5 * BINS)  # tenths before and after a second in which its movement leans
SPARE: Final = LAG_S * BINS - APART - HALF  # tenths at either end that nothing looks at
RESPONSES: Final = BINS + 2 * APART
NOTHING: Final = (np.zeros(BINS), np.zeros((BINS, 3)))


class Travel(msgspec.Struct, frozen=True):
    """A vertical movement that has its middle in one second.

    Attributes:
        metres: signed, + up; 0 where there is none.
        at_s: seconds from the start of that second to the movement's middle.
        path: (n, 3) upward vectors around that second.
    """

    metres: float
    at_s: float
    path: Floats


NONE: Final = Travel(0.0, 0.5, np.empty((0, 3)))


class AccelerometerError:
    """Learns the error of the vertical acceleration as constant + vector·up from still seconds."""

    def __init__(self) -> None:
        self._equations: Floats = np.asarray(ERROR_PRIOR_S * np.eye(4, 5))
        self._weights: Floats = np.zeros(3)

    def learn(self, seconds: Sequence[Measured | None]) -> Floats:
        """Return the vector (n, 3) known after each second; the constant moves nobody."""
        still = np.array([s is not None and s.acc_sd <= STILL_ACC_SD_MS2 for s in seconds])
        quiet = [s for s, is_still in zip(seconds, still.tolist(), strict=True) if is_still and s]
        if not quiet:
            return np.tile(self._weights, (len(seconds), 1))
        terms = np.ones((len(quiet), 5))
        terms[:, 1:4] = [s.up for s in quiet]
        terms[:, 4] = np.array([s.vertical for s in quiet]).mean(axis=1)
        sums = terms[:, :4, None] * terms[:, None, :]
        keep, before = 1 - 1 / ERROR_MEMORY_S, self._equations
        for i in range(len(sums)):
            sums[i] += keep * before
            before = sums[i]
        self._equations = before.copy()
        known = np.vstack((self._weights, _solved(sums)))
        self._weights = known[-1]
        return np.asarray(known[np.cumsum(still)])

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        normal, moment = self._equations[:, :4], self._equations[:, 4]
        return {"normal": normal.tolist(), "moment": moment.tolist()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._equations = np.column_stack((saved["normal"], saved["moment"]))
        self._weights = _solved(self._equations[None])[0]


def _solved(equations: Floats) -> Floats:
    """Return the vectors (n, 3) that solve (n, 4, 5) normal equations, without the constants."""
    solution = np.linalg.solve(equations[:, :, :4], equations[:, :, 4:])
    return np.asarray(solution[:, 1:, 0], float)


class TravelMeter:
    """Streams seconds and says, `LAG_S` later, how far each one's movement went up or down.

    A movement counts once, in the second that has its middle: the tenth at which the kernel's
    response is larger than at any other within `APART_S`.
    """

    def __init__(self) -> None:
        self._error = AccelerometerError()
        self._vertical: Floats = np.zeros(WINDOW - BINS)
        self._ups: Floats = np.zeros((WINDOW - BINS, 3))
        self._restless = [False] * (WINDOW_S - 1)

    def feed(self, seconds: Sequence[Measured | None]) -> list[Travel]:
        """Take the next seconds and return, for each, the travel of the one `LAG_S` before it.

        None stands for a second without data, in which nothing is known to have moved.
        """
        if not seconds:
            return []
        have = [NOTHING if s is None else (s.vertical, s.ups) for s in seconds]
        vertical = np.concatenate((self._vertical, *(v for v, _ in have)))
        ups = np.concatenate((self._ups, *(u for _, u in have)))
        self._vertical, self._ups = vertical[len(seconds) * BINS :], ups[len(seconds) * BINS :]
        # the whole window anew: the error in a new posture is only known after arriving there
        error = self._error.learn(seconds)
        response = _windows(vertical)
        for axis in range(3):
            response -= error[:, axis, None] * _windows(ups[:, axis])
        travels = [NONE] * len(seconds)
        large = np.abs(response[:, APART : APART + BINS]).max(axis=1) >= MIN_TRAVEL_M
        large &= self._any_restless(seconds)
        for i in np.flatnonzero(large).tolist():
            middle = (i + LAG_S) * BINS
            travels[i] = _middle(response[i], ups[middle - PATH : middle + BINS + PATH])
        return travels

    def _any_restless(self, seconds: Sequence[Measured | None]) -> NDArray[np.bool_]:
        """Return for each of the next seconds (n,) whether any in its window was restless."""
        new = [s is not None and s.acc_sd > RESTLESS_ACC_SD_MS2 for s in seconds]
        restless = self._restless + new
        self._restless = restless[len(new) :]
        return np.array([any(restless[i : i + WINDOW_S]) for i in range(len(new))])

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "error": self._error.checkpoint(),
            "vertical": self._vertical.tolist(),
            "ups": self._ups.tolist(),
            "restless": self._restless,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._error.restore(saved["error"])
        self._vertical = np.array(saved["vertical"])[BINS - WINDOW :]
        self._ups = np.array(saved["ups"])[BINS - WINDOW :]
        self._restless = ([False] * WINDOW_S + saved["restless"])[1 - WINDOW_S :]


def _windows(tenths: Floats) -> Floats:
    """Return the kernel's responses (n, RESPONSES) of which each second's middle is found."""
    response = np.correlate(tenths[SPARE : tenths.shape[0] - SPARE], KERNEL)
    if response.shape[0] == RESPONSES:
        return response[None]
    return sliding_window_view(response, RESPONSES)[::BINS].copy()


def _middle(response: Floats, path: Floats) -> Travel:
    """Return the movement whose middle lies in the second between two margins of `APART`."""
    size = np.abs(response)
    i = int(size[APART : APART + BINS].argmax())
    largest = size[APART + i]
    if largest < size[i : i + 2 * APART + 1].max():
        return NONE
    metres = min(MAX_TRAVEL_M, max(-MAX_TRAVEL_M, float(response[APART + i])))
    return Travel(round(metres, 3), (i + 0.5) / BINS, path)
