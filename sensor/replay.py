"""Recordings as sources of samples, for a replay at any speed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

from sensor.errors import RecordingError
from sensor.npz import BATCH_S, is_npz, read_npz
from sensor.recording import Event, RecordingHeader
from sensor.recording_format import is_recording
from sensor.recording_reader import RecordingInfo, read_recording, recording_info, summarised
from sensor.sample import ImuBatch
from sensor.source import LinkState, LinkStatus

NPZ_PROFILE = "npz"


class RecordingSource:
    """Replays a recording of Lumbar; ends with the file and does not pace itself.

    Args:
        path: the recording. It is read and verified once, before anything is replayed.
        start_s: Timeline seconds of the first sample; None keeps the recorded times.

    Attributes:
        info: what is in the file, at its recorded times.
    """

    def __init__(self, path: Path, *, start_s: float | None = None) -> None:
        self.info: RecordingInfo = recording_info(path)
        if self.info.first_s is None:
            raise RecordingError(f"{path}: holds no samples")
        self.first_s = self.info.first_s
        self.shift_s = 0.0 if start_s is None else start_s - self.first_s

    async def events(self) -> AsyncIterator[Event]:
        """Yield a link that is connected, then what was recorded."""
        header = self.info.header
        yield LinkStatus(
            at_s=self.first_s + self.shift_s,
            state=LinkState.CONNECTED,
            device=header.device or self.info.path.name,
            serial=header.serial or None,
            profile=header.profile or None,
        )
        for event in read_recording(self.info.path):
            yield _shifted(event, self.shift_s) if self.shift_s else event


class NpzSource:
    """Replays a NumPy archive of the public data sets; ends with the file.

    Args:
        path: the archive.
        start_s: Timeline seconds of the first sample; the archives have no times of their own.
        batch_s: how much makes one batch.

    Attributes:
        info: what is in the file.
    """

    def __init__(self, path: Path, *, start_s: float, batch_s: float = BATCH_S) -> None:
        self._recording = read_npz(path)
        self.start_s = start_s
        self._batch_s = batch_s
        header = RecordingHeader(
            profile=NPZ_PROFILE,
            device=path.name,
            rate_hz=self._recording.rate_hz,
            has_gyro=self._recording.gyro is not None,
        )
        empty = RecordingInfo(path, header, complete=True, size_bytes=path.stat().st_size)
        self.info = summarised(self._batches(), empty)

    async def events(self) -> AsyncIterator[Event]:
        """Yield a link that is connected, then all samples."""
        yield LinkStatus(
            at_s=self.start_s,
            state=LinkState.CONNECTED,
            device=self.info.path.name,
            profile=NPZ_PROFILE,
        )
        for batch in self._batches():
            yield batch

    def _batches(self) -> Iterator[ImuBatch]:
        return self._recording.batches(self.start_s, self._batch_s)


def open_source(
    path: Path, *, start_s: float | None = None, batch_s: float = BATCH_S
) -> RecordingSource | NpzSource:
    """Return the source for a file, chosen by its first bytes.

    A NumPy archive needs `start_s` and is cut into batches of `batch_s`. Raises RecordingError for
    anything else.
    """
    try:
        if is_recording(path):
            return RecordingSource(path, start_s=start_s)
        archive = is_npz(path)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
    if not archive:
        raise RecordingError(f"{path}: is neither a recording of Lumbar nor a NumPy archive")
    if start_s is None:
        raise RecordingError(f"{path}: has no times of its own; say when it starts")
    return NpzSource(path, start_s=start_s, batch_s=batch_s)


def _shifted(event: Event, shift_s: float) -> Event:
    if isinstance(event, LinkStatus):
        return replace(event, at_s=event.at_s + shift_s)
    return ImuBatch(event.t + shift_s, event.acc, event.gyro, event.lost)
