"""Finds recordings in a folder and tells by their content what they can answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sensor.sample import Floats, ImuBatch

START_S = 1_600_000_000.0
BATCH = 10


@dataclass(frozen=True)
class Recording:
    """One file.

    Attributes:
        name: file name without ending.
        folder: the folder's name.
        t: (n,) seconds from START_S on.
        acc, gyro: (n, 3), SI units; gyro is None where there was none.
        answers: the remaining arrays of the file.
    """

    name: str
    folder: str
    t: Floats
    acc: Floats
    gyro: Floats | None
    rate_hz: float
    answers: dict[str, Any]

    @property
    def person(self) -> str:
        """Who wore it: the part of the name before the first underscore."""
        return self.name.split("_")[0]

    def batches(self, size: int = BATCH) -> Iterator[ImuBatch]:
        """Yield the samples as a strap would send them."""
        for i in range(0, len(self.t), size):
            part = slice(i, i + size)
            gyro = None if self.gyro is None else self.gyro[part]
            yield ImuBatch(self.t[part], self.acc[part], gyro)


def read(path: Path) -> Recording:
    """Return one recording."""
    with np.load(path, allow_pickle=False) as data:
        values = {key: data[key] for key in data.files}
    acc = np.ascontiguousarray(values.pop("acc_ms2"), dtype=float)
    gyro = values.pop("gyro_rads", None)
    rate_hz = float(values.pop("rate_hz"))
    return Recording(
        name=path.stem,
        folder=path.parent.name,
        t=START_S + np.arange(len(acc)) / rate_hz,
        acc=acc,
        gyro=None if gyro is None else np.ascontiguousarray(gyro, dtype=float),
        rate_hz=rate_hz,
        answers=values,
    )


def find(path: Path) -> list[Path]:
    """Return every .npz file in and below a folder, in order."""
    return [path] if path.is_file() else sorted(path.rglob("*.npz"))


def kind_of(recording: Recording) -> str:
    """Return what a recording can answer, by its arrays."""
    answers = recording.answers
    if "quat_wxyz" in answers:
        return "orientation"
    if "label" in answers:
        return "activities"
    if "seated" in answers:
        return "seatplate"
    walking = answers.get("walking")
    if walking is not None and walking.dtype == bool:
        return "walking"
    return "gait" if "standing" in answers else "other"
