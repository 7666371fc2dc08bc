"""Imitations of the straps that hardly talk: WitMotion, Thingy:52 and Movella DOT."""

from __future__ import annotations

import struct
from typing import ClassVar

import numpy as np

from sensor.gatt import Char
from sensor.sample import STANDARD_GRAVITY_MS2, ImuBatch
from sensor.virtual.imitation import Access, DeviceClock, Packet, counts, rotation

_SIG = "0000-1000-8000-00805f9b34fb"
_BATTERY = Char(f"0000180f-{_SIG}", f"00002a19-{_SIG}")
_READ, _NOTIFY, _WRITE = Access.READ, Access.NOTIFY, Access.WRITE


class WitMotionImitation:
    """A WT901BLE68: frames of 20 bytes, several glued into one notification."""

    _SERVICE = "0000ffe5-0000-1000-8000-00805f9a34fb"
    _DATA = Char(_SERVICE, "0000ffe4-0000-1000-8000-00805f9a34fb")
    _COMMAND = Char(_SERVICE, "0000ffe9-0000-1000-8000-00805f9a34fb")
    _RATES: ClassVar[dict[int, float]] = {0x06: 10.0, 0x07: 20.0, 0x08: 50.0, 0x09: 100.0}

    name = "WT901BLE68"
    services = (_SERVICE,)
    company_id = None

    def __init__(self, *, glued: int = 5, centivolts: int = 389) -> None:
        self.chars = {self._DATA: _NOTIFY, self._COMMAND: _WRITE}
        self.rate_hz = 50.0
        self.asked_hz = 10.0
        self._glued = glued
        self._centivolts = centivolts

    def read(self, char: Char) -> bytes:
        """Return nothing: it has nothing to read."""
        return b""

    def write(self, char: Char, data: bytes) -> list[Packet]:
        """Set the rate, or answer a question for registers."""
        match data[:3]:
            case b"\xff\xaa\x03":
                self.asked_hz = self._RATES[data[3]]
            case b"\xff\xaa\x27":
                registers = struct.pack("<8h", self._centivolts, *[0] * 7)
                return [(self._DATA, b"\x55\x71" + data[3:5] + registers)]
        return []

    def sample(self, batch: ImuBatch) -> list[Packet]:
        """Return the frames of a batch."""
        acc = counts(batch.acc / STANDARD_GRAVITY_MS2, 2048)
        gyro = counts(rotation(batch), 32768 / 2000)
        angles = np.zeros_like(acc)
        rows = np.hstack([acc, gyro, angles]).astype("<i2")
        frames = [b"\x55\x61" + row.tobytes() for row in rows]
        return [
            (self._DATA, b"".join(frames[i : i + self._glued]))
            for i in range(0, len(frames), self._glued)
        ]

    def disconnected(self) -> None:
        """Forget nothing."""


class ThingyImitation:
    """A Thingy:52: one sample per notification, its rate in its configuration."""

    _MOTION = "ef680400-9b35-4933-9b10-52ffa9740042"
    _CONFIG = Char(_MOTION, "ef680401-9b35-4933-9b10-52ffa9740042")
    _RAW = Char(_MOTION, "ef680406-9b35-4933-9b10-52ffa9740042")

    name = "Thingy"
    services = ("ef680100-9b35-4933-9b10-52ffa9740042",)
    company_id = None

    def __init__(self) -> None:
        self.chars = {self._CONFIG: _READ | _WRITE, self._RAW: _NOTIFY, _BATTERY: _READ}
        self.rate_hz = 50.0
        self._config = bytes.fromhex("e803f401f4010a0001")

    def read(self, char: Char) -> bytes:
        """Return the configuration or the charge."""
        return self._config if char == self._CONFIG else bytes([87])

    def write(self, char: Char, data: bytes) -> list[Packet]:
        """Take a configuration."""
        self._config = data
        return []

    def sample(self, batch: ImuBatch) -> list[Packet]:
        """Return one notification per sample."""
        acc = counts(batch.acc / STANDARD_GRAVITY_MS2, 1024)
        gyro = counts(rotation(batch), 32)
        rows = np.hstack([acc, gyro, np.zeros_like(acc)]).astype("<i2")
        return [(self._RAW, row.tobytes()) for row in rows]

    def disconnected(self) -> None:
        """Forget nothing: the configuration is in its flash."""


class DotImitation:
    """A Movella DOT at 60 Hz: floats, and a clock of 2³² µs that wraps soon."""

    _BASE = "1517{:04x}-4947-11e9-8646-d663bd873d93"
    _CONTROL = Char(_BASE.format(0x1000), _BASE.format(0x1002))
    _MEASURE = Char(_BASE.format(0x2000), _BASE.format(0x2001))
    _LONG = Char(_BASE.format(0x2000), _BASE.format(0x2002))
    _MEDIUM = Char(_BASE.format(0x2000), _BASE.format(0x2003))
    _CHARGE = Char(_BASE.format(0x3000), _BASE.format(0x3001))

    name = "Movella DOT"
    services = ()
    company_id = 0x0886

    def __init__(self) -> None:
        self.chars = {
            self._CONTROL: _READ | _WRITE,
            self._MEASURE: _READ | _WRITE,
            self._LONG: _NOTIFY,
            self._MEDIUM: _NOTIFY,
            self._CHARGE: _READ,
        }
        self.rate_hz = 60.0
        self._control = bytearray(32)
        self._mode = 0
        self._clock = DeviceClock(1e-6, bits=32, first=2**32 - 5_000_000)

    def read(self, char: Char) -> bytes:
        """Return its settings, its measurement state or its charge."""
        if char == self._CHARGE:
            return bytes([64, 0])
        return bytes(self._control) if char == self._CONTROL else bytes([1, 0, self._mode])

    def write(self, char: Char, data: bytes) -> list[Packet]:
        """Take the masked settings, or start and stop."""
        if char == self._CONTROL:
            if data[0] & 0x10:
                self._control[24:26] = data[24:26]
        elif data[0] == 1:
            self._mode = data[2] if data[1] else 0
        return []

    def sample(self, batch: ImuBatch) -> list[Packet]:
        """Return one notification per sample, in the layout of the mode."""
        if self._mode not in (26, 21):
            return []
        char, size = (self._LONG, 63) if self._mode == 26 else (self._MEDIUM, 40)
        pose = struct.pack("<4f", 1, 0, 0, 0) if self._mode == 26 else b""
        values = np.hstack([batch.acc, rotation(batch)]).astype("<f4")
        return [
            (char, (struct.pack("<I", tick) + pose + row.tobytes()).ljust(size, b"\0"))
            for tick, row in zip(self._clock.ticks(batch.t), values, strict=True)
        ]

    def disconnected(self) -> None:
        """Stop measuring."""
        self._mode = 0
