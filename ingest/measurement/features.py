"""What one second of samples says: the measured part of a record, and nothing of its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.measurement.attitude import up_of
from ingest.measurement.orientation import Oriented
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

Integers = NDArray[np.int64]

ROUNDING_S: Final = 1e-6  # a sample this much before a second's start belongs to it
BINS: Final = 10  # a second is looked at in tenths; a rise has nothing above 3 Hz
UP: Final = slice(0, 3)  # rows of what is averaged, see `_rows`
VERTICAL, EXCESS, SQUARE, TURNING = range(3, 7)
DECIMALS: Final = np.array([[1e6], [1e6], [1e6], [1e4], [1e5], [1e3]])  # of `_figures`


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
    t, rows = _rows(pieces)
    tenth = np.floor((t + ROUNDING_S) * BINS)
    tenth_starts = _starts(tenth)
    tenths = tenth[tenth_starts]
    first = _starts(np.floor(tenths / BINS))
    sums = np.add.reduceat(rows, tenth_starts, axis=1)
    in_tenth = _lengths(tenth_starts, t.shape[0])
    in_second = np.add.reduceat(in_tenth, first)
    figures = _figures(np.add.reduceat(sums, first, axis=1) / in_second, in_second * period_s)
    t_s = np.floor(tenths[first] / BINS).astype(np.int64)
    vertical, ups = _tenths(tenths, sums / in_tenth, first)
    has_gyro = rows.shape[0] > TURNING
    return [
        Measured(t_s, min(1.0, covered), (x, y, z), acc_sd, gyro_rms if has_gyro else None, *bins)
        for t_s, (x, y, z, acc_sd, gyro_rms, covered), *bins in zip(
            t_s.tolist(), figures.T.tolist(), vertical, ups, strict=True
        )
    ]


def _figures(means: Floats, covered: Floats) -> Floats:
    """Return up (3), sd of |acc|, rms of the rate and coverage (6, n), rounded as they are stored.

    `means` holds the means per second (n) of `_rows`.
    """
    figures = np.empty((len(DECIMALS), means.shape[1]))
    up = means[UP]
    figures[UP] = up / np.sqrt(np.add.reduce(up * up))
    figures[3] = means[SQUARE] - means[EXCESS] * means[EXCESS]
    figures[4] = means[-1]
    np.sqrt(np.maximum(figures[3:5], 0.0), out=figures[3:5])
    figures[5] = covered
    return np.asarray(np.rint(figures * DECIMALS) / DECIMALS)


def _rows(pieces: Sequence[Oriented]) -> tuple[Floats, Floats]:
    """Return the stamps (n,) of all samples and what is averaged of each, one row per quantity.

    Rows: the upward vector (3), vertical acceleration and |acc| without gravity, the square of the
    latter and, where there is a gyroscope throughout, the square of the angular rate without bias.
    """
    gyros = [p.gyro for p in pieces if p.gyro is not None]
    biases = [p.bias for p in pieces if p.bias is not None]
    both = len(gyros) == len(biases) == len(pieces)
    t = _joined([p.t for p in pieces])
    acc = _joined([p.acc for p in pieces]).T.copy()
    rows = np.empty((UP.stop + 4 if both else UP.stop + 3, t.shape[0]))
    rows[UP] = (
        up_of(_joined([p.quat for p in pieces])).T if both else _joined([p.up for p in pieces]).T
    )
    rows[VERTICAL] = np.add.reduce(rows[UP] * acc) - STANDARD_GRAVITY_MS2
    rows[EXCESS] = np.sqrt(np.add.reduce(acc * acc)) - STANDARD_GRAVITY_MS2
    rows[SQUARE] = rows[EXCESS] * rows[EXCESS]
    if both:
        turning = (_joined(gyros) - _joined(biases)).T.copy()
        rows[TURNING] = np.add.reduce(turning * turning)
    return t, rows


def _joined(parts: Sequence[Floats]) -> Floats:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _starts(numbers: Floats) -> Integers:
    """Return where the runs of equal numbers (n,) start."""
    changes = (numbers[1:] != numbers[:-1]).nonzero()[0]
    starts = np.zeros(changes.shape[0] + 1, np.int64)
    np.add(changes, 1, out=starts[1:])
    return starts


def _lengths(starts: Integers, end: int) -> Integers:
    """Return how long the runs are that start at `starts` (n,)."""
    ends = np.full(starts.shape[0], end)
    ends[:-1] = starts[1:]
    return ends - starts


def _tenths(tenths: Floats, means: Floats, first: Integers) -> tuple[Floats, Floats]:
    """Return vertical accelerations (n, BINS) and up vectors (n, BINS, 3) of n seconds.

    `first` (n,) is where each second begins in `tenths` and in the rows of `means`. An empty tenth
    repeats its neighbour in the same second.
    """
    shape = (first.shape[0], BINS)
    means = means[: VERTICAL + 1]
    if tenths.shape[0] < shape[0] * BINS:
        wanted = np.floor(tenths[first] / BINS)[:, None] * BINS + np.arange(BINS)
        source = np.searchsorted(tenths, wanted, side="right") - 1
        means = means[:, np.maximum(source, first[:, None]).ravel()]
    return means[VERTICAL].reshape(shape), means[UP].T.reshape((*shape, 3))
