"""Reads recordings: their events, and a summary that verifies every byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from sensor.errors import RecordingError
from sensor.recording import Event, RecordingHeader
from sensor.recording_codec import decode
from sensor.recording_format import DATA, HEAD, LINK, NOTE, Frame, frames, is_closed
from sensor.sample import ImuBatch
from sensor.source import LinkStatus

FORMAT = 1
GAP_PERIODS = 2.5
"""A longer step of time than so many periods is a gap."""


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """What is in a recording.

    Attributes:
        path: the file.
        header: its header, with later notes worked in.
        complete: False where the writer was killed.
        samples, batches: how many there are.
        lost: samples that are known to be missing.
        first_s, last_s: Timeline seconds of the first and the last sample; None without samples.
        gaps: stretches without samples longer than GAP_PERIODS.
        gap_s: their seconds.
        link_changes: how many link changes were recorded.
        size_bytes: size of the file.
    """

    path: Path
    header: RecordingHeader
    complete: bool
    samples: int = 0
    batches: int = 0
    lost: int = 0
    first_s: float | None = None
    last_s: float | None = None
    gaps: int = 0
    gap_s: float = 0.0
    link_changes: int = 0
    size_bytes: int = 0

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last sample."""
        if self.first_s is None or self.last_s is None:
            return 0.0
        return self.last_s - self.first_s


def read_recording(path: Path) -> Iterator[Event]:
    """Yield the batches and link changes exactly as they were written.

    Raises RecordingError, naming the file and the place, at the first thing that does not fit.
    """
    header: RecordingHeader | None = None
    for frame in frames(path):
        try:
            if header is None:
                header = _header(frame)
            else:
                yield from _events(frame, header)
        except (RecordingError, msgspec.MsgspecError) as error:
            raise RecordingError(f"{path}: the frame at byte {frame.offset} {error}") from error
    if header is None:
        raise RecordingError(f"{path}: holds nothing: it ends before its header was written")


def read_header(path: Path) -> RecordingHeader:
    """Return the header with all later notes worked in; reads no samples."""
    fields: dict[str, object] = {}
    for frame in frames(path):
        try:
            if not fields:
                fields = msgspec.to_builtins(_header(frame))
            elif frame.kind == NOTE:
                fields |= msgspec.json.decode(frame.payload, type=dict[str, object])
        except (RecordingError, msgspec.MsgspecError) as error:
            raise RecordingError(f"{path}: the frame at byte {frame.offset} {error}") from error
    if not fields:
        raise RecordingError(f"{path}: holds nothing: it ends before its header was written")
    return msgspec.convert(fields, RecordingHeader)


def recording_info(path: Path) -> RecordingInfo:
    """Read and check the whole recording and return what is in it."""
    info = RecordingInfo(path, read_header(path), is_closed(path), size_bytes=path.stat().st_size)
    return summarised(read_recording(path), info)


def summarised(events: Iterable[Event], info: RecordingInfo) -> RecordingInfo:
    """Return `info` with the figures that only reading the events gives."""
    longest_s = GAP_PERIODS / info.header.rate_hz
    samples = batches = lost = gaps = link_changes = 0
    first_s = last_s = None
    gap_s = 0.0
    for event in events:
        if isinstance(event, LinkStatus):
            link_changes += 1
            continue
        first_s = float(event.t[0]) if first_s is None else first_s
        if last_s is not None and (step_s := float(event.t[0]) - last_s) > longest_s:
            gaps += 1
            gap_s += step_s
        samples, batches, lost = samples + len(event), batches + 1, lost + event.lost
        last_s = float(event.t[-1])
    return replace(
        info,
        samples=samples,
        batches=batches,
        lost=lost,
        first_s=first_s,
        last_s=last_s,
        gaps=gaps,
        gap_s=gap_s,
        link_changes=link_changes,
    )


def _header(frame: Frame) -> RecordingHeader:
    if frame.kind != HEAD:
        raise RecordingError("should be the header")
    header = msgspec.json.decode(frame.payload, type=RecordingHeader)
    if header.format != FORMAT:
        raise RecordingError(f"is of format {header.format}; this Lumbar reads format {FORMAT}")
    return header


def _events(frame: Frame, header: RecordingHeader) -> list[Event]:
    if frame.kind == LINK:
        return [msgspec.json.decode(frame.payload, type=LinkStatus)]
    if frame.kind == DATA:
        batches: list[ImuBatch] = decode(frame.payload, header.acc_step_ms2, header.gyro_step_rads)
        return [*batches]
    return []
