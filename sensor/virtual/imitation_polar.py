"""An imitation of Polar's straps: settings, delta-compressed frames, two streams on one clock."""

from __future__ import annotations

import struct
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sensor.gatt import Char
from sensor.sample import STANDARD_GRAVITY_MS2, ImuBatch
from sensor.virtual.imitation import Access, DeviceClock, Packet, counts, rotation

_SIG = "0000-1000-8000-00805f9b34fb"
_BATTERY = Char(f"0000180f-{_SIG}", f"00002a19-{_SIG}")
_SERIAL = Char(f"0000180a-{_SIG}", f"00002a25-{_SIG}")
_ACC, _GYRO = 2, 5
_PER_FRAME = 20
_FULL_GYRO_DPS = 2000
_FULL_ACC_G = 8


class _Polar:
    _SERVICE = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
    _CONTROL = Char(_SERVICE, "fb005c81-02e7-f387-1cad-8acd2d8df0c8")
    _DATA = Char(_SERVICE, "fb005c82-02e7-f387-1cad-8acd2d8df0c8")

    name = "Polar"
    services = ()  # it advertises its name and a number of its maker's
    company_id = None
    _offers: ClassVar[dict[int, str]] = {}
    _start_extras: ClassVar[dict[int, bytes]] = {}

    def __init__(self) -> None:
        self.chars = {
            self._CONTROL: Access.READ | Access.WRITE | Access.INDICATE,
            self._DATA: Access.NOTIFY,
            _BATTERY: Access.READ,
            _SERIAL: Access.READ,
        }
        self.rate_hz = 52.0
        self.running: set[int] = set()
        self._clock = DeviceClock(1e-9, bits=64, first=599_616_000 * 10**9)
        self._waiting: dict[int, list[tuple[int, NDArray[np.int16]]]] = {}

    def read(self, char: Char) -> bytes:
        """Return the charge, the serial or the features."""
        return {_BATTERY: bytes([78]), _SERIAL: b"0A1B2C3D"}.get(char, b"\x0f\x24")

    def write(self, char: Char, data: bytes) -> list[Packet]:
        """Answer a command of the control point."""
        operation, measurement = data[0], data[1]
        status, extra = 0, b""
        if measurement not in self._offers:
            status = 3
        elif operation == 1:
            extra = bytes.fromhex(self._offers[measurement])
        elif operation == 2 and measurement in self.running:
            status = 6
        elif operation == 2:
            self.running.add(measurement)
            extra = self._start_extras.get(measurement, b"")
        else:
            self.running.discard(measurement)
            self._waiting.pop(measurement, None)
        return [(self._CONTROL, bytes([0xF0, operation, measurement, status, 0]) + extra)]

    def sample(self, batch: ImuBatch) -> list[Packet]:
        """Return the frames that the samples complete."""
        ticks = self._clock.ticks(batch.t)
        return [
            (self._DATA, self._frame(measurement, done))
            for measurement in sorted(self.running)
            for done in self._complete(measurement, ticks, self._counts(measurement, batch))
        ]

    def disconnected(self) -> None:
        """Go on streaming to nobody, as the H10 does."""

    def _complete(
        self, measurement: int, ticks: list[int], rows: NDArray[np.int16]
    ) -> list[list[tuple[int, NDArray[np.int16]]]]:
        waiting = self._waiting.setdefault(measurement, [])
        waiting += zip(ticks, rows, strict=True)
        done = []
        while len(waiting) >= _PER_FRAME:
            done.append(waiting[:_PER_FRAME])
            del waiting[:_PER_FRAME]
        return done

    def _counts(self, measurement: int, batch: ImuBatch) -> NDArray[np.int16]:
        raise NotImplementedError

    def _frame(self, measurement: int, rows: list[tuple[int, NDArray[np.int16]]]) -> bytes:
        raise NotImplementedError


class VeritySenseImitation(_Polar):
    """A Verity Sense: both streams compressed, the accelerometer scaled by a factor to g."""

    name = "Polar Sense 0A1B2C3D"
    _offers: ClassVar[dict[int, str]] = {
        _ACC: "000134000101100002010800040103",
        _GYRO: "00013400010110000201d007040103",
    }
    _start_extras: ClassVar[dict[int, bytes]] = {
        _ACC: b"\x05\x01" + struct.pack("<f", _FULL_ACC_G / 32768),
        _GYRO: b"\x05\x01" + struct.pack("<f", _FULL_GYRO_DPS / 32768),
    }

    def _counts(self, measurement: int, batch: ImuBatch) -> NDArray[np.int16]:
        if measurement == _ACC:
            return counts(batch.acc / STANDARD_GRAVITY_MS2, 32768 / _FULL_ACC_G)
        return counts(rotation(batch), 32768 / _FULL_GYRO_DPS)

    def _frame(self, measurement: int, rows: list[tuple[int, NDArray[np.int16]]]) -> bytes:
        values = np.array([row for _, row in rows], dtype=np.int64)
        header = struct.pack("<BQB", measurement, rows[-1][0], 0x80)
        half = len(values) // 2
        content: bytes = values[0].astype("<i2").tobytes()
        for block in (np.diff(values[: half + 1], axis=0), np.diff(values[half:], axis=0)):
            content += _packed(block)
        return header + content


class H10Imitation(_Polar):
    """An H10 at 50 Hz: raw accelerations in thousandths of g, no gyroscope."""

    name = "Polar H10 0A1B2C3D"
    _offers: ClassVar[dict[int, str]] = {_ACC: "0004190032006400c80001011000" + "0203020004000800"}

    def __init__(self) -> None:
        super().__init__()
        self.rate_hz = 50.0

    def _counts(self, measurement: int, batch: ImuBatch) -> NDArray[np.int16]:
        return counts(batch.acc / STANDARD_GRAVITY_MS2, 1000)

    def _frame(self, measurement: int, rows: list[tuple[int, NDArray[np.int16]]]) -> bytes:
        header = struct.pack("<BQB", measurement, rows[-1][0], 0x01)
        return header + b"".join(row.astype("<i2").tobytes() for _, row in rows)


def _packed(deltas: NDArray[np.int64]) -> bytes:
    """Return one block: width, count, and the fields from the least significant bit on."""
    most = int(max(deltas.max(), -deltas.min() - 1, 1))
    bits = most.bit_length() + 1
    number = 0
    for i, value in enumerate(deltas.ravel().tolist()):
        number |= (value % (1 << bits)) << (i * bits)
    return bytes([bits, len(deltas)]) + number.to_bytes((bits * deltas.size + 7) // 8, "little")
