"""The bytes of a recording: a preamble and then frames, each with its own checksum.

See docs/recordings.md, which is complete enough to read a recording with.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sensor.errors import RecordingError

MAGIC = b"LUMBAR1\n"
_CLOSED = struct.Struct("<QI")
"""Length of the finished file and its CRC-32; zeros while the recording is being written."""
PREAMBLE_BYTES = len(MAGIC) + _CLOSED.size

_FRAME = struct.Struct("<4sII")
"""Kind, length of the payload, CRC-32 of kind, length and payload."""
MAX_PAYLOAD_BYTES = 16 * 1024 * 1024
"""Far above any chunk; a larger length is damage, not data."""

HEAD, DATA, LINK, NOTE = b"HEAD", b"DATA", b"LINK", b"NOTE"
KINDS = frozenset({HEAD, DATA, LINK, NOTE})


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame and where in the file it begins."""

    kind: bytes
    payload: bytes
    offset: int


def preamble(closed_bytes: int = 0) -> bytes:
    """Return the first bytes of a recording; `closed_bytes` is 0 while it is being written."""
    packed = struct.pack("<Q", closed_bytes)
    return MAGIC + _CLOSED.pack(closed_bytes, zlib.crc32(packed) if closed_bytes else 0)


def packed_frame(kind: bytes, payload: bytes) -> bytes:
    """Return the bytes of one frame."""
    return _FRAME.pack(kind, len(payload), _checksum(kind, payload)) + payload


def is_recording(path: Path) -> bool:
    """Return whether the file begins like a recording; OSError where it cannot be read."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def frames(path: Path) -> Iterator[Frame]:
    """Yield the frames of a recording.

    A recording that was never closed ends quietly before a frame that was not written whole: that
    is what a killed writer leaves behind. Anything else that does not fit is a RecordingError that
    names the file and the byte.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
    with file:
        size = path.stat().st_size
        closed = _closed_bytes(path, file)
        if closed is not None and size != closed:
            what = "is cut off" if size < closed else "has something added"
            raise RecordingError(
                f"{path}: {what} at byte {min(size, closed)}: it was closed with {closed} bytes"
            )
        yield from _frames(path, file, size, closed=closed is not None)


def is_closed(path: Path) -> bool:
    """Return whether the writer finished the recording."""
    with path.open("rb") as file:
        return _closed_bytes(path, file) is not None


def _closed_bytes(path: Path, file: BinaryIO) -> int | None:
    head = file.read(PREAMBLE_BYTES)
    if not head.startswith(MAGIC[: len(head)]) or not head:
        raise RecordingError(f"{path}: is no recording of Lumbar (it begins with {head[:8]!r})")
    if len(head) < PREAMBLE_BYTES:
        raise RecordingError(f"{path}: is cut off at byte {len(head)}, within its first bytes")
    length, checksum = _CLOSED.unpack_from(head, len(MAGIC))
    # a writer that was killed while closing leaves a checksum that does not fit: not closed
    return length if length and checksum == zlib.crc32(struct.pack("<Q", length)) else None


def _frames(path: Path, file: BinaryIO, size: int, *, closed: bool) -> Iterator[Frame]:
    offset = PREAMBLE_BYTES
    while offset < size:
        frame = _frame_at(file, offset, size)
        if frame is None:
            reaches_end = _next_offset(file, offset) >= size
            if not closed and reaches_end:
                return
            raise RecordingError(f"{path}: is damaged in the frame at byte {offset}")
        yield frame
        offset += _FRAME.size + len(frame.payload)


def _frame_at(file: BinaryIO, offset: int, size: int) -> Frame | None:
    """Return the frame at `offset`, or None where there is no whole and healthy one."""
    file.seek(offset)
    head = file.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    kind, length, checksum = _FRAME.unpack(head)
    if kind not in KINDS or length > min(MAX_PAYLOAD_BYTES, size - offset - _FRAME.size):
        return None
    payload = file.read(length)
    return Frame(kind, payload, offset) if checksum == _checksum(kind, payload) else None


def _next_offset(file: BinaryIO, offset: int) -> int:
    """Return where the frame at `offset` claims to end; its own place if its head is garbage."""
    file.seek(offset)
    head = file.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return offset + _FRAME.size
    kind, length, _ = _FRAME.unpack(head)
    sane = kind in KINDS and length <= MAX_PAYLOAD_BYTES
    return offset + _FRAME.size + length if sane else offset


def _checksum(kind: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(struct.pack("<4sI", kind, len(payload))))
