"""Reads NumPy archives of public recordings: acc_ms2, perhaps gyro_rads, and rate_hz."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sensor.errors import RecordingError
from sensor.sample import Floats, ImuBatch

BATCH_S = 0.2
"""Samples of so much time make one batch, as a strap would pack them."""

UNPACED_BATCH_S = 10.0
"""The same where nobody waits for the next batch: fewer and larger ones are cheaper."""


@dataclass(frozen=True, slots=True)
class NpzRecording:
    """The samples of one archive: (n, 3) m/s², (n, 3) rad/s or None, and the rate."""

    path: Path
    acc: Floats
    gyro: Floats | None
    rate_hz: float

    def batches(self, start_s: float, batch_s: float = BATCH_S) -> Iterator[ImuBatch]:
        """Yield the samples, evenly spaced from `start_s` on."""
        size = max(1, round(self.rate_hz * batch_s))
        for begin in range(0, len(self.acc), size):
            span = slice(begin, begin + size)
            count = len(self.acc[span])
            t = start_s + np.arange(begin, begin + count) / self.rate_hz
            yield ImuBatch(t, self.acc[span], None if self.gyro is None else self.gyro[span])


def is_npz(path: Path) -> bool:
    """Return whether the file looks like a NumPy archive; OSError where it cannot be read."""
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def read_npz(path: Path) -> NpzRecording:
    """Return the samples of an archive.

    Raises RecordingError, naming the file and what is wrong with it.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {
                name: np.ascontiguousarray(archive[name], dtype=np.float64)
                for name in ("acc_ms2", "gyro_rads", "rate_hz")
                if name in archive.files
            }
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, KeyError) as error:
        raise RecordingError(f"{path}: is not a whole NumPy archive ({error})") from error
    missing = {"acc_ms2", "rate_hz"} - arrays.keys()
    if missing:
        raise RecordingError(f"{path}: lacks {' and '.join(sorted(missing))}")
    rate = arrays["rate_hz"]
    if rate.size != 1 or not 1 <= float(rate.reshape(-1)[0]) <= 10_000:
        raise RecordingError(f"{path}: rate_hz is not one rate between 1 and 10000")
    acc = _checked(path, "acc_ms2", arrays["acc_ms2"])
    gyro = _checked(path, "gyro_rads", arrays["gyro_rads"]) if "gyro_rads" in arrays else None
    if gyro is not None and gyro.shape != acc.shape:
        raise RecordingError(f"{path}: has {len(acc)} rows of acc_ms2 but {len(gyro)} of gyro_rads")
    return NpzRecording(path, acc, gyro, float(rate.reshape(-1)[0]))


def _checked(path: Path, name: str, values: Floats) -> Floats:
    if values.ndim != 2 or values.shape[1] != 3 or not len(values):
        raise RecordingError(f"{path}: {name} is {values.shape}, not (n, 3)")
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        raise RecordingError(f"{path}: {name} is not a number in row {int(np.argmin(finite))}")
    return values
