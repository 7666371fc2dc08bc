"""What runs inside a virtual strap: the device side of the open Lumbar IMU profile, pure."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sensor.profiles import lumbar_wire as wire
from sensor.sample import ImuBatch

ACC_MS2_PER_LSB = 0.0011964113  # LSM6DS3TR-C at ±4 g
GYRO_RADS_PER_LSB = 0.00030543262  # and at ±500 degrees per second
TICK_HZ = 32768
FIRST_TICK = 65536
BATTERY_FULL_MV = 4100
TEMPERATURE_CDEG = 3100


@dataclass(frozen=True, slots=True)
class Stored:
    """A run of consecutive samples in the strap's memory, as raw counts."""

    seq: int
    tick: int
    ticks_per_sample: float
    records: np.ndarray[tuple[int, int], np.dtype[np.int16]]

    def __len__(self) -> int:
        return int(self.records.shape[0])

    def part(self, first: int, count: int) -> Stored:
        """Return `count` samples from the `first`-th on."""
        return replace(
            self,
            seq=self.seq + first,
            tick=self.tick + round(first * self.ticks_per_sample),
            records=self.records[first : first + count],
        )

    def packet(self, *, overrun: bool = False, backfill: bool = False) -> bytes:
        """Return the notification that carries these samples."""
        header = wire.Header(
            kind=wire.Kind.ACC_GYRO if self.records.shape[1] == 6 else wire.Kind.ACC,
            count=len(self),
            seq=self.seq,
            tick=self.tick,
            overrun=overrun,
            backfill=backfill,
        )
        full_seq = struct.pack("<I", self.seq & 0xFFFFFFFF) if backfill else b""
        return header.pack() + full_seq + self.records.astype("<i2").tobytes()


