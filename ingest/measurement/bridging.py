"""Lays a bridge over samples that are missing: a cubic through what lies on both sides."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from sensor.sample import Floats

FILL_SUPPORT: Final = 4  # samples on each side of a gap through which the bridge is laid


class Samples(NamedTuple):
    """The newest samples, at least `FILL_SUPPORT` once there were as many."""

    t: Floats
    acc: Floats
    gyro: Floats | None

    @classmethod
    def none(cls) -> Samples:
        return cls(np.empty(0), np.empty((0, 3)), None)

    def extended(self, t: Floats, acc: Floats, gyro: Floats | None) -> Samples:
        """Return what is worth keeping when these samples follow."""
        if t.shape[0] >= FILL_SUPPORT or not self.t.shape[0]:
            return Samples(t, acc, gyro)
        return self.last().followed_by(t, acc, gyro)

    def followed_by(self, t: Floats, acc: Floats, gyro: Floats | None) -> Samples:
        """Return these and the samples that follow them."""
        both = None
        if gyro is not None and self.gyro is not None:
            both = np.concatenate((self.gyro, gyro))
        return Samples(np.concatenate((self.t, t)), np.concatenate((self.acc, acc)), both)

    def last(self) -> Samples:
        """Return the last `FILL_SUPPORT` samples."""
        part = slice(-FILL_SUPPORT, None)
        gyro = None if self.gyro is None else self.gyro[part]
        return Samples(self.t[part], self.acc[part], gyro)

    def plain(self) -> list[Any]:
        gyro = None if self.gyro is None else self.gyro.tolist()
        return [self.t.tolist(), self.acc.tolist(), gyro]

    @classmethod
    def of(cls, saved: list[Any]) -> Samples:
        t, acc, gyro = saved
        shaped = np.array(acc, float).reshape(-1, 3)
        return cls(np.array(t, float), shaped, None if gyro is None else np.array(gyro, float))


def cubic(t0: Floats, x0: Floats, t1: Floats, x1: Floats, at: Floats) -> Floats:
    """Return the Hermite cubic over a gap at `at`; slopes come from the samples on each side."""
    a, b = x0[-1], x1[0]
    width = t1[0] - t0[-1]
    slope_a, slope_b = _slope(t0, x0, end=True), _slope(t1, x1, end=False)
    s = ((at - t0[-1]) / width)[:, None]
    return np.asarray(
        (2 * s**3 - 3 * s**2 + 1) * a
        + (s**3 - 2 * s**2 + s) * width * slope_a
        + (3 * s**2 - 2 * s**3) * b
        + (s**3 - s**2) * width * slope_b
    )


def _slope(t: Floats, x: Floats, *, end: bool) -> Floats:
    """Return the slope (3,) of a straight line through the nearest samples; 0 for one sample."""
    t, x = (t[-FILL_SUPPORT:], x[-FILL_SUPPORT:]) if end else (t[:FILL_SUPPORT], x[:FILL_SUPPORT])
    centred = t - t.mean()
    spread = float(centred @ centred)
    return np.asarray(centred @ x / spread) if spread > 0 else np.zeros(3)
