"""Which way is up, sample by sample: VQF on true periods, with rules for what is missing.

The filter is VQF (Laidig & Seel 2023, doi:10.1016/j.inffus.2022.10.014) without magnetometer. Data
faults cost far more than the choice of a filter, so the rules around it are the point here:

* every angular rate is scaled by its true sample period, so a wrong nominal rate does not matter,
* up to 0.2 s that is missing is bridged by a cubic through the samples on both sides,
* after a longer gap the tilt starts anew from acceleration and the gyroscope's bias is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Protocol

import numpy as np

from ingest.bridging import FILL_SUPPORT, Samples, cubic
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

START_S: Final = 0.5  # samples from which the first period is taken
MAX_FILL_S: Final = 0.2  # longer gaps hide whole movements; see docs/accuracy.md for the error
GAP_PERIODS: Final = 1.5  # a distance of more than this many periods means that samples are missing
RESTORED_BIAS_SIGMA_RADS: Final = 0.0035  # 0.2 °/s: how well a bias of the last wearing still holds
RATE_CHANGE: Final = 0.2  # a strap that changes its rate by more than this gets a new filter
ACC_ONLY_TAU_S: Final = 0.5  # accelerometer-only straps: time constant of the gravity estimate
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
        from ingest.vqf_numpy import NumpyVqf  # noqa: PLC0415 - only where it is needed

        return NumpyVqf(period_s)
    compiled: Filter = VQF(period_s, biasClip=BIAS_CLIP_DEGS)
    return compiled


def up_of(quat: Floats) -> Floats:
    """Return the upward unit vectors (n, 3) in the sensor frame of quaternions (n, 4)."""
    w, x, y, z = quat[:, 0], quat[:, 1], quat[:, 2], quat[:, 3]
    up = np.empty((quat.shape[0], 3))
    up[:, 0] = 2 * (x * z - w * y)
    up[:, 1] = 2 * (y * z + w * x)
    up[:, 2] = 1 - 2 * (x * x + y * y)
    return up


def unit(vectors: Floats) -> Floats:
    """Return vectors (n, 3) at length 1; a vanishing one, as in free fall, stays short."""
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norm, 1e-3 * STANDARD_GRAVITY_MS2))


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


@dataclass(slots=True)
class Oriented:
    """A run of samples without a gap, with their direction.

    Attributes:
        t: (n,) Timeline seconds, strictly increasing.
        acc: (n, 3) m/s², sensor frame.
        gyro: (n, 3) rad/s as measured, sensor frame; None for accelerometer-only straps.
        bias: (n, 3) bias of the gyroscope in rad/s, or None without one.
        quat: (n, 4) sensor to earth, w first; without gyroscope (n, 3) gravity, sensor frame.
    """

    t: Floats
    acc: Floats
    gyro: Floats | None
    bias: Floats | None
    quat: Floats

    @property
    def up(self) -> Floats:
        """Upward unit vectors (n, 3), sensor frame."""
        return up_of(self.quat) if self.quat.shape[1] == 4 else unit(self.quat)

    @property
    def newest_up(self) -> tuple[float, float, float]:
        """Upward unit vector of the last sample."""
        if self.quat.shape[1] == 4:
            w, x, y, z = self.quat[-1].tolist()
            return 2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)
        x, y, z = unit(self.quat[-1:])[0].tolist()
        return x, y, z

    def part(self, start: int, stop: int) -> Oriented:
        """Return the samples [start, stop)."""
        of = slice(start, stop)
        if self.gyro is None or self.bias is None:
            return Oriented(self.t[of], self.acc[of], None, None, self.quat[of])
        return Oriented(self.t[of], self.acc[of], self.gyro[of], self.bias[of], self.quat[of])


class Orientation:
    """Streams samples through the filter; any split into batches gives the same result."""

    def __init__(self, *, bias: Floats | None = None) -> None:
        self._bias = None if bias is None else np.asarray(bias, float).copy()
        self._bias_sigma = RESTORED_BIAS_SIGMA_RADS
        self._period_s = 0.0
        self._filter: Filter | None = None
        self._gravity: Floats | None = None
        self._last_t = -np.inf
        self._tail = Samples.none()

    @property
    def period_s(self) -> float:
        """Sample period in seconds, 0 before it is known."""
        return self._period_s

    @property
    def bias(self) -> Floats | None:
        """Gyroscope bias in rad/s, sensor frame, or None before any is known."""
        if self._filter is None:
            return self._bias
        return np.asarray(self._filter.getBiasEstimate()[0], float)

    def feed(self, t: Floats, acc: Floats, gyro: Floats | None) -> list[Oriented]:
        """Return the samples with their up vector: one run per stretch without a gap.

        Samples that are not newer than what was fed before are dropped.
        """
        if t[0] <= self._last_t:
            newer = t > self._last_t
            if not newer.any():
                return []
            t, acc, gyro = t[newer], acc[newer], None if gyro is None else gyro[newer]
        if self._period_s == 0.0:
            self._period_s = _period_of(t)
        limit_s = GAP_PERIODS * self._period_s
        steps = t[1:] - t[:-1]
        if t[0] - self._last_t <= limit_s and (t.shape[0] == 1 or steps.max() <= limit_s):
            return [self._run(t, acc, gyro)]
        return self._runs(t, acc, gyro, steps)

    def _runs(self, t: Floats, acc: Floats, gyro: Floats | None, steps: Floats) -> list[Oriented]:
        """Return the runs of samples that have gaps between them or before them."""
        reconnected = t.shape[0] > 1 and bool(t[0] - self._last_t > MAX_FILL_S)
        slower = t.shape[0] > 1 and bool(np.median(steps) > GAP_PERIODS * self._period_s)
        if reconnected or slower:
            self._follow_rate(t)
        breaks = np.flatnonzero(steps > GAP_PERIODS * self._period_s) + 1
        runs = []
        for start, stop in pairwise([0, *breaks.tolist(), t.shape[0]]):
            part = slice(start, stop)
            runs.append(self._run(t[part], acc[part], None if gyro is None else gyro[part]))
        return runs

    def _follow_rate(self, t: Floats) -> None:
        """Take a new period where the strap came back with another rate."""
        period_s = _period_of(t)
        if abs(period_s / self._period_s - 1) > RATE_CHANGE and t.shape[0] > FILL_SUPPORT:
            self._restart()
            self._last_t = -np.inf
            self._period_s = period_s

    def _run(self, t: Floats, acc: Floats, gyro: Floats | None) -> Oriented:
        gap_s = float(t[0] - self._last_t)
        if gap_s > MAX_FILL_S:
            self._restart()
        elif gap_s > GAP_PERIODS * self._period_s:
            self._bridge(t, acc, gyro)
        if gyro is None:
            run = Oriented(t, acc, None, None, self._gravity_of(acc))
        else:
            quat, bias = self._turned(t, acc, gyro)
            run = Oriented(t, acc, gyro, bias, quat)
        self._tail = self._tail.extended(t, acc, gyro)
        self._last_t = float(t[-1])
        return run

    def _restart(self) -> None:
        if self._filter is not None:
            self._bias, self._bias_sigma = self._filter.getBiasEstimate()
            self._filter = None
        self._gravity = None
        self._tail = Samples.none()

    def _bridge(self, t: Floats, acc: Floats, gyro: Floats | None) -> None:
        """Feed what is missing, from a cubic through the samples before and after the gap."""
        missing = round(float(t[0] - self._last_t) / self._period_s) - 1
        if missing < 1 or not len(self._tail.t):
            return
        steps = np.arange(1, missing + 1) / (missing + 1)
        at = self._last_t + steps * (t[0] - self._last_t)
        acc_fill = cubic(self._tail.t, self._tail.acc, t, acc, at)
        if gyro is None or self._tail.gyro is None:
            self._gravity_of(acc_fill)
        else:
            self._turned(at, acc_fill, cubic(self._tail.t, self._tail.gyro, t, gyro, at))
        self._last_t = float(at[-1])

    def _turned(self, t: Floats, acc: Floats, gyro: Floats) -> tuple[Floats, Floats]:
        """Return the orientation (n, 4) and the gyroscope's bias (n, 3)."""
        filter_ = self._filter
        if filter_ is None:
            filter_ = self._filter = new_filter(self._period_s)
            _level(filter_, acc[0], gyro[0])
            if self._bias is not None:
                filter_.setBiasEstimate(self._bias, self._bias_sigma)
        periods = np.empty_like(t)
        periods[0] = t[0] - max(self._last_t, t[0] - self._period_s)
        np.subtract(t[1:], t[:-1], out=periods[1:])
        periods /= self._period_s
        result = filter_.updateBatch(gyro * periods[:, None], np.ascontiguousarray(acc))
        return result["quat6D"], result["bias"]

    def _gravity_of(self, acc: Floats) -> Floats:
        """Return the smoothed acceleration (n, 3)."""
        gain = -np.expm1(-self._period_s / ACC_ONLY_TAU_S)
        gravity = acc[0] if self._gravity is None else self._gravity
        smooth = np.empty_like(acc)
        for i, sample in enumerate(acc):
            gravity = gravity + gain * (sample - gravity)
            smooth[i] = gravity
        self._gravity = gravity
        return smooth

    def checkpoint(self) -> dict[str, Any]:
        """Return what `restored` needs, in plain lists and floats."""
        return {
            "period_s": self._period_s,
            "bias": None if self.bias is None else np.asarray(self.bias).tolist(),
            "gravity": None if self._gravity is None else self._gravity.tolist(),
            "last_t": None if np.isinf(self._last_t) else self._last_t,
            "tail": self._tail.plain(),
            "filter": None if self._filter is None else _plain(self._filter.state),
        }

    @classmethod
    def restored(cls, saved: dict[str, Any]) -> Orientation:
        """Return the orientation as it was at the checkpoint."""
        made = cls(bias=None if saved["bias"] is None else np.array(saved["bias"]))
        made._period_s = saved["period_s"]
        made._gravity = None if saved["gravity"] is None else np.array(saved["gravity"])
        made._last_t = -np.inf if saved["last_t"] is None else saved["last_t"]
        made._tail = Samples.of(saved["tail"])
        if saved["filter"] is not None:
            made._filter = new_filter(made._period_s)
            made._filter.state = _arrays(saved["filter"])
        return made


def _level(filter_: Filter, acc: Floats, gyro: Floats) -> None:
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


def _period_of(t: Floats) -> float:
    """Return the sample period from the first samples, the same however many follow."""
    first = t[t <= t[0] + START_S]
    return round(float(np.median(np.diff(first))), 6) if first.shape[0] > 1 else 0.02


def _plain(state: dict[str, Any]) -> dict[str, Any]:
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in state.items()}


def _arrays(state: dict[str, Any]) -> dict[str, Any]:
    # A magnetometer that was never there leaves NaN, for which JSON has only null.
    return {
        k: np.array(v, dtype=np.float64) if isinstance(v, list) else v for k, v in state.items()
    }
