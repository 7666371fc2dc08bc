"""Which way is up, sample by sample: VQF on true periods, with rules for what is missing.

Data faults cost far more than the choice of a filter, so the rules around it are the point here:

* every angular rate is scaled by its true sample period, so a wrong nominal rate does not matter,
* up to 0.2 s that is missing is bridged by a cubic through the samples on both sides,
* after a longer gap the tilt starts anew from acceleration and the gyroscope's bias is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ingest.measurement.attitude import Filter, level, new_filter, unit, up_of
from ingest.measurement.bridging import FILL_SUPPORT, Samples, cubic
from sensor.sample import Floats

START_S: Final = 0.5  # samples from which the first period is taken
MAX_FILL_S: Final = 0.2  # longer gaps hide whole movements; see docs/accuracy.md for the error
GAP_PERIODS: Final = 1.5  # a distance of more than this many periods means that samples are missing
RESTORED_BIAS_SIGMA_RADS: Final = 0.0035  # 0.2 °/s: how well a bias of the last wearing still holds
RATE_CHANGE: Final = 0.2  # a strap that changes its rate by more than this gets a new filter
ACC_ONLY_TAU_S: Final = 0.5  # accelerometer-only straps: time constant of the gravity estimate


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
        self._held: Samples | None = None

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
        newest_t = self._held.t.item(-1) if self._held else self._last_t
        if t.item(0) <= newest_t:
            newer = t > newest_t
            if not newer.any():
                return []
            t, acc, gyro = t[newer], acc[newer], None if gyro is None else gyro[newer]
        if self._held is not None:
            (t, acc, gyro), self._held = self._held.followed_by(t, acc, gyro), None
        if self._period_s == 0.0:
            self._period_s = _period_of(t)
        steps = np.empty(t.shape[0])
        steps[0] = t.item(0) - self._last_t
        np.subtract(t[1:], t[:-1], out=steps[1:])
        if _largest(steps) <= GAP_PERIODS * self._period_s:
            return [self._run(t, acc, gyro, steps)]
        return self._runs(t, acc, gyro, steps)

    def _runs(self, t: Floats, acc: Floats, gyro: Floats | None, steps: Floats) -> list[Oriented]:
        """Return the runs of samples that have gaps between them or before them.

        What follows a gap waits until it is enough to lay a bridge to and to tell its rate.
        """
        runs = []
        start, count = 0, t.shape[0]
        while start < count:
            if count - start <= FILL_SUPPORT and np.isfinite(self._last_t):
                part = slice(start, count)
                self._held = Samples(t[part], acc[part], None if gyro is None else gyro[part])
                break
            self._follow_rate(steps[start : start + FILL_SUPPORT + 1])
            gaps = np.flatnonzero(steps[start + 1 :] > GAP_PERIODS * self._period_s)
            stop = start + 1 + gaps.item(0) if gaps.shape[0] else count
            part = slice(start, stop)
            run = t[part], acc[part], None if gyro is None else gyro[part]
            self._close_gap(*run)
            steps[start] = min(run[0].item(0) - self._last_t, GAP_PERIODS * self._period_s)
            runs.append(self._run(*run, steps[part]))
            start = stop
        return runs

    def _follow_rate(self, steps: Floats) -> None:
        """Take a new period where the strap came back with another rate, or sends less often."""
        gap_s, after = steps[0], steps[1:]
        period_s = _median_s(after)
        slower = bool(after.min() > GAP_PERIODS * self._period_s)
        another = abs(period_s / self._period_s - 1) > RATE_CHANGE
        if slower or (another and gap_s > MAX_FILL_S):
            self._restart()
            self._last_t = -np.inf
            self._period_s = period_s

    def _run(self, t: Floats, acc: Floats, gyro: Floats | None, steps: Floats) -> Oriented:
        """Return a run without a gap; steps (n,) are the seconds since each one's last sample."""
        if gyro is None:
            run = Oriented(t, acc, None, None, self._gravity_of(acc))
        else:
            quat, bias = self._turned(acc, gyro, steps)
            run = Oriented(t, acc, gyro, bias, quat)
        self._tail = self._tail.extended(t, acc, gyro)
        self._last_t = t.item(-1)
        return run

    def _close_gap(self, t: Floats, acc: Floats, gyro: Floats | None) -> None:
        """Bridge what is missing before these samples, or start anew where it is too much."""
        gap_s = t.item(0) - self._last_t
        if gap_s > MAX_FILL_S:
            self._restart()
            self._last_t = t.item(0) - self._period_s
        elif gap_s > GAP_PERIODS * self._period_s:
            self._bridge(t, acc, gyro)

    def _restart(self) -> None:
        if self._filter is not None:
            self._bias, self._bias_sigma = self._filter.getBiasEstimate()
            self._filter = None
        self._gravity = None
        self._tail = Samples.none()

    def _bridge(self, t: Floats, acc: Floats, gyro: Floats | None) -> None:
        """Feed what is missing, from a cubic through the samples before and after the gap."""
        gap_s = t.item(0) - self._last_t
        missing = round(gap_s / self._period_s) - 1
        if missing < 1 or not len(self._tail.t):
            return
        step_s = gap_s / (missing + 1)
        at = np.asarray(self._last_t + step_s * np.arange(1, missing + 1), float)
        acc_fill = cubic(self._tail.t, self._tail.acc, t, acc, at)
        if gyro is None or self._tail.gyro is None:
            self._gravity_of(acc_fill)
        else:
            gyro_fill = cubic(self._tail.t, self._tail.gyro, t, gyro, at)
            self._turned(acc_fill, gyro_fill, np.full(missing, step_s))
        self._last_t = at.item(-1)

    def _turned(self, acc: Floats, gyro: Floats, steps: Floats) -> tuple[Floats, Floats]:
        """Return the orientation (n, 4) and the gyroscope's bias (n, 3)."""
        filter_ = self._filter
        if filter_ is None:
            filter_ = self._filter = new_filter(self._period_s)
            level(filter_, acc[0], gyro[0])
            if self._bias is not None:
                filter_.setBiasEstimate(self._bias, self._bias_sigma)
        periods = (steps / self._period_s)[:, None]
        result = filter_.updateBatch(
            np.multiply(gyro, periods, order="C"), np.ascontiguousarray(acc)
        )
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
            "tail": self._tail.last().plain(),
            "held": None if self._held is None else self._held.plain(),
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
        made._held = None if saved["held"] is None else Samples.of(saved["held"])
        if saved["filter"] is not None:
            made._filter = new_filter(made._period_s)
            made._filter.state = _arrays(saved["filter"])
        return made


def _period_of(t: Floats) -> float:
    """Return the sample period from the first samples, the same however many follow."""
    first = t[t <= t[0] + START_S]
    return _median_s(first[1:] - first[:-1]) if first.shape[0] > 1 else 0.02


def _largest(steps: Floats) -> float:
    # of a notification's few samples Python finds it in a third of the time
    return float(max(steps.tolist()) if steps.shape[0] < 50 else np.maximum.reduce(steps))


def _median_s(steps: Floats) -> float:
    # np.median would import all of numpy.ma
    ordered, half = np.sort(steps), steps.shape[0] // 2
    return round(float(ordered[half] + ordered[~half]) / 2, 6)


def _plain(state: dict[str, Any]) -> dict[str, Any]:
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in state.items()}


def _arrays(state: dict[str, Any]) -> dict[str, Any]:
    # A magnetometer that was never there leaves NaN, for which JSON has only null.
    return {
        k: np.array(v, dtype=np.float64) if isinstance(v, list) else v for k, v in state.items()
    }
