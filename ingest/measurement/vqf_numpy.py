"""VQF without magnetometer for machines that have no wheel of it: NumPy only, streaming.

After D. Laidig and T. Seel, "VQF: Highly accurate IMU orientation estimation with bias estimation
and magnetic disturbance rejection", doi:10.1016/j.inffus.2022.10.014; structure and parameters are
those of the authors' code (MIT). It deviates in one point: the gyroscope is integrated at every
sample, but tilt correction, rest detection and bias estimation run once per block of about 0.1 s on
the block's mean acceleration, which keeps it within 0.1° at a tenth of the time.
"""

from __future__ import annotations

from math import cos, nan, pi, sin, sqrt, tan
from typing import Any, Final

import numpy as np

from sensor.sample import Floats

TAU_ACC_S: Final = 3.0
REST_TAU_S: Final = 0.5
REST_MIN_S: Final = 1.5
REST_GYRO_RADS: Final = 2.0 * pi / 180
REST_ACC_MS2: Final = 0.5
BIAS_SIGMA_INIT_DEGS: Final = 0.5
BIAS_SIGMA_MOTION_DEGS: Final = 0.1
BIAS_SIGMA_REST_DEGS: Final = 0.03
BIAS_FORGETTING_S: Final = 100.0
BIAS_VERTICAL_FORGETTING: Final = 1e-4
BIAS_CLIP_RADS: Final = (
    5.0 * pi / 180
)  # as in ingest.measurement.attitude, not VQF's default of 2 °/s
BLOCK_S: Final = 0.1  # tilt is corrected with a time constant of 3 s; 0.1 s is plenty
P_UNIT: Final = 100.0  # the bias covariance is kept in (0.01 °/s)²

Quaternion = tuple[float, float, float, float]


class LowPass:
    """Second-order Butterworth filter of a vector, which starts as a running mean."""

    def __init__(self, tau_s: float, period_s: float, size: int) -> None:
        self._tau_s, self._period_s = tau_s, period_s
        c = tan(sqrt(2) / (2 * tau_s) * period_s)
        d = c * c + sqrt(2) * c + 1
        self._b0 = c * c / d
        self._a1 = 2 * (c * c - 1) / d
        self._a2 = (1 - sqrt(2) * c + c * c) / d
        self.count = 0.0
        self.state: Floats = np.zeros((2, size))

    def feed(self, x: Floats) -> Floats:
        """Return the filtered value of the next sample."""
        if self.count >= 0:
            self.count += 1
            self.state[1] += x
            mean = np.asarray(self.state[1] / self.count)
            if self.count * self._period_s >= self._tau_s:
                self.count = nan
                self.state[0] = mean * (1 - self._b0)
                self.state[1] = mean * (self._b0 - self._a2)
            return mean
        y = self._b0 * x + self.state[0]
        self.state[0] = 2 * self._b0 * x - self._a1 * y + self.state[1]
        self.state[1] = self._b0 * x - self._a2 * y
        return np.asarray(y)


