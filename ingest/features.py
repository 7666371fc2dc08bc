"""What one second of samples says: the measured part of a record, and nothing of its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.orientation import Oriented
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

Integers = NDArray[np.int64]

FIRST: Final = np.zeros(1, np.int64)
ROUNDING_S: Final = 1e-6  # a sample this much before a second's start belongs to it
BINS: Final = 10  # a second is looked at in tenths; a rise has nothing above 3 Hz


class Measured(msgspec.Struct, frozen=True):
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
    acc, up = whole.acc, whole.up
    tenth = np.floor((whole.t + ROUNDING_S) * BINS)
    tenth_starts = _starts(tenth)
    tenths = tenth[tenth_starts]
    first = _starts(np.floor(tenths / BINS))
    starts = tenth_starts[first]
    seconds = (tenths[first] // BINS).astype(np.int64)
    counts = np.diff(starts, append=acc.shape[0])
    magnitude = np.sqrt(np.einsum("ij,ij->i", acc, acc))
    off = magnitude - np.repeat(np.add.reduceat(magnitude, starts) / counts, counts)
    mean_up = np.add.reduceat(up, starts, axis=0)
    vertical_acc = np.einsum("ij,ij->i", up, acc) - STANDARD_GRAVITY_MS2
    vertical, ups = _tenths(tenths, tenth_starts, vertical_acc, up, first)
    rounded = zip(
        seconds.tolist(),
        np.round(np.minimum(1.0, counts * period_s), 3).tolist(),
        np.round(mean_up / np.linalg.norm(mean_up, axis=1, keepdims=True), 6).tolist(),
        np.round(np.sqrt(np.add.reduceat(off * off, starts) / counts), 4).tolist(),
        _gyro_rms(whole, starts, counts),
        vertical,
        ups,
        strict=True,
    )
    return [Measured(t_s, share, (x, y, z), *rest) for t_s, share, (x, y, z), *rest in rounded]


def _gyro_rms(whole: Oriented, starts: Integers, counts: Integers) -> list[Any]:
    if whole.gyro is None or whole.bias is None:
        return [None] * starts.shape[0]
    gyro = whole.gyro - whole.bias
    square = np.add.reduceat(np.einsum("ij,ij->i", gyro, gyro), starts) / counts
    return list(np.round(np.sqrt(square), 5).tolist())


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


def _starts(numbers: Floats) -> Integers:
    """Return where the runs of equal numbers (n,) start."""
    return np.concatenate((FIRST, np.flatnonzero(numbers[1:] != numbers[:-1]) + 1))


def _tenths(
    tenths: Floats, starts: Integers, vertical: Floats, up: Floats, first: Integers
) -> tuple[Floats, Floats]:
    """Return means per tenth: (n, BINS) and (n, BINS, 3) of the n seconds that begin at `first`.

    An empty tenth repeats its neighbour in the same second.
    """
    counts = np.diff(starts, append=up.shape[0])
    mean_vertical = np.add.reduceat(vertical, starts) / counts
    mean_up = np.add.reduceat(up, starts, axis=0) / counts[:, None]
    shape = (first.shape[0], BINS)
    if tenths.shape[0] < shape[0] * BINS:
        wanted = np.floor(tenths[first] / BINS)[:, None] * BINS + np.arange(BINS)
        source = np.searchsorted(tenths, wanted, side="right") - 1
        source = np.maximum(source, first[:, None]).ravel()
        mean_vertical, mean_up = mean_vertical[source], mean_up[source]
    return mean_vertical.reshape(shape), mean_up.reshape((*shape, 3))
