"""Reads the data packets of the open Lumbar IMU."""

from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensor.gatt import Char, DecodeCounts, RawBatch
from sensor.profiles import lumbar_wire as wire
from sensor.profiles.units import plausible
from sensor.sample import Floats

TICK_BITS = 32
TICK_SPAN = 2.0**TICK_BITS
SEQ_BITS = 16
COUNTS = np.dtype("<i2")
WITH_GYRO = wire.VALUES[wire.Kind.ACC_GYRO]
MOST_RECORDS = int(wire.PacketFlag.COUNT_MASK)

Counts = NDArray[np.int16]


class LumbarDecoder:
    """Reads data and backfill packets at the scales of one Info value."""

    def __init__(self, info: wire.Info, rate_hz: float) -> None:
        self.counts = DecodeCounts()
        self._scales = _scales(info)
        # Asked for every packet only where the ranges are so wide that they leave room for damage.
        corner = np.full((1, 3), -0x8000)
        self._may_exceed = not plausible(
            corner * info.acc_ms2_per_lsb, corner * info.gyro_rads_per_lsb
        )
        self._nominal_ticks = info.tick_hz / rate_hz
        self.reset()

    def reset(self) -> None:
        """Forget the last packet; the rate is learned again from the next two."""
        self._last: wire.Header | None = None
        self._full_seq: int | None = None
        self._ticks_per_sample = self._nominal_ticks

    def anchor(self, seq: int) -> None:
        """Take the 32-bit counter with which streaming starts; counters are whole from then on."""
        self._full_seq = seq

    def feed(self, char: Char, data: bytes, arrival_s: float) -> list[RawBatch]:
        """Return the samples of one packet, or nothing (and a count) where it makes no sense."""
        self.counts.notifications += 1
        if char not in (wire.DATA, wire.BACKFILL):
            self.counts.skipped += 1
            return []
        try:
            header = wire.Header.unpack(data)
            seq, start = self._start(header, data)
        except (struct.error, ValueError):
            self.counts.corrupt += 1
            return []
        width = wire.VALUES.get(header.kind)
        if width is None:
            self.counts.skipped += 1
            return []
        if header.count == 0 or len(data) - start != header.count * 2 * width:
            self.counts.corrupt += 1
            return []
        counts = np.frombuffer(data, COUNTS, offset=start)
        return self._decoded(header, seq, counts, width, arrival_s)

    def _start(self, header: wire.Header, data: bytes) -> tuple[int, int]:
        """Return the counter of the first sample and where the samples start."""
        start = wire.HEADER_BYTES
        if not header.backfill:
            return self._widened(header.seq), start
        (seq,) = struct.unpack_from("<I", data, start)
        if seq & 0xFFFF != header.seq:
            raise ValueError("a backfill packet whose two counters disagree")
        return seq, start + wire.BACKFILL_SEQ_BYTES

    def _widened(self, seq: int) -> int:
        if self._full_seq is None:
            return seq
        ahead = (seq - self._full_seq + 0x8000) % 0x10000 - 0x8000
        return (self._full_seq + ahead) & 0xFFFFFFFF

    def _decoded(
        self, header: wire.Header, seq: int, counts: Counts, width: int, arrival_s: float
    ) -> list[RawBatch]:
        values = (counts * self._scales[width][: counts.shape[0]]).reshape(-1, width)
        acc, gyro = values[:, :3], values[:, 3:] if width == WITH_GYRO else None
        if self._may_exceed and not plausible(acc, gyro):
            self.counts.corrupt += 1
            return []
        whole = header.backfill or self._full_seq is not None
        if self._full_seq is not None and not header.backfill:
            self._full_seq = seq
        return [
            RawBatch(
                acc=acc,
                gyro=gyro,
                ticks=self._ticks(header),
                seq=seq,
                seq_bits=32 if whole else SEQ_BITS,
                arrival_s=arrival_s,
                overrun=header.overrun,
                backfill=header.backfill,
            )
        ]

    def _ticks(self, header: wire.Header) -> Floats:
        if not header.backfill:
            self._learn_rate(header)
        ticks = float(header.tick) + _steps(header.count, self._ticks_per_sample)
        return ticks if ticks.item(-1) < TICK_SPAN else np.asarray(ticks % TICK_SPAN)

    def _learn_rate(self, header: wire.Header) -> None:
        last, self._last = self._last, header
        if last is None:
            return
        samples = (header.seq - last.seq) & 0xFFFF
        ticks = (header.tick - last.tick) & 0xFFFFFFFF
        # A gap longer than the counter, a reboot or a corrupt header gives an absurd period.
        if samples and abs(ticks / samples / self._nominal_ticks - 1) < 0.05:
            self._ticks_per_sample = ticks / samples


def _scales(info: wire.Info) -> dict[int, Floats]:
    """Return what to multiply the values of the longest packet by, for each width of a record."""
    units = np.ones(max(wire.VALUES.values()))
    units[:6] = np.repeat((info.acc_ms2_per_lsb, info.gyro_rads_per_lsb), 3)
    return {width: np.tile(units[:width], MOST_RECORDS) for width in wire.VALUES.values()}


@lru_cache(maxsize=64)
def _steps(count: int, ticks_per_sample: float) -> Floats:
    """Return the whole ticks (count,) of samples since the first; not to be changed."""
    return np.asarray(np.rint(np.arange(count) * ticks_per_sample))
