"""Packs batches into the payload of a DATA frame and back, without losing a bit.

A column is stored as differences from sample to sample, its bytes sorted by significance, then
deflated: the times of a steady clock and the integers of a sensor both shrink to little.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sensor.errors import RecordingError
from sensor.sample import Floats, ImuBatch

_COUNTS = struct.Struct("<IIB")
"""Batches, samples, and whether a gyroscope is there."""
_BATCH = np.dtype([("samples", "<u4"), ("lost", "<u4")])
_COMPRESSION = 6
MAX_RAW_BYTES = 64 * 1024 * 1024
"""Far above any chunk; protects the memory from a file made in bad faith."""


class Encoding(IntEnum):
    """How a three-column array is stored; the smallest that gives back the same bits is used."""

    STEPS = 0
    SINGLE = 1
    DOUBLE = 2


def encode(batches: Sequence[ImuBatch], acc_step: float | None, gyro_step: float | None) -> bytes:
    """Return the payload for `batches`, all with or all without a gyroscope.

    Args:
        batches: consecutive batches.
        acc_step: m/s² per unit of the sensor, or None where unknown.
        gyro_step: rad/s per unit of the sensor, or None where unknown.
    """
    t = np.concatenate([batch.t for batch in batches])
    gyros = [batch.gyro for batch in batches if batch.gyro is not None]
    index = np.array([(len(batch), batch.lost) for batch in batches], dtype=_BATCH)
    parts = [
        _COUNTS.pack(len(batches), len(t), len(gyros) == len(batches)),
        index.tobytes(),
        _packed_times(t),
        _packed(np.concatenate([batch.acc for batch in batches]), acc_step),
    ]
    if gyros:
        parts.append(_packed(np.concatenate(gyros), gyro_step))
    return zlib.compress(b"".join(parts), _COMPRESSION)


def decode(payload: bytes, acc_step: float | None, gyro_step: float | None) -> list[ImuBatch]:
    """Return the batches of a payload; RecordingError where it makes no sense."""
    try:
        raw = zlib.decompressobj().decompress(payload, MAX_RAW_BYTES)
        return _decode(raw, acc_step, gyro_step)
    except (zlib.error, struct.error, ValueError, IndexError) as error:
        raise RecordingError(f"holds samples that cannot be unpacked ({error})") from error


def _decode(raw: bytes, acc_step: float | None, gyro_step: float | None) -> list[ImuBatch]:
    batches, samples, has_gyro = _COUNTS.unpack_from(raw)
    at = _COUNTS.size
    index = np.frombuffer(raw, _BATCH, batches, at)
    at += index.nbytes
    if int(index["samples"].sum()) != samples:
        raise ValueError("its batches do not add up to its samples")
    t = _unsorted(raw, at, samples, 1, "<i8").cumsum(axis=0)[:, 0].view(np.float64)
    at += 8 * samples
    acc, at = _unpacked(raw, at, samples, acc_step)
    gyro = _unpacked(raw, at, samples, gyro_step)[0] if has_gyro else None
    ends = np.cumsum(index["samples"])
    return [
        ImuBatch(t[b:e], acc[b:e], None if gyro is None else gyro[b:e], int(lost))
        for b, e, lost in zip(ends - index["samples"], ends, index["lost"], strict=True)
    ]


def _packed_times(t: Floats) -> bytes:
    # positive doubles are ordered like the integers of their bits
    bits = np.ascontiguousarray(t, dtype="<f8").view("<i8")
    return _sorted(np.diff(bits, prepend=0)[:, None])


def _packed(values: Floats, step: float | None) -> bytes:
    if step:
        units = np.rint(values / step)
        if np.abs(units).max() < 2**15 and np.array_equal(units * step, values):
            return bytes([Encoding.STEPS]) + _sorted(_differences(units.astype("<i2")))
    with np.errstate(over="ignore"):
        single = values.astype("<f4")
    if np.array_equal(single.astype(np.float64), values):
        return bytes([Encoding.SINGLE]) + _sorted(_differences(single.view("<i4")))
    return bytes([Encoding.DOUBLE]) + _sorted(_differences(values.astype("<f8").view("<i8")))


def _unpacked(raw: bytes, at: int, samples: int, step: float | None) -> tuple[Floats, int]:
    encoding = Encoding(raw[at])
    kind = {Encoding.STEPS: "<i2", Encoding.SINGLE: "<i4", Encoding.DOUBLE: "<i8"}[encoding]
    bits = _unsorted(raw, at + 1, samples, 3, kind)
    bits = np.cumsum(bits, axis=0, dtype=kind)
    end = at + 1 + bits.nbytes
    if encoding is Encoding.STEPS:
        if not step:
            raise ValueError("the header does not say how large a unit is")
        return np.asarray(bits * step, dtype=np.float64), end
    return bits.view("<f4" if encoding is Encoding.SINGLE else "<f8").astype(np.float64), end


def _differences(bits: NDArray[np.integer]) -> NDArray[np.integer]:
    return np.diff(bits, axis=0, prepend=np.zeros((1, bits.shape[1]), bits.dtype))


def _sorted(values: NDArray[np.integer]) -> bytes:
    """Return column after column, all least significant bytes first."""
    columns = np.ascontiguousarray(values.T)
    return (
        columns.view(np.uint8)
        .reshape(columns.shape[0], -1, values.itemsize)
        .transpose(0, 2, 1)
        .tobytes()
    )


def _unsorted(raw: bytes, at: int, samples: int, columns: int, kind: str) -> NDArray[np.integer]:
    width = np.dtype(kind).itemsize
    flat = np.frombuffer(raw, np.uint8, samples * columns * width, at)
    values = np.ascontiguousarray(flat.reshape(columns, width, samples).transpose(0, 2, 1))
    return np.ascontiguousarray(values.view(kind)[:, :, 0].T)
