"""Units of the field and the limits beyond which a decoded sample cannot be true."""

from __future__ import annotations

import math

import numpy as np

from sensor.sample import STANDARD_GRAVITY_MS2, Floats

DPS_RADS = math.pi / 180
"""One degree per second in rad/s."""

MAX_ACC_MS2 = 20 * STANDARD_GRAVITY_MS2
"""No strap measures and no back survives more than 16 g per axis for long."""

MAX_GYRO_RADS = 4000 * DPS_RADS
"""Twice the widest range of any strap that Lumbar reads."""


def plausible(acc: Floats | None, gyro: Floats | None) -> bool:
    """Return whether samples (n, 3) are finite and within what a strap can measure."""
    return _within(acc, MAX_ACC_MS2) and _within(gyro, MAX_GYRO_RADS)


def singles(data: bytes, offset: int, *, count: int = -1) -> Floats:
    """Return IEEE singles of a packet, whatever damaged bytes make of them."""
    with np.errstate(invalid="ignore"):  # a signalling NaN says so when it is widened
        return np.frombuffer(data, "<f4", count, offset).astype(np.float64)


def _within(values: Floats | None, limit: float) -> bool:
    if values is None:
        return True
    # huge floats from damaged bytes overflow when squared, which is an answer too
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.all(np.sum(values**2, axis=1) <= limit**2))
