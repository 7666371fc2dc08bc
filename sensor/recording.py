"""Recordings: raw samples and link changes in a file that survives a killed writer."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self

import msgspec

from sensor.errors import RecordingError
from sensor.owned import owner_only
from sensor.recording_codec import encode
from sensor.recording_format import DATA, HEAD, LINK, NOTE, packed_frame, preamble
from sensor.sample import ImuBatch
from sensor.source import LinkStatus

CHUNK_S = 1.0
"""How much is held back before it is written; with the batch in hand a kill loses less than 2 s."""
SYNC_EVERY_CHUNKS = 10
"""How often the operating system is asked to put it on the disk."""

Event = ImuBatch | LinkStatus


class RecordingHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader must know; everything but the rate may be unknown.

    Attributes:
        format: version of the format.
        profile: key of the device profile.
        serial: the strap's serial.
        device: its name.
        firmware: its firmware.
        rate_hz: the sampling rate the strap agreed to.
        has_gyro: whether it has a gyroscope.
        position: where it was worn.
        acc_step_ms2: m/s² per unit of the sensor; makes the file small without losing anything.
        gyro_step_rads: rad/s per unit of the sensor.
        clock: quality of the clock, such as {"source": "device", "skew_ppm": "-12.5"}.
        calibration: the calibration in force, as the pipeline words it.
        details: whatever else the profile said.
        simulated: whether no body was involved.
    """

    format: int = 1
    profile: str = ""
    serial: str = ""
    device: str = ""
    firmware: str = ""
    rate_hz: Annotated[float, msgspec.Meta(gt=0)]
    has_gyro: bool = True
    position: str = "lumbar"
    acc_step_ms2: float | None = None
    gyro_step_rads: float | None = None
    clock: dict[str, str] = {}
    calibration: dict[str, Any] = {}
    details: dict[str, str] = {}
    simulated: bool = False


class RecordingWriter:
    """Writes one recording; use it as a context manager.

    Raises RecordingError where the file exists already or cannot be written.
    """

    def __init__(self, path: Path, header: RecordingHeader) -> None:
        self.path = path
        self._header = header
        self._waiting: list[ImuBatch] = []
        self._chunks = 0
        self._whole = True
        try:
            # Unbuffered: what a full disk refuses must not come up again when the file is closed.
            self._file = open(path, "xb", buffering=0, opener=owner_only)  # noqa: SIM115
        except FileExistsError as error:
            raise RecordingError(f"{path}: is there already; choose another name") from error
        except OSError as error:
            raise RecordingError(f"{path}: cannot be written: {error.strerror}") from error
        try:
            self._write(preamble() + packed_frame(HEAD, msgspec.json.encode(header)))
        except RecordingError:
            self._file.close()
            path.unlink()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, event: Event) -> None:
        """Append a batch or a link change; RecordingError when the disk refuses."""
        if isinstance(event, LinkStatus):
            self.flush()
            self._write(packed_frame(LINK, msgspec.json.encode(event)))
            return
        waiting = self._waiting
        if waiting and (waiting[0].gyro is None) != (event.gyro is None):
            self.flush()
        self._waiting.append(event)
        if event.t[-1] - self._waiting[0].t[0] >= CHUNK_S:
            self.flush()

    def note(self, **fields: object) -> None:
        """Set fields of the header to what has become known since, such as clock or calibration."""
        msgspec.convert(msgspec.to_builtins(self._header) | fields, RecordingHeader)
        self.flush()
        self._write(packed_frame(NOTE, msgspec.json.encode(fields)))

    def flush(self) -> None:
        """Hand what waits to the operating system."""
        if self._waiting:
            header = self._header
            payload = encode(self._waiting, header.acc_step_ms2, header.gyro_step_rads)
            self._waiting = []
            self._write(packed_frame(DATA, payload))

    def close(self) -> None:
        """Write what waits and mark the recording as complete, unless something was refused."""
        if self._file.closed:
            return
        try:
            self.flush()
            length = self._file.tell()
            os.fsync(self._file.fileno())
            if self._whole:
                self._file.seek(0)
                self._put(preamble(length))
        except OSError as error:
            raise RecordingError(f"{self.path}: cannot be closed: {error.strerror}") from error
        finally:
            self._file.close()

    def _write(self, frame: bytes) -> None:
        begin = self._file.tell()
        try:
            self._put(frame)
            self._chunks += 1
            if self._chunks % SYNC_EVERY_CHUNKS == 0:
                os.fsync(self._file.fileno())
        except OSError as error:
            self._whole = False
            self._take_back(begin)
            raise RecordingError(f"{self.path}: cannot be written: {error.strerror}") from error

    def _put(self, data: bytes) -> None:
        left = memoryview(data)
        while left:  # a disk that fills up takes a part first
            left = left[self._file.write(left) :]

    def _take_back(self, begin: int) -> None:
        """Cut off half a frame, so that what follows it can be read."""
        with contextlib.suppress(OSError):
            self._file.truncate(begin)
            self._file.seek(begin)
