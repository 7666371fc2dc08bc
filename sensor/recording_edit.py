"""Makes new files from a recording: a shorter recording, or a table for other programs."""

from __future__ import annotations

import csv
import importlib.util
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sensor.errors import RecordingError
from sensor.owned import MODE, owner_only
from sensor.recording import RecordingWriter
from sensor.recording_reader import RecordingInfo, read_header, read_recording, recording_info
from sensor.sample import ImuBatch

COLUMNS = ("t_s", "acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z")
"""UTC seconds, m/s² and rad/s, in the sensor's frame; empty where there is no gyroscope."""

Progress = Callable[[int], None]
"""Told how many samples are done."""


def cut_recording(path: Path, to: Path, *, from_s: float, until_s: float) -> RecordingInfo:
    """Write what lies in [from_s, until_s) to a new recording and return its info.

    Raises RecordingError where nothing lies there or `to` exists.
    """
    writer = RecordingWriter(to, read_header(path))
    with _removed_if_unfinished(to), writer:
        kept = 0
        for event in read_recording(path):
            if not isinstance(event, ImuBatch):
                if from_s <= event.at_s < until_s:
                    writer.write(event)
                continue
            inside = (event.t >= from_s) & (event.t < until_s)
            if inside.any():
                gyro = None if event.gyro is None else event.gyro[inside]
                # what was lost before a cut is not lost within it
                lost = event.lost if inside[0] and kept else 0
                writer.write(ImuBatch(event.t[inside], event.acc[inside], gyro, lost))
                kept += int(inside.sum())
        if not kept:
            raise RecordingError(f"{path}: has no samples between {from_s:.3f} and {until_s:.3f}")
    return recording_info(to)


def export_csv(path: Path, to: Path, *, progress: Progress | None = None) -> int:
    """Write one row per sample to `to` and return how many; refuses to overwrite a file."""
    try:
        file = open(to, "x", newline="", encoding="ascii", opener=owner_only)  # noqa: SIM115
    except OSError as error:
        raise RecordingError(f"{to}: cannot be written: {error.strerror}") from error
    with _removed_if_unfinished(to), file:
        return _write_table(csv.writer(file), path, progress)


def export_parquet(path: Path, to: Path, *, progress: Progress | None = None) -> int:
    """Write the same table as Parquet; needs the package duckdb."""
    if importlib.util.find_spec("duckdb") is None:
        advice = "Parquet needs duckdb (pip install duckdb); CSV needs nothing"
        raise RecordingError(f"{to}: cannot be written: {advice}")
    if to.exists():
        raise RecordingError(f"{to}: is there already; choose another name")
    with _removed_if_unfinished(to), tempfile.TemporaryDirectory(dir=to.parent) as folder:
        table = Path(folder) / "table.csv"
        done = export_csv(path, table, progress=progress)
        _convert(table, to)
        to.chmod(MODE)
    return done


def _convert(table: Path, to: Path) -> None:
    duckdb = importlib.import_module("duckdb")
    # a file of our own making; quoting protects odd folder names
    source, target = (str(name).replace("'", "''") for name in (table, to))
    types = ", ".join(f"'{column}': 'DOUBLE'" for column in COLUMNS)
    try:
        duckdb.connect().execute(
            f"COPY (SELECT * FROM read_csv('{source}', header=true, columns={{{types}}})) "  # noqa: S608
            f"TO '{target}' (FORMAT parquet)"
        )
    except duckdb.Error as error:
        raise RecordingError(f"{to}: cannot be written: {error}") from error


def _write_table(table: Any, path: Path, progress: Progress | None) -> int:
    done = 0
    table.writerow(COLUMNS)
    for event in read_recording(path):
        if isinstance(event, ImuBatch):
            table.writerows(_rows(event))
            done += len(event)
            if progress is not None:
                progress(done)
    return done


@contextmanager
def _removed_if_unfinished(to: Path) -> Iterator[None]:
    """Leave no half of a new file behind, whatever ended the block."""
    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            to.unlink()
        if isinstance(error, OSError):
            raise RecordingError(f"{to}: cannot be written: {error.strerror}") from error
        raise


def _rows(batch: ImuBatch) -> list[list[float | str]]:
    blank = [["", "", ""]] * len(batch)
    gyro = blank if batch.gyro is None else batch.gyro.tolist()
    return [
        [t, *acc, *rate]
        for t, acc, rate in zip(batch.t.tolist(), batch.acc.tolist(), gyro, strict=True)
    ]