class NumpyVqf:
    """Takes the place of `vqf.VQF` in `ingest.measurement.attitude`.

    Args:
        period_s: sample period.
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._block = max(1, round(BLOCK_S / period_s))
        block_s = self._block * period_s
        self._block_s = block_s
        self._gyro_quat: Quaternion = (1.0, 0.0, 0.0, 0.0)
        self._acc_quat: Quaternion = (1.0, 0.0, 0.0, 0.0)
        self._bias: Floats = np.zeros(3)
        self._covariance: Floats = np.eye(3) * (BIAS_SIGMA_INIT_DEGS * P_UNIT) ** 2
        self._rest_s = 0.0
        self._filters = {
            "acc": LowPass(TAU_ACC_S, block_s, 3),
            "rotation": LowPass(TAU_ACC_S, block_s, 9),
            "bias": LowPass(TAU_ACC_S, block_s, 2),
            "rest_gyro": LowPass(REST_TAU_S, block_s, 3),
            "rest_acc": LowPass(REST_TAU_S, block_s, 3),
        }
        self._gathered: list[list[float]] = []
        variance = (0.1 * P_UNIT) ** 2 * block_s / BIAS_FORGETTING_S
        motion, rest = (BIAS_SIGMA_MOTION_DEGS * P_UNIT) ** 2, (BIAS_SIGMA_REST_DEGS * P_UNIT) ** 2
        self._variance = variance
        motion_weight = motion * motion / variance + motion
        vertical_weight = motion_weight / BIAS_VERTICAL_FORGETTING
        self._motion_weights = np.diag([motion_weight, motion_weight, vertical_weight])
        self._rest_weights = np.eye(3) * (rest * rest / variance + rest)

    def updateBatch(self, gyr: Floats, acc: Floats) -> dict[str, Floats]:  # noqa: N802 - VQF's name
        """Return quat6D (n, 4), sensor to earth, w first, and bias (n, 3) in rad/s."""
        n = gyr.shape[0]
        quat, bias = np.empty((n, 4)), np.empty((n, 3))
        for i, (rate, force) in enumerate(zip(gyr.tolist(), acc.tolist(), strict=True)):
            self._turn(rate)
            self._gathered.append([*rate, *force, *_rotated(self._gyro_quat, force)])
            if len(self._gathered) == self._block:
                self._correct()
            quat[i] = _product(self._acc_quat, self._gyro_quat)
            bias[i] = self._bias
        return {"quat6D": quat, "bias": bias}

    def setBiasEstimate(self, bias: Floats, sigma: float = -1.0) -> None:  # noqa: N802 - VQF's name
        """Set the bias in rad/s and, unless negative, how well it is known."""
        self._bias = np.array(bias, float)
        if sigma >= 0:
            self._covariance = np.eye(3) * (np.degrees(sigma) * P_UNIT) ** 2

    def getBiasEstimate(self) -> tuple[Floats, float]:  # noqa: N802 - VQF's name
        """Return the bias in rad/s and its standard deviation."""
        largest = float(np.abs(self._covariance).sum(axis=1).max())
        sigma = min(sqrt(largest) / P_UNIT, BIAS_SIGMA_INIT_DEGS)
        return self._bias.copy(), sigma * pi / 180

    def _turn(self, rate: list[float]) -> None:
        """Integrate one sample of the gyroscope."""
        bias = self._bias
        x, y, z = rate[0] - bias[0], rate[1] - bias[1], rate[2] - bias[2]
        speed = sqrt(x * x + y * y + z * z)
        if speed < 1e-12:
            return
        half = 0.5 * speed * self._period_s
        s = sin(half) / speed
        self._gyro_quat = _unit(_product(self._gyro_quat, (cos(half), s * x, s * y, s * z)))

    def _correct(self) -> None:
        """Correct tilt and bias with a full block."""
        block = np.array(self._gathered)
        self._gathered = []
        resting = self._resting(block[:, :3], block[:, 3:6])
        earth = self._level(self._filters["acc"].feed(block[:, 6:].mean(axis=0)).tolist())
        self._estimate_bias(earth, resting)

    def _level(self, force: list[float]) -> Floats:
        """Turn the earth frame so that `force` points up; return where it pointed before."""
        earth = np.array(_rotated(self._acc_quat, force))
        earth /= max(float(np.linalg.norm(earth)), 1e-9)
        w = sqrt(max(0.0, (earth[2] + 1) / 2))
        turn: Quaternion = (0.0, 1.0, 0.0, 0.0)
        if w > 1e-6:
            turn = (w, 0.5 * earth[1] / w, -0.5 * earth[0] / w, 0.0)
        self._acc_quat = _unit(_product(turn, self._acc_quat))
        return earth

    def _resting(self, gyro: Floats, acc: Floats) -> Floats | None:
        """Return the filtered rate if the sensor has been at rest for long enough."""
        gyro_level = self._filters["rest_gyro"].feed(gyro.mean(axis=0))
        acc_level = self._filters["rest_acc"].feed(acc.mean(axis=0))
        turning = float(((gyro - gyro_level) ** 2).sum(axis=1).max()) >= REST_GYRO_RADS**2
        pushed = float(((acc - acc_level) ** 2).sum(axis=1).max()) >= REST_ACC_MS2**2
        if turning or pushed or np.abs(gyro_level).max() > BIAS_CLIP_RADS:
            self._rest_s = 0.0
            return None
        self._rest_s += self._block_s
        return gyro_level if self._rest_s >= REST_MIN_S else None

    def _estimate_bias(self, earth: Floats, resting: Floats | None) -> None:
        """Update the bias with what the tilt correction, or rest, says about it (Kalman)."""
        rotation = _matrix(_product(self._acc_quat, self._gyro_quat))
        smooth = self._filters["rotation"].feed(rotation.ravel()).reshape(3, 3)
        turned = self._filters["bias"].feed(rotation[:2] @ self._bias)
        if resting is not None:
            error, h, weights = resting - self._bias, np.eye(3), self._rest_weights
        else:
            h, weights = smooth, self._motion_weights
            error = -(h @ self._bias)
            error[0] += turned[0] - earth[1] / self._block_s
            error[1] += turned[1] + earth[0] / self._block_s
        p = self._covariance
        limit = (BIAS_SIGMA_INIT_DEGS * P_UNIT) ** 2
        p[np.diag_indices(3)] += np.where(np.diag(p) < limit, self._variance, 0.0)
        error = np.clip(error, -BIAS_CLIP_RADS, BIAS_CLIP_RADS)
        gain = p @ h.T @ np.linalg.inv(weights + h @ p @ h.T)
        self._bias = np.clip(self._bias + gain @ error, -BIAS_CLIP_RADS, BIAS_CLIP_RADS)
        self._covariance = p - gain @ h @ p

    @property
    def state(self) -> dict[str, Any]:
        """Everything that evolves, as arrays, lists and numbers."""
        return {
            "gyro_quat": list(self._gyro_quat),
            "accQuat": list(self._acc_quat),
            "bias": self._bias,
            "covariance": self._covariance,
            "rest_s": self._rest_s,
            "gathered": np.array(self._gathered),
            "filters": {
                k: [None if f.count != f.count else f.count, f.state.tolist()]
                for k, f in self._filters.items()
            },
        }

    @state.setter
    def state(self, saved: dict[str, Any]) -> None:
        gw, gx, gy, gz = (float(v) for v in saved["gyro_quat"])
        aw, ax, ay, az = (float(v) for v in saved["accQuat"])
        self._gyro_quat, self._acc_quat = (gw, gx, gy, gz), (aw, ax, ay, az)
        self._bias, self._covariance = np.array(saved["bias"]), np.array(saved["covariance"])
        self._rest_s = float(saved["rest_s"])
        self._gathered = np.array(saved["gathered"]).reshape(-1, 9).tolist()
        for name, (count, state) in saved["filters"].items():
            self._filters[name].count = nan if count is None else count
            self._filters[name].state = np.array(state)


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    return (
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    )


def _unit(q: Quaternion) -> Quaternion:
    norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    return q[0] / norm, q[1] / norm, q[2] / norm, q[3] / norm


def _rotated(q: Quaternion, v: list[float]) -> tuple[float, float, float]:
    w, x, y, z = q
    tx = 2 * (y * v[2] - z * v[1])
    ty = 2 * (z * v[0] - x * v[2])
    tz = 2 * (x * v[1] - y * v[0])
    return (
        v[0] + w * tx + y * tz - z * ty,
        v[1] + w * ty + z * tx - x * tz,
        v[2] + w * tz + x * ty - y * tx,
    )


def _matrix(q: Quaternion) -> Floats:
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