class StrapFirmware:
    """Keeps the strap's configuration, its sample counter, its clock and its ring buffer.

    Args:
        rate_hz: the rate at which samples are pushed.
        ring_s: seconds of samples that the strap can keep; 0 for a strap without a buffer.
    """

    def __init__(self, *, rate_hz: float, ring_s: int = 600, has_gyro: bool = True) -> None:
        caps = wire.Capability.HAPTIC
        caps |= wire.Capability.GYRO if has_gyro else wire.Capability(0)
        caps |= wire.Capability.RING_BUFFER if ring_s else wire.Capability(0)
        self.info = wire.Info(caps, ACC_MS2_PER_LSB, GYRO_RADS_PER_LSB, TICK_HZ, 416, ring_s)
        self.config = wire.Config(round(rate_hz), 4, 500)
        self.rate_hz = rate_hz
        self.battery_percent = 87
        self.streaming = False
        self.buzzes = 0
        self._mtu = 23
        self._ring: deque[Stored] = deque()
        self._ring_samples = 0
        self._next_seq = 0
        self._first_s: float | None = None
        self._next_s: float | None = None
        self._backfill: deque[Stored] = deque()
        self._overrun = False

    def connected(self, mtu: int) -> None:
        """Take note of a central and the MTU agreed with it."""
        self._mtu = mtu

    def disconnected(self) -> None:
        """Stop sending; sampling goes on into the ring."""
        self.streaming = False
        self._backfill.clear()

    def write_config(self, data: bytes) -> None:
        """Take a configuration, rounded to what this strap can do."""
        asked = wire.Config.unpack(data)
        kind = asked.kind if asked.kind in (wire.Kind.ACC_GYRO, wire.Kind.ACC) else 0
        self.config = replace(
            asked, rate_hz=round(self.rate_hz), acc_range_g=4, gyro_range_dps=500, kind=kind
        )

    def status(self) -> bytes:
        """Return the Status value."""
        return wire.pack_status(
            dropped=0,
            battery_mv=BATTERY_FULL_MV,
            temperature_cdeg=TEMPERATURE_CDEG,
            newest_seq=self._next_seq - 1,
        )

    def control(self, data: bytes) -> bytes:
        """Carry out a Control operation and return its indication."""
        op = data[0] if data else 0
        match op:
            case wire.Op.START:
                return self._start()
            case wire.Op.STOP:
                self.streaming = False
                return _reply(op, wire.Status.OK)
            case wire.Op.BACKFILL:
                return _reply(op, self._ask_backfill(data))
            case wire.Op.HAPTIC | wire.Op.IDENTIFY:
                self.buzzes += 1
                return _reply(op, wire.Status.OK)
            case wire.Op.SET_TIME:
                return _reply(op, wire.Status.OK)
            case _:
                return _reply(op, wire.Status.UNKNOWN_OP)

    def sample(self, batch: ImuBatch) -> list[bytes]:
        """Take samples from the sensor chip; return the packets to send now."""
        stored = self._store(batch)
        if not self.streaming:
            return []
        most = self._per_packet()
        packets: list[bytes] = []
        for first in range(0, len(stored), most):
            packets.append(stored.part(first, most).packet(overrun=self._overrun))
            self._overrun = False
        return packets

    def backfill_packets(self, count: int) -> list[bytes]:
        """Return up to `count` packets of what was asked from the ring."""
        packets: list[bytes] = []
        while self._backfill and len(packets) < count:
            packets.append(self._backfill.popleft().packet(backfill=True))
        return packets

    def skip(self, samples: int) -> None:
        """Let the counter run over samples that nobody took (the strap lay on its charger)."""
        self._next_seq += samples

    def _start(self) -> bytes:
        if self.streaming:
            return wire.start_reply(wire.Status.ALREADY_STREAMING)
        if self._per_packet() == 0:
            return wire.start_reply(wire.Status.PACKET_TOO_LONG)
        self.streaming = True
        return wire.start_reply(wire.Status.OK, self._next_seq, 0)

    def _per_packet(self, *, backfill: bool = False) -> int:
        most = wire.samples_per_packet(self._mtu, wire.Kind(self.config.kind), backfill=backfill)
        return min(most, self.config.max_samples or most)

    def _store(self, batch: ImuBatch) -> Stored:
        if self._first_s is None:
            self._first_s = float(batch.t[0])
        if self._next_s is not None:
            self._next_seq += max(0, round((float(batch.t[0]) - self._next_s) * self.rate_hz))
        self._next_s = float(batch.t[-1]) + 1 / self.rate_hz
        stored = Stored(
            seq=self._next_seq,
            tick=FIRST_TICK + round((float(batch.t[0]) - self._first_s) * TICK_HZ),
            ticks_per_sample=TICK_HZ / self.rate_hz,
            records=self._counts(batch),
        )
        self._next_seq += len(stored)
        self._remember(stored)
        return stored

    def _counts(self, batch: ImuBatch) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
        columns = [batch.acc / ACC_MS2_PER_LSB]
        if self.config.kind == wire.Kind.ACC_GYRO:
            gyro = np.zeros_like(batch.acc) if batch.gyro is None else batch.gyro
            columns.append(gyro / GYRO_RADS_PER_LSB)
        return np.clip(np.rint(np.hstack(columns)), -32768, 32767).astype(np.int16)

    def _remember(self, stored: Stored) -> None:
        if not self.info.ring_seconds:
            return
        self._ring.append(stored)
        self._ring_samples += len(stored)
        while self._ring_samples > self.info.ring_seconds * self.rate_hz:
            self._ring_samples -= len(self._ring.popleft())

    def _ask_backfill(self, data: bytes) -> int:
        try:
            first, count = wire.parse_backfill_request(data)
        except struct.error:
            return wire.Status.BAD_ARGUMENT
        found = list(self._slices(first, first + count))
        if not found:
            return wire.Status.NOT_BUFFERED
        self._backfill.extend(found)
        return wire.Status.OK

    def _slices(self, first: int, end: int) -> Iterator[Stored]:
        most = max(1, self._per_packet(backfill=True))
        for stored in self._ring:
            low = max(first, stored.seq) - stored.seq
            high = min(end, stored.seq + len(stored)) - stored.seq
            for start in range(low, high, most):
                yield stored.part(start, min(most, high - start))


def _reply(op: int, status: int) -> bytes:
    return bytes((wire.REPLY_BIT | op, status))
