"""Imitations of the straps that are asked before they stream: Movesense and MetaMotion."""

from __future__ import annotations

import struct

import numpy as np

from sensor.gatt import Char
from sensor.sample import STANDARD_GRAVITY_MS2, ImuBatch
from sensor.virtual.imitation import Access, DeviceClock, Packet, counts, rotation


class MovesenseImitation:
    """A Movesense with the GSP service at 52 Hz: four samples to a packet, perhaps in two parts.

    Args:
        longest: bytes that one notification may have; a longer packet goes out in two.
    """

    _SERVICE = "34802252-7185-4d5d-b431-630e7050e8f0"
    _COMMAND = Char(_SERVICE, "34800001-7185-4d5d-b431-630e7050e8f0")
    _DATA = Char(_SERVICE, "34800002-7185-4d5d-b431-630e7050e8f0")
    _PATHS = ("Meas/IMU6/52", "/Meas/IMU6/52")

    name = "Movesense 174630000192"
    services = (_SERVICE,)
    company_id = None

    def __init__(self, *, longest: int = 244) -> None:
        self.chars = {self._COMMAND: Access.WRITE, self._DATA: Access.NOTIFY}
        self.rate_hz = 52.0
        self._longest = longest
        self._reference: int | None = None
        self._waiting: list[tuple[int, bytes, bytes]] = []
        self._clock = DeviceClock(0.001, bits=32, first=2**32 - 4000)

    def read(self, char: Char) -> bytes:
        """Return nothing: it has nothing to read."""
        return b""

    def write(self, char: Char, data: bytes) -> list[Packet]:
        """Answer a command with its reference and a status."""
        operation, reference = data[0], data[1]
        return [(self._DATA, bytes([1, reference]) + self._answer(operation, reference, data[2:]))]

    def sample(self, batch: ImuBatch) -> list[Packet]:
        """Return the packets that the samples complete."""
        if self._reference is None:
            return []
        acc, gyro = batch.acc.astype("<f4"), rotation(batch).astype("<f4")
        for i, tick in enumerate(self._clock.ticks(batch.t)):
            self._waiting.append((tick, acc[i].tobytes(), gyro[i].tobytes()))
        packets: list[Packet] = []
        while len(self._waiting) >= 4:
            packed, self._waiting = self._waiting[:4], self._waiting[4:]
            body = struct.pack("<I", packed[0][0])
            body += b"".join(row[1] for row in packed) + b"".join(row[2] for row in packed)
            packets += self._parts(body, self._reference)
        return packets

    def disconnected(self) -> None:
        """Drop the subscription."""
        self._reference = None
        self._waiting.clear()

    def _answer(self, operation: int, reference: int, data: bytes) -> bytes:
        if operation == 0:
            return b"\x01174630000192\0Movesense\x000C:8C\0gatt_sensordata_app\x001.2.0\0"
        if operation == 4:
            return struct.pack("<HB", 200, 91)
        if operation == 1 and data.decode() not in self._PATHS:
            return struct.pack("<H", 501)
        if operation == 1 and self._reference is not None:
            return struct.pack("<H", 409)
        self._reference = reference if operation == 1 else None
        self._waiting.clear()
        return struct.pack("<H", 200)

    def _parts(self, body: bytes, reference: int) -> list[Packet]:
        room = self._longest - 2
        parts = [(self._DATA, bytes([2, reference]) + body[:room])]
        if body[room:]:
            parts.append((self._DATA, bytes([3, reference]) + body[room:]))
        return parts


class MetaMotionImitation:
    """A MetaMotion S: packed streams of three samples that are enabled one by one."""

    _SERVICE = "326a9000-85cb-9195-d9dd-464cfbbae75a"
    _COMMAND = Char(_SERVICE, "326a9001-85cb-9195-d9dd-464cfbbae75a")
    _NOTIFY = Char(_SERVICE, "326a9006-85cb-9195-d9dd-464cfbbae75a")

    name = "MetaWear"
    services = (_SERVICE,)
    company_id = None

    def __init__(self) -> None:
        self.chars = {self._COMMAND: Access.WRITE, self._NOTIFY: Access.NOTIFY}
        self.rate_hz = 50.0
        self.registers: dict[tuple[int, int], bytes] = {}
        self._waiting: dict[int, list[bytes]] = {0x03: [], 0x13: []}

    def read(self, char: Char) -> bytes:
        """Return nothing: it has nothing to read."""
        return b""

    def write(self, char: Char, data: bytes) -> list[Packet]:
        """Answer a question, or take a register."""
        answers = {
            b"\x03\x80": b"\x03\x80\x04\x00",
            b"\x13\x80": b"\x13\x80\x01\x00",
            b"\x11\x8c": b"\x11\x8c" + struct.pack("<BH", 72, 4012),
        }
        if data[:2] in answers:
            return [(self._NOTIFY, answers[data[:2]])]
        self.registers[data[0], data[1]] = data[2:]
        return []

    def sample(self, batch: ImuBatch) -> list[Packet]:
        """Return the packets of the streams that run."""
        acc_range, gyro_range = self._range(0x03, 1), self._range(0x13, 2)
        acc = counts(batch.acc / STANDARD_GRAVITY_MS2, 16384 / 2**acc_range)
        gyro = counts(rotation(batch), 16.4 * 2**gyro_range)
        return self._packed(0x03, acc) + self._packed(0x13, gyro)

    def disconnected(self) -> None:
        """Stop the streams."""
        self.registers.clear()

    def _range(self, module: int, default: int) -> int:
        config = self.registers.get((module, 0x03), b"")
        return config[1] if len(config) > 1 else default

    def _running(self, module: int) -> bool:
        asked = ((0x05, b"\x01"), (0x02, b"\x01\x00"), (0x01, b"\x01"))
        return all(self.registers.get((module, register)) == value for register, value in asked)

    def _packed(self, module: int, values: np.ndarray) -> list[Packet]:
        waiting = self._waiting[module]
        if not self._running(module):
            waiting.clear()
            return []
        waiting += [row.tobytes() for row in values]
        packets: list[Packet] = []
        while len(waiting) >= 3:
            packets.append((self._NOTIFY, bytes([module, 0x05]) + b"".join(waiting[:3])))
            del waiting[:3]
        return packets
