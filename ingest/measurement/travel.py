"""Signed vertical travel of the lower back: what tells a rise from sitting down.

A body that moves at the same vertical speed before and after a movement travels by the first moment
of its vertical acceleration. The accelerometer's own error, which changes with its orientation,
would swamp that; it is learned from still seconds and taken away first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import compress
from math import copysign
from typing import Any, Final

import msgspec
import numpy as np

from ingest.measurement.features import BINS, Measured
from ingest.measurement.inclination import Vector
from sensor.sample import Floats

LAG_S: Final = 4  # whole seconds that must follow before a second's travel is known
REACH_S: Final = 2.0  # half-width of the kernel
APART_S: Final = 1.5  # of two movements closer than this in one direction only the larger is one
ECHO: Final = 0.5  # of a movement: the answer the other way 1.1 s before and after it
MIN_TRAVEL_M: Final = 0.05  # what sitting and standing still produce stays below (99th percentile)
STILL_ACC_SD_MS2: Final = 0.15  # quieter seconds tell the accelerometer's error
RESTLESS_ACC_SD_MS2: Final = 0.1  # nobody travels 5 cm in seconds that are all quieter
ERROR_PRIOR_S: Final = 1.0  # still seconds that a first guess of no error is worth
ERROR_KEPT: Final = 1 - 1 / 3600  # per still second: old ones fade in an hour as it warms up
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
RESPONSE: Final = WINDOW - 2 * (SPARE + HALF)  # tenths of a window with a response
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
        self._weights: Vector | None = None

    def learn(self, moments: Floats) -> None:
        """Take a still second, as of `moments_of`."""
        self._equations *= ERROR_KEPT
        self._equations += moments
        self._weights = None

    @property
    def weights(self) -> Vector:
        """The vector as far as it is known; the constant moves nobody."""
        if self._weights is None:
            self._weights = _solved(self._equations.tolist())
        return self._weights

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        normal, moment = self._equations[:, :4], self._equations[:, 4]
        return {"normal": normal.tolist(), "moment": moment.tolist()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._equations = np.column_stack((saved["normal"], saved["moment"]))
        self._weights = None


def moments_of(seconds: Sequence[Measured | None]) -> Iterator[Floats | None]:
    """Yield the normal equations (4, 5) of each second; None unless it is a still one."""
    still = [s is not None and s.acc_sd <= STILL_ACC_SD_MS2 for s in seconds]
    quiet = [s for s, is_still in zip(seconds, still, strict=True) if is_still and s]
    terms = np.ones((len(quiet), 5))
    if quiet:
        terms[:, 1:4] = [s.up for s in quiet]
        terms[:, 4] = np.add.reduce([s.vertical for s in quiet], axis=1) / BINS
    products = iter(terms[:, :4, None] * terms[:, None, :])
    return (next(products) if is_still else None for is_still in still)


def _solved(equations: Sequence[Sequence[float]]) -> Vector:
    """Return the vector that solves four normal equations (4, 5), without the constant.

    Written out, by elimination of the constant and Cramer's rule: on so little NumPy takes longer.
    """
    (n, nx, ny, nz, nv), (_, xx, xy, xz, xv), (_, _, yy, yz, yv), (_, _, _, zz, zv) = equations
    a, b, c = xx - nx * nx / n, xy - nx * ny / n, xz - nx * nz / n
    d, e, f = yy - ny * ny / n, yz - ny * nz / n, zz - nz * nz / n
    u, v, w = xv - nx * nv / n, yv - ny * nv / n, zv - nz * nv / n
    p, q, r = d * f - e * e, c * e - b * f, b * e - c * d
    s, t = a * f - c * c, b * c - a * e
    size = a * p + b * q + c * r
    return (
        (p * u + q * v + r * w) / size,
        (q * u + s * v + t * w) / size,
        (r * u + t * v + (a * d - b * b) * w) / size,
    )


class TravelMeter:
    """Streams seconds and says, `LAG_S` later, how far each one's movement went up or down.

    A movement counts once, in the second that has its middle: the tenth at which the kernel's
    response is larger than at any other within `APART_S` in the same direction. The response to a
    single movement has an echo in the other direction, which is taken away.
    """

    def __init__(self) -> None:
        self._error = AccelerometerError()
        self._vertical: Floats = np.zeros(WINDOW - BINS)
        self._ups: Floats = np.zeros((WINDOW - BINS, 3))
        self._calm_s = WINDOW_S

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
        travels = [NONE] * len(seconds)
        known = self._known(seconds)
        if known:
            responses = _responses(vertical, ups, known)
            middle = np.abs(responses[:, APART : APART + BINS])
            far = np.maximum.reduce(middle, axis=1) >= MIN_TRAVEL_M
            for i, response in compress(zip(known, responses, strict=True), far):
                travels[i] = _middle(response, ups[i * BINS : i * BINS + WINDOW])
        return travels

    def _known(self, seconds: Sequence[Measured | None]) -> dict[int, Vector]:
        """Learn of the seconds; return what is known of the error after each restless one.

        The whole window is freed of the newest error: in a new posture that is only known after
        arriving there.
        """
        known = {}
        for i, (second, moments) in enumerate(zip(seconds, moments_of(seconds), strict=True)):
            if moments is not None:
                self._error.learn(moments)
            moved = second is not None and second.acc_sd > RESTLESS_ACC_SD_MS2
            self._calm_s = 0 if moved else self._calm_s + 1
            if self._calm_s < WINDOW_S:
                known[i] = self._error.weights
        return known

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "error": self._error.checkpoint(),
            "vertical": self._vertical.tolist(),
            "ups": self._ups.tolist(),
            "calm_s": self._calm_s,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._error.restore(saved["error"])
        self._vertical = np.array(saved["vertical"])[BINS - WINDOW :]
        self._ups = np.array(saved["ups"])[BINS - WINDOW :]
        self._calm_s = saved["calm_s"]


def _responses(vertical: Floats, ups: Floats, known: Mapping[int, Vector]) -> Floats:
    """Return the kernel's responses (n, RESPONSE) in the windows that begin at seconds of `known`.

    A response to the acceleration without its error is that to the acceleration without that to
    the error, so each tenth is weighed once and not in every window that sees it.
    """
    rows = np.correlate(vertical, KERNEL), *(np.correlate(axis, KERNEL) for axis in ups.T.copy())
    at = SPARE + BINS * np.fromiter(known, int)[:, None] + np.arange(RESPONSE)
    raw, x, y, z = (row[at] for row in rows)
    a, b, c = np.array(list(known.values())).T[:, :, None]
    return np.asarray(raw - (x * a + y * b + z * c))


def _middle(response: Floats, ups: Floats) -> Travel:
    """Return the movement that has its middle in the middle second of a window (WINDOW, 3)."""
    tenths = response.tolist()  # of so few Python finds the largest sooner
    best, metres = 0, 0.0
    for i, here in enumerate(tenths[APART : APART + BINS]):
        if abs(here) <= max(abs(metres), MIN_TRAVEL_M):
            continue
        travel = _freed(here, tenths[i : i + 2 * APART + 1])
        if abs(travel) > max(abs(metres), MIN_TRAVEL_M):
            best, metres = i, travel
    if metres == 0:
        return NONE
    metres = min(MAX_TRAVEL_M, max(-MAX_TRAVEL_M, metres))
    middle = LAG_S * BINS
    return Travel(round(metres, 3), (best + 0.5) / BINS, ups[middle - PATH : middle + BINS + PATH])


def _freed(here: float, around: Sequence[float]) -> float:
    """Return a movement freed of the echo of a larger one around it.

    It is 0 where another in the same direction is larger.
    """
    same, other = max(around), -min(around)
    if here < 0:
        same, other = other, same
    size = abs(here)
    if same > size:
        return 0.0
    if other > size:
        size = max(0.0, size - ECHO * other)
    return copysign(size, here)
