"""The bytes of the open Lumbar IMU profile, version 1, for both ends of the link.

The layouts are specified in docs/diy-strap.md; everything is little-endian.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from sensor.gatt import Char

PROTOCOL_VERSION = 1
DATA_VERSION_NIBBLE = 0x10
HEADER_BYTES = 8
BACKFILL_SEQ_BYTES = 4
ATT_OVERHEAD_BYTES = 3
MAX_SAMPLES_PER_PACKET = 42
MOST_BACKFILL_SAMPLES = 0xFFFF


def _uuid(short: int) -> str:
    return f"fe1a{short:04x}-d71f-4e7b-babf-b788e9efd2c9"


def _sig(short: int) -> str:
    return f"0000{short:04x}-0000-1000-8000-00805f9b34fb"


SERVICE = _uuid(0x0001)
INFO = Char(SERVICE, _uuid(0x0002))
CONFIG = Char(SERVICE, _uuid(0x0003))
DATA = Char(SERVICE, _uuid(0x0004))
CONTROL = Char(SERVICE, _uuid(0x0005))
BACKFILL = Char(SERVICE, _uuid(0x0006))
STATUS = Char(SERVICE, _uuid(0x0007))
BATTERY_LEVEL = Char(_sig(0x180F), _sig(0x2A19))
SERIAL_NUMBER = Char(_sig(0x180A), _sig(0x2A25))
FIRMWARE_REVISION = Char(_sig(0x180A), _sig(0x2A26))


class Capability(IntFlag):
    """What a strap can do, as in its Info value."""

    GYRO = 1
    QUATERNION = 2
    RING_BUFFER = 4
    HAPTIC = 8


class Kind(IntEnum):
    """What one record of a data packet holds; the value is on the wire."""

    ACC_GYRO = 0
    ACC = 1
    ACC_QUATERNION = 2

    @property
    def values(self) -> int:
        """Number of signed 16-bit values in a record."""
        return VALUES[self]

    @property
    def record_bytes(self) -> int:
        """Size of a record in bytes."""
        return 2 * self.values


VALUES = {int(Kind.ACC_GYRO): 6, int(Kind.ACC): 3, int(Kind.ACC_QUATERNION): 7}


class Op(IntEnum):
    """Operations of the Control characteristic."""

    START = 1
    STOP = 2
    SET_TIME = 3
    BACKFILL = 4
    HAPTIC = 5
    IDENTIFY = 6


REPLY_BIT = 0x80


class Status(IntEnum):
    """Outcome of a Control operation, second byte of its indication."""

    OK = 0
    UNKNOWN_OP = 1
    BAD_ARGUMENT = 2
    ALREADY_STREAMING = 3
    BUSY = 4
    NOT_BUFFERED = 5
    PACKET_TOO_LONG = 6


class PacketFlag(IntFlag):
    """Flags in the second byte of a data packet, beside the sample count in its low six bits."""

    COUNT_MASK = 0x3F
    OVERRUN = 0x40
    BACKFILL = 0x80


# Flags of enum compare slowly, and every notification has a header.
_COUNT_MASK = int(PacketFlag.COUNT_MASK)
_OVERRUN = int(PacketFlag.OVERRUN)
_BACKFILL = int(PacketFlag.BACKFILL)

_INFO = struct.Struct("<BBHffIHH")
_CONFIG = struct.Struct("<HBHBBB")
_HEADER = struct.Struct("<BBHI")
_STATUS = struct.Struct("<IHhI")
_BACKFILL_REQUEST = struct.Struct("<BIH")
_START_REPLY = struct.Struct("<BBII")


@dataclass(frozen=True, slots=True)
class Info:
    """What a strap is, as read from its Info characteristic.

    Attributes:
        acc_ms2_per_lsb: m/s² per count at the configured range.
        gyro_rads_per_lsb: rad/s per count at the configured range.
        tick_hz: ticks of the strap's clock per second.
        max_hz: highest sampling rate.
        ring_seconds: how much the strap can buffer; 0 for none.
    """

    caps: Capability
    acc_ms2_per_lsb: float
    gyro_rads_per_lsb: float
    tick_hz: int
    max_hz: int
    ring_seconds: int
    version: int = PROTOCOL_VERSION
    header_bytes: int = HEADER_BYTES

    @property
    def makes_sense(self) -> bool:
        """Whether samples can be given units and times with it."""
        scales = (self.acc_ms2_per_lsb, self.gyro_rads_per_lsb)
        return self.tick_hz > 0 and self.acc_ms2_per_lsb > 0 and all(map(math.isfinite, scales))

    def pack(self) -> bytes:
        """Return the 20 bytes of the Info value."""
        return _INFO.pack(
            self.version,
            self.header_bytes,
            self.caps,
            self.acc_ms2_per_lsb,
            self.gyro_rads_per_lsb,
            self.tick_hz,
            self.max_hz,
            self.ring_seconds,
        )

    @classmethod
    def unpack(cls, data: bytes) -> Info:
        """Read an Info value; later versions may append to it. Raises struct.error when short."""
        version, header, caps, acc, gyro, tick_hz, max_hz, ring = _INFO.unpack_from(data)
        return cls(Capability(caps & 0x0F), acc, gyro, tick_hz, max_hz, ring, version, header)


@dataclass(frozen=True, slots=True)
class Config:
    """How a strap streams; written by the host, rounded and read back from the strap."""

    rate_hz: int
    acc_range_g: int
    gyro_range_dps: int
    kind: int = Kind.ACC_GYRO
    max_samples: int = 0

    def pack(self) -> bytes:
        """Return the 8 bytes of the Config value."""
        return _CONFIG.pack(
            self.rate_hz, self.acc_range_g, self.gyro_range_dps, self.kind, self.max_samples, 0
        )

    @classmethod
    def unpack(cls, data: bytes) -> Config:
        """Read a Config value. Raises struct.error when it is short."""
        rate, acc, gyro, kind, most, _ = _CONFIG.unpack_from(data)
        return cls(rate, acc, gyro, kind, most)


@dataclass(slots=True)  # not frozen: that makes it twice as slow, for every notification
class Header:
    """The header of a data packet.

    Attributes:
        seq: index of the first sample, modulo 2^16.
        tick: the strap's clock at the first sample, modulo 2^32.
    """

    kind: int
    count: int
    seq: int
    tick: int
    overrun: bool = False
    backfill: bool = False

    def pack(self) -> bytes:
        """Return the 8 bytes of the header."""
        flags = (PacketFlag.OVERRUN if self.overrun else 0) | (
            PacketFlag.BACKFILL if self.backfill else 0
        )
        return _HEADER.pack(
            DATA_VERSION_NIBBLE | self.kind,
            self.count | flags,
            self.seq & 0xFFFF,
            self.tick & 0xFFFFFFFF,
        )

    @classmethod
    def unpack(cls, data: bytes) -> Header:
        """Read a header. Raises struct.error when it is short."""
        first, second, seq, tick = _HEADER.unpack_from(data)
        kind = first & 0x0F if first & 0xF0 == DATA_VERSION_NIBBLE else -1
        overrun, backfill = second & _OVERRUN != 0, second & _BACKFILL != 0
        return cls(kind, second & _COUNT_MASK, seq, tick, overrun, backfill)


def pack_status(*, dropped: int, battery_mv: int, temperature_cdeg: int, newest_seq: int) -> bytes:
    """Return the 12 bytes of the Status value."""
    return _STATUS.pack(dropped, battery_mv, temperature_cdeg, newest_seq & 0xFFFFFFFF)


def backfill_request(first_seq: int, count: int) -> bytes:
    """Return the Control value that asks for `count` samples from `first_seq`."""
    return _BACKFILL_REQUEST.pack(Op.BACKFILL, first_seq & 0xFFFFFFFF, count)


def parse_backfill_request(data: bytes) -> tuple[int, int]:
    """Return the first sample's 32-bit index and the count that a request asks for."""
    _, first, count = _BACKFILL_REQUEST.unpack_from(data)
    return first, count


def start_reply(status: int, seq0: int = 0, tick0: int = 0) -> bytes:
    """Return the indication that answers a start."""
    return _START_REPLY.pack(REPLY_BIT | Op.START, status, seq0 & 0xFFFFFFFF, tick0 & 0xFFFFFFFF)


def parse_start_reply(data: bytes) -> tuple[int, int] | None:
    """Return seq0 and tick0 of a start's reply, or None when the strap left them out."""
    if len(data) < _START_REPLY.size:
        return None
    _, _, seq0, tick0 = _START_REPLY.unpack_from(data)
    return seq0, tick0


def samples_per_packet(mtu: int, kind: Kind, *, backfill: bool = False) -> int:
    """Return how many samples one notification can carry at an MTU; 0 when not even one."""
    room = mtu - ATT_OVERHEAD_BYTES - HEADER_BYTES - (BACKFILL_SEQ_BYTES if backfill else 0)
    return max(0, min(MAX_SAMPLES_PER_PACKET, room // kind.record_bytes))
