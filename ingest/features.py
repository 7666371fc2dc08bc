"""What one second of samples says: the measured part of a record, and nothing of its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.orientation import Oriented
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

Integers = NDArray[np.int64]

FIRST: Final = np.zeros(1, np.int64)
ROUNDING_S: Final = 1e-6  # a sample this much before a second's start belongs to it
BINS: Final = 10  # a second is looked at in tenths; a rise has nothing above 3 Hz


@dataclass(frozen=True, slots=True)
class Measured:
    """One second as measured; every figure is rounded as it is stored.

    Attributes:
        t_s: the UTC second.
        coverage: share of the second covered by samples.
        up: mean upward unit vector, sensor frame.
        acc_sd: standard deviation of |acc| in m/s².
        gyro_rms: root mean square of |gyro| without bias in rad/s, or None.
        vertical: (BINS,) mean vertical acceleration in tenths, m/s², gravity removed.
        ups: (BINS, 3) mean upward vector in tenths.
    """

    t_s: int
    coverage: float
    up: tuple[float, float, float]
    acc_sd: float
    gyro_rms: float | None
    vertical: Floats
    ups: Floats


def measure(pieces: Sequence[Oriented], period_s: float) -> list[Measured]:
    """Return every second that the samples of `pieces` (in order) touch."""
    whole = _joined(pieces)
    t, acc, up = whole.t, whole.acc, whole.up
    gyro = None
    if whole.gyro is not None and whole.bias is not None:
        gyro = whole.gyro - whole.bias
    tenth = np.floor((t + ROUNDING_S) * BINS).astype(np.int64)
    second = tenth // BINS
    starts, counts = _runs(second)
    magnitude = np.sqrt(np.einsum("ij,ij->i", acc, acc))
    mean_magnitude = np.add.reduceat(magnitude, starts) / counts
    off = magnitude - np.repeat(mean_magnitude, counts)
    acc_sd = np.sqrt(np.add.reduceat(off * off, starts) / counts)
    ups_mean = np.add.reduceat(up, starts, axis=0)
    ups_mean /= np.linalg.norm(ups_mean, axis=1, keepdims=True)
    rms: Floats | None = None
    if gyro is not None:
        rms = np.sqrt(np.add.reduceat(np.einsum("ij,ij->i", gyro, gyro), starts) / counts)
    seconds = second[starts]
    vertical_acc = np.einsum("ij,ij->i", up, acc) - STANDARD_GRAVITY_MS2
    vertical, ups = _tenths(tenth, vertical_acc, up, seconds)
    coverage = np.minimum(1.0, counts * period_s)
    return [
        Measured(
            t_s=int(seconds[i]),
            coverage=round(float(coverage[i]), 3),
            up=(
                round(float(ups_mean[i, 0]), 6),
                round(float(ups_mean[i, 1]), 6),
                round(float(ups_mean[i, 2]), 6),
            ),
            acc_sd=round(float(acc_sd[i]), 4),
            gyro_rms=None if rms is None else round(float(rms[i]), 5),
            vertical=vertical[i],
            ups=ups[i],
        )
        for i in range(seconds.shape[0])
    ]


def _joined(pieces: Sequence[Oriented]) -> Oriented:
    """Return several runs as one."""
    if len(pieces) == 1:
        return pieces[0]
    gyros = [p.gyro for p in pieces if p.gyro is not None]
    biases = [p.bias for p in pieces if p.bias is not None]
    both = len(gyros) == len(biases) == len(pieces)
    return Oriented(
        np.concatenate([p.t for p in pieces]),
        np.concatenate([p.acc for p in pieces]),
        np.concatenate(gyros) if both else None,
        np.concatenate(biases) if both else None,
        np.concatenate([p.quat if both else p.up for p in pieces]),
    )


def _runs(numbers: Integers) -> tuple[Integers, Integers]:
    """Return starts and lengths of the runs of equal numbers (n,)."""
    starts = np.concatenate((FIRST, np.flatnonzero(numbers[1:] != numbers[:-1]) + 1))
    ends = np.concatenate((starts[1:], [numbers.shape[0]]))
    return starts, ends - starts


def _tenths(
    tenth: Integers, vertical: Floats, up: Floats, seconds: Integers
) -> tuple[Floats, Floats]:
    """Return means per tenth: (n, BINS) and (n, BINS, 3); an empty tenth repeats its neighbour."""
    starts, counts = _runs(tenth)
    mean_vertical = np.add.reduceat(vertical, starts) / counts
    mean_up = np.add.reduceat(up, starts, axis=0) / counts[:, None]
    have = tenth[starts]
    wanted = (seconds[:, None] * BINS + np.arange(BINS)).ravel()
    source = np.clip(np.searchsorted(have, wanted, side="right") - 1, 0, have.shape[0] - 1)
    shape = (seconds.shape[0], BINS)
    return mean_vertical[source].reshape(shape), mean_up[source].reshape((*shape, 3))
