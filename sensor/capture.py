"""Records what a source yields while somebody else uses it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sensor.errors import RecordingError
from sensor.gatt import StreamInfo
from sensor.recording import Event, RecordingHeader, RecordingWriter
from sensor.sample import ImuBatch
from sensor.source import LinkStatus, vibrate

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from sensor.source import SampleSource

ACC_STEP, GYRO_STEP = "acc_step_ms2", "gyro_step_rads"
"""Details by which a profile tells the size of one unit of its sensor, as repr of a float."""

_log = logging.getLogger(__name__)


def header_of(info: StreamInfo | None, status: LinkStatus | None) -> RecordingHeader:
    """Return the header for what a strap agreed to; without a strap, what the link says."""
    device = (status.device if status else None) or ""
    if info is None:
        return RecordingHeader(
            rate_hz=50.0,
            device=device,
            profile=(status.profile if status else None) or "",
            serial=(status.serial if status else None) or "",
        )
    return RecordingHeader(
        profile=info.profile,
        serial=info.serial,
        device=device,
        firmware=info.firmware or "",
        rate_hz=info.rate_hz,
        has_gyro=info.has_gyro,
        acc_step_ms2=_step(info, ACC_STEP),
        gyro_step_rads=_step(info, GYRO_STEP),
        details=dict(info.details),
    )


def _step(info: StreamInfo, name: str) -> float | None:
    try:
        return float(info.details[name])
    except (KeyError, ValueError):  # profiles of other packages may word it as they like
        return None


def stream_of(header: RecordingHeader) -> StreamInfo:
    """Return what the strap of a recording agreed to, as its header tells it."""
    steps = {ACC_STEP: header.acc_step_ms2, GYRO_STEP: header.gyro_step_rads}
    told = {name: repr(step) for name, step in steps.items() if step is not None}
    return StreamInfo(
        profile=header.profile,
        serial=header.serial,
        firmware=header.firmware or None,
        rate_hz=header.rate_hz,
        has_gyro=header.has_gyro,
        details={**header.details, **told},
    )


class CapturingSource:
    """A source that passes everything on and keeps it in a recording beside.

    A disk that refuses ends the recording with a warning, not the measuring.

    Args:
        source: where the samples come from.
        path: the recording; it begins with the first batch and must not exist.
        info: what the strap agreed to, asked when the first batch is there.
        clock: words about the clock's quality, asked when the first batch is there and at the end.
    """

    def __init__(
        self,
        source: SampleSource,
        path: Path,
        *,
        info: Callable[[], StreamInfo | None],
        clock: Callable[[], dict[str, str]] = dict,
    ) -> None:
        self.samples = 0
        self._source = source
        self._path = path
        self._info = info
        self._clock = clock
        self._calibration: dict[str, Any] = {}
        self._status: LinkStatus | None = None
        self._writer: RecordingWriter | None = None
        self._failed = False
        if path.exists():
            raise RecordingError(f"{path}: is there already; choose another name")
        if not path.parent.is_dir():
            raise RecordingError(f"{path}: there is no folder {path.parent}")

    async def events(self) -> AsyncIterator[Event]:
        """Yield what the source yields; closing the iterator closes the recording."""
        events: AsyncGenerator[Event, None] = self._source.events()  # type: ignore[assignment]
        try:
            async with aclosing(events):
                async for event in events:
                    self._keep(event)
                    yield event
        finally:
            self._close()

    async def vibrate(self, duration_s: float) -> str:
        """Let the strap behind the source vibrate; return "" or why it did not."""
        return await vibrate(self._source, duration_s)

    def calibrated(self, calibration: dict[str, Any]) -> None:
        """Keep the calibration that is in force from now on."""
        self._calibration = calibration
        self._note()

    def _keep(self, event: Event) -> None:
        late = isinstance(event, ImuBatch) and event.backfill
        if self._failed or late:  # a recording is in order of time; late samples have no place
            return
        try:
            if isinstance(event, LinkStatus):
                self._status = event
            if self._writer is None and isinstance(event, ImuBatch):
                self._writer = RecordingWriter(self._path, self._header(event))
            if self._writer is not None:
                self._writer.write(event)
                self.samples += len(event) if isinstance(event, ImuBatch) else 0
        except RecordingError as error:
            self._give_up(error)

    def _note(self) -> None:
        """Write what has become known of clock and calibration since the recording began."""
        if self._writer is None or self._failed:
            return
        try:
            self._writer.note(clock=self._clock(), calibration=self._calibration)
        except RecordingError as error:
            self._give_up(error)

    def _give_up(self, error: RecordingError) -> None:
        self._failed = True
        _log.warning("the recording ends here, measuring goes on: %s", error)

    def _header(self, batch: ImuBatch) -> RecordingHeader:
        header = header_of(self._info(), self._status)
        has_gyro = batch.gyro is not None
        return msgspec.structs.replace(
            header, has_gyro=has_gyro, clock=self._clock(), calibration=self._calibration
        )

    def _close(self) -> None:
        if self._writer is None:
            return
        self._note()
        try:
            self._writer.close()
        except RecordingError as error:
            _log.warning("the recording lacks its end: %s", error)
