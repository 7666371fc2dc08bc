"""The attitude filter and its quaternions: VQF, compiled or ported, started level.

VQF (Laidig & Seel 2023, doi:10.1016/j.inffus.2022.10.014) runs without magnetometer.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np

from sensor.sample import STANDARD_GRAVITY_MS2, Floats

LEVEL_KEY: Final = "accQuat"  # VQF's name for the turn from its start frame to the level one
BIAS_CLIP_DEGS: Final = 5.0  # cheap gyroscopes are off by more than VQF's default of 2 °/s


class Filter(Protocol):
    """What is used of VQF; the NumPy fallback keeps to it."""

    state: dict[str, Any]

    def updateBatch(self, gyr: Floats, acc: Floats) -> dict[str, Floats]:  # noqa: N802 - VQF's name
        """Return quat6D (n, 4), sensor to earth, w first, and bias (n, 3)."""

    def setBiasEstimate(self, bias: Floats, sigma: float = -1.0) -> None:  # noqa: N802 - VQF's name
        """Set the bias in rad/s and how well it is known."""

    def getBiasEstimate(self) -> tuple[Floats, float]:  # noqa: N802 - VQF's name
        """Return the bias in rad/s and its standard deviation."""


def new_filter(period_s: float) -> Filter:
    """Return VQF for a sample period: the compiled package, or the NumPy port without it."""
    try:
        from vqf import VQF  # noqa: PLC0415 - no wheel everywhere
    except ImportError:
        from ingest.measurement.vqf_numpy import NumpyVqf  # noqa: PLC0415 - only where it is needed

        return NumpyVqf(period_s)
    compiled: Filter = VQF(period_s, biasClip=BIAS_CLIP_DEGS)
    return compiled


def level(filter_: Filter, acc: Floats, gyro: Floats) -> None:
    """Start a filter level, heading along the first rotation.

    VQF limits single corrections per axis of its frames; unless these start from something that
    turns with the strap, how it is mounted would disturb the first seconds.
    """
    up = acc / max(float(np.linalg.norm(acc)), 1e-9)
    ahead = gyro - up * (up @ gyro)
    if np.linalg.norm(ahead) < 1e-9:
        ahead = np.roll(up, 1) - up * (up @ np.roll(up, 1))
    ahead = ahead / max(float(np.linalg.norm(ahead)), 1e-9)
    state = filter_.state
    state[LEVEL_KEY] = _quaternion(np.stack((ahead, np.cross(up, ahead), up)))
    filter_.state = state


def offline_up(acc: Floats, gyro: Floats, period_s: float) -> Floats:
    """Return the upward unit vectors (n, 3) of a finished recording, looking both ways in time.

    More accurate than the streaming filter, for re-scoring recordings. Without the compiled
    package the streaming filter runs twice, the second time with the bias that it ended with.
    """
    try:
        from vqf import offlineVQF  # noqa: PLC0415 - no wheel everywhere
    except ImportError:
        first, second = new_filter(period_s), new_filter(period_s)
        first.updateBatch(gyro, acc)
        second.setBiasEstimate(*first.getBiasEstimate())
        return up_of(second.updateBatch(gyro, acc)["quat6D"])
    contiguous = np.ascontiguousarray(gyro, float), np.ascontiguousarray(acc, float)
    return up_of(offlineVQF(*contiguous, None, period_s)["quat6D"])


def up_of(quat: Floats) -> Floats:
    """Return the upward unit vectors (n, 3) in the sensor frame of quaternions (n, 4)."""
    rows = quat.T.copy()  # one axis after the other is several times as fast
    w, xy, z = rows[0], rows[1:3], rows[3]
    twice = 2 * xy
    along_z, along_w = twice * z, twice * w
    up = np.empty((3, quat.shape[0]))
    np.subtract(along_z[0], along_w[1], out=up[0])
    np.add(along_z[1], along_w[0], out=up[1])
    np.subtract(1, np.add.reduce(twice * xy), out=up[2])
    return up.T


def unit(vectors: Floats) -> Floats:
    """Return vectors (n, 3) at length 1; a vanishing one, as in free fall, stays short."""
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norm, 1e-3 * STANDARD_GRAVITY_MS2))


def _quaternion(m: Floats) -> Floats:
    """Return the unit quaternion (4,) of a rotation matrix (3, 3), by the largest component."""
    four = np.array(
        [
            [m[0, 0] - m[1, 1] - m[2, 2], 0, 0, 0],
            [m[0, 1] + m[1, 0], m[1, 1] - m[0, 0] - m[2, 2], 0, 0],
            [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], m[2, 2] - m[0, 0] - m[1, 1], 0],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], np.trace(m)],
        ]
    )
    x, y, z, w = np.linalg.eigh(four)[1][:, 3]
    return np.array([w, x, y, z])
