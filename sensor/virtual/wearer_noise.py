"""Random movement whose derivatives are exact: cubic B-splines over random coefficients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sensor.sample import Floats

Sigmas = Callable[[Floats], Floats]
"""Maps (k,) knot times in s to (k, channels) standard deviations."""


def _basis(knot_samples: int, knot_s: float) -> Floats:
    """Return (3, knot_samples, 4): value, first and second derivative of the uniform B-spline."""
    u = np.arange(knot_samples) / knot_samples
    value = np.stack(
        [(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3], axis=1
    )
    first = np.stack(
        [-3 * (1 - u) ** 2, 9 * u**2 - 12 * u, -9 * u**2 + 6 * u + 3, 3 * u**2], axis=1
    )
    second = np.stack([6 * (1 - u), 18 * u - 12, -18 * u + 6, 6 * u], axis=1)
    return np.asarray(np.stack([value, first / knot_s, second / knot_s**2]) / 6, dtype=np.float64)


class SplineNoise:
    """A random function of time, read forwards in blocks of any length.

    The result does not depend on how the reading is cut into blocks.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        knot_s: float,
        rate_hz: float,
        channels: int,
        sigmas: Sigmas | None = None,
    ) -> None:
        self._knot_samples = max(1, round(knot_s * rate_hz))
        self._knot_s = self._knot_samples / rate_hz
        self._basis = _basis(self._knot_samples, self._knot_s)
        self._rng = rng
        self._sigmas = sigmas
        self._first_knot = 0
        self._coefficients = np.empty((0, channels))

    def take(self, first_sample: int, count: int) -> Floats:
        """Return (3, count, channels): value, first and second derivative per s of the samples."""
        size = self._knot_samples
        begin, end = first_sample // size, (first_sample + count - 1) // size + 1
        self._extend(begin, end + 3)
        windows = np.lib.stride_tricks.sliding_window_view(self._coefficients, 4, axis=0)
        values = np.einsum("dpm,kcm->dkpc", self._basis, windows[: end - begin], optimize=True)
        flat = values.reshape(3, (end - begin) * size, -1)
        offset = first_sample - begin * size
        return np.asarray(flat[:, offset : offset + count], dtype=np.float64)

    def _extend(self, begin: int, end: int) -> None:
        self._coefficients = self._coefficients[begin - self._first_knot :]
        self._first_knot = begin
        have = begin + len(self._coefficients)
        if end <= have:
            return
        fresh = self._rng.standard_normal((end - have, self._coefficients.shape[1]))
        if self._sigmas is not None:
            # a coefficient acts most strongly two knots after its window begins
            fresh *= self._sigmas((np.arange(have, end, dtype=np.float64) - 2) * self._knot_s)
        self._coefficients = np.concatenate([self._coefficients, fresh])
