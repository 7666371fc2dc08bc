"""What a real, cheap inertial sensor makes of the truth: mounting, bias, noise, steps, clipping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sensor.sample import STANDARD_GRAVITY_MS2, Floats
from sensor.virtual.wearer_noise import SplineNoise

ACC_LSB_MS2 = 0.122e-3 * STANDARD_GRAVITY_MS2  # LSM6DS3TR-C at ±4 g
GYRO_LSB_RADS = np.radians(17.5e-3)  # LSM6DS3TR-C at ±500 °/s
FULL_SCALE_STEPS = 32767
_BIAS_WANDER_KNOT_S = 180.0


@dataclass(frozen=True, slots=True)
class Faults:
    """The size of a sensor's errors, as standard deviations over units (or over time)."""

    acc_bias_ms2: float = 0.15
    acc_scale: float = 0.005
    acc_noise_ms2: float = 0.008
    gyro_bias_rads: float = 0.0105
    gyro_wander_rads: float = 0.0014
    gyro_scale: float = 0.005
    gyro_noise_rads: float = 0.0012


NO_FAULTS = Faults(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def random_rotation(rng: np.random.Generator) -> Floats:
    """Return a uniformly random rotation matrix (Shoemake 1992)."""
    w, x, y, z = (q := rng.standard_normal(4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


class WornSensor:
    """One sensor with its own errors in its own mounting.

    Args:
        mounting: (3, 3) rotation whose columns are the sensor's axes in the belt's frame.
        quantised: False gives unlimited resolution and range.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        rate_hz: float,
        mounting: Floats,
        faults: Faults,
        quantised: bool = True,
    ) -> None:
        self.mounting = mounting
        self._faults = faults
        self._quantised = quantised
        self._acc_bias = rng.normal(0, 1, 3) * faults.acc_bias_ms2
        self._acc_scale = 1 + rng.normal(0, 1, 3) * faults.acc_scale
        self._gyro_bias = rng.normal(0, 1, 3) * faults.gyro_bias_rads
        self._gyro_scale = 1 + rng.normal(0, 1, 3) * faults.gyro_scale
        self._wander = SplineNoise(
            rng.spawn(1)[0], knot_s=_BIAS_WANDER_KNOT_S, rate_hz=rate_hz, channels=3
        )
        self._noise = rng.spawn(1)[0]

    def measure(self, first: int, force: Floats, rate: Floats) -> tuple[Floats, Floats]:
        """Return readings (n, 3) in m/s² and rad/s of the samples from number `first` on."""
        faults, count = self._faults, len(force)
        white = self._noise.standard_normal((2, count, 3))
        acc = force @ self.mounting * self._acc_scale + self._acc_bias
        acc += white[0] * faults.acc_noise_ms2
        gyro = rate @ self.mounting * self._gyro_scale + self._gyro_bias
        gyro += white[1] * faults.gyro_noise_rads
        gyro += self._wander.take(first, count)[0] * faults.gyro_wander_rads
        if not self._quantised:
            return acc, gyro
        return _stepped(acc, ACC_LSB_MS2), _stepped(gyro, float(GYRO_LSB_RADS))


def _stepped(values: Floats, step: float) -> Floats:
    return np.asarray(np.clip(np.rint(values / step), -FULL_SCALE_STEPS, FULL_SCALE_STEPS) * step)
