"""Reads the data packets of the open Lumbar IMU."""

from __future__ import annotations

import struct

import numpy as np

from sensor.gatt import Char, DecodeCounts, RawBatch
from sensor.profiles import lumbar_wire as wire
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

TICK_BITS = 32
SEQ_BITS = 16
LARGEST_ACC_MS2 = 20 * STANDARD_GRAVITY_MS2


class LumbarDecoder:
    """Reads data and backfill packets at the scales of one Info value."""

    def __init__(self, info: wire.Info, rate_hz: float) -> None:
        self.counts = DecodeCounts()
        self._info = info
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
            seq, body = self._body(header, data)
        except (struct.error, ValueError):
            self.counts.corrupt += 1
            return []
        if header.kind not in (wire.Kind.ACC_GYRO, wire.Kind.ACC, wire.Kind.ACC_QUATERNION):
            self.counts.skipped += 1
            return []
        return self._decoded(header, seq, body, arrival_s)

    def _body(self, header: wire.Header, data: bytes) -> tuple[int, bytes]:
        start = wire.HEADER_BYTES
        if not header.backfill:
            return self._widened(header.seq), data[start:]
        (seq,) = struct.unpack_from("<I", data, start)
        if seq & 0xFFFF != header.seq:
            raise ValueError("a backfill packet whose two counters disagree")
        return seq, data[start + wire.BACKFILL_SEQ_BYTES :]

    def _widened(self, seq: int) -> int:
        if self._full_seq is None:
            return seq
        ahead = (seq - self._full_seq + 0x8000) % 0x10000 - 0x8000
        return (self._full_seq + ahead) & 0xFFFFFFFF

    def _decoded(
        self, header: wire.Header, seq: int, body: bytes, arrival_s: float
    ) -> list[RawBatch]:
        kind = wire.Kind(header.kind)
        if header.count == 0 or len(body) != header.count * kind.record_bytes:
            self.counts.corrupt += 1
            return []
        counts = np.frombuffer(body, "<i2").reshape(header.count, kind.values).astype(np.float64)
        acc = counts[:, :3] * self._info.acc_ms2_per_lsb
        if acc.max() > LARGEST_ACC_MS2 or acc.min() < -LARGEST_ACC_MS2:
            self.counts.corrupt += 1
            return []
        gyro = counts[:, 3:] * self._info.gyro_rads_per_lsb if kind is wire.Kind.ACC_GYRO else None
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
        steps = np.arange(header.count) * self._ticks_per_sample
        return np.asarray((header.tick + np.rint(steps)) % 2.0**TICK_BITS, dtype=np.float64)

    def _learn_rate(self, header: wire.Header) -> None:
        last, self._last = self._last, header
        if last is None:
            return
        samples = (header.seq - last.seq) & 0xFFFF
        ticks = (header.tick - last.tick) & 0xFFFFFFFF
        # A gap longer than the counter, a reboot or a corrupt header gives an absurd period.
        if samples and abs(ticks / samples / self._nominal_ticks - 1) < 0.05:
            self._ticks_per_sample = ticks / samples
