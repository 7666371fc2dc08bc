"""The data frames of Polar's measurement service (PMD), raw and delta-compressed."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sensor.errors import DecodeError
from sensor.profiles.units import singles

Ints = NDArray[np.int64]

_HEADER = struct.Struct("<BQB")
HEADER_BYTES = _HEADER.size
COMPRESSED = 0x80
_RAW_WIDTHS = {0: 1, 1: 2, 2: 3}
"""Bytes per value of the raw accelerometer frame types."""
_FLOAT_TYPE = 1
"""A compressed gyroscope frame of this type holds IEEE singles."""
MAX_DELTA_BITS = 32


class Measurement(IntEnum):
    """The streams that Lumbar reads."""

    ACC = 2
    GYRO = 5


@dataclass(frozen=True, slots=True)
class PmdFrame:
    """One notification.

    Attributes:
        measurement: number of the stream.
        timestamp_ns: time of its LAST sample.
        frame_type: without the compression bit.
        values: (n, 3) integers as sent, or floats where the frame holds floats.
    """

    measurement: int
    timestamp_ns: int
    frame_type: int
    compressed: bool
    values: NDArray[np.float64]


def parse_frame(data: bytes) -> PmdFrame:
    """Return the frame of a notification; DecodeError where it makes no sense."""
    if len(data) <= HEADER_BYTES:
        raise DecodeError(f"{len(data)} bytes are no frame")
    measurement, timestamp_ns, type_byte = _HEADER.unpack_from(data)
    frame_type, compressed = type_byte & ~COMPRESSED, bool(type_byte & COMPRESSED)
    content = data[HEADER_BYTES:]
    floats = measurement == Measurement.GYRO and frame_type == _FLOAT_TYPE
    if not compressed:
        if measurement != Measurement.ACC or frame_type not in _RAW_WIDTHS:
            raise DecodeError(f"raw frame type {frame_type} of stream {measurement} is unknown")
        values = _raw_values(content, _RAW_WIDTHS[frame_type]).astype(np.float64)
    elif frame_type not in (0, 1):
        raise DecodeError(f"compressed frame type {frame_type} is unknown")
    elif floats:
        bits = _delta_values(content, reference_bytes=4)
        values = singles(bits.astype("<u4").tobytes(), 0).reshape(-1, 3)
    else:
        values = _delta_values(content, reference_bytes=2).astype(np.float64)
    return PmdFrame(measurement, timestamp_ns, frame_type, compressed, values)


def _raw_values(content: bytes, width: int) -> Ints:
    if len(content) % (3 * width):
        raise DecodeError(f"{len(content)} bytes do not divide into samples")
    octets = np.frombuffer(content, np.uint8).reshape(-1, 3, width)
    padded = np.zeros((len(octets), 3, 4), np.uint8)
    padded[:, :, 4 - width :] = octets
    return (padded.view("<i4")[:, :, 0] >> (8 * (4 - width))).astype(np.int64)


def _delta_values(content: bytes, *, reference_bytes: int) -> Ints:
    """Return the reference sample and all that its blocks of deltas add to it."""
    at = 3 * reference_bytes
    if len(content) < at:
        raise DecodeError("the reference sample is cut short")
    kind = "<i2" if reference_bytes == 2 else "<i4"
    blocks = [np.frombuffer(content, kind, 3).astype(np.int64)[None]]
    while at + 2 <= len(content):
        bits, count = content[at], content[at + 1]
        size = (bits * count * 3 + 7) // 8
        block = content[at + 2 : at + 2 + size]
        if not 1 <= bits <= MAX_DELTA_BITS or not count or len(block) < size:
            raise DecodeError(f"a block of {count} deltas of {bits} bits does not fit")
        blocks.append(_deltas(block, bits, count))
        at += 2 + size
    return np.concatenate(blocks).cumsum(axis=0)


def _deltas(block: bytes, bits: int, count: int) -> Ints:
    """Return (count, 3) two's-complement deltas packed from the least significant bit on."""
    stream = np.unpackbits(np.frombuffer(block, np.uint8), bitorder="little")[: bits * count * 3]
    fields = stream.reshape(count, 3, bits).astype(np.int64)
    weights = np.int64(1) << np.arange(bits, dtype=np.int64)
    weights[-1] = -weights[-1]
    return np.asarray(fields @ weights)
