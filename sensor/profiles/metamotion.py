"""MbientLab MetaMotion S, RL and R (MetaWear), both chip variants, packed raw streams.

Acceleration and rate are separate streams without time stamps, three samples to a notification.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from sensor.errors import SetupRefusedError
from sensor.gatt import (
    Advertisement,
    Char,
    ClockSpec,
    DecodeCounts,
    Gatt,
    RawBatch,
    StreamInfo,
    StreamWant,
)
from sensor.profiles.exchange import Exchange
from sensor.profiles.standard import FIRMWARE_REVISION, SERIAL_NUMBER, answered, read_text
from sensor.profiles.units import DPS_RADS, plausible
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

SERVICE = "326a9000-85cb-9195-d9dd-464cfbbae75a"
COMMAND = Char(SERVICE, "326a9001-85cb-9195-d9dd-464cfbbae75a")
NOTIFY = Char(SERVICE, "326a9006-85cb-9195-d9dd-464cfbbae75a")

ACC, GYRO, PROCESSOR, SETTINGS = 0x03, 0x13, 0x09, 0x11
_READ = 0x80
_BATTERY_REPLY = bytes([SETTINGS, 0x8C])
_PROCESSOR_DATA = 0x03

RATE_CODES = {25: 6, 50: 7, 100: 8, 200: 9}
ACC_RANGES_G = (2, 4, 8, 16)
ACC_LSB_PER_G = {2: 16384, 4: 8192, 8: 4096, 16: 2048}
GYRO_RANGES_DPS = (2000, 1000, 500, 250, 125)
GYRO_LSB_PER_DPS = {2000: 16.4, 1000: 32.8, 500: 65.6, 250: 131.2, 125: 262.4}
ACCOUNTER_TICK_S = 48 / 32768
"""Unit of the on-board time that an accounter adds to a sample."""


class Chip(IntEnum):
    """The inertial chip, as its accelerometer module calls its implementation."""

    BMI160 = 1
    BMI270 = 4


_ACC_RANGE_CODES = {
    Chip.BMI160: dict(zip(ACC_RANGES_G, (0x3, 0x5, 0x8, 0xC), strict=True)),
    Chip.BMI270: dict(zip(ACC_RANGES_G, (0, 1, 2, 3), strict=True)),
}
_ACC_FILTER = {Chip.BMI160: 0x20, Chip.BMI270: 0xA0}


@dataclass(frozen=True, slots=True)
class Registers:
    """Where a chip variant sends its data: `13 05` is packed on one and single on the other."""

    acc_single: int
    acc_packed: int
    gyro_single: int
    gyro_packed: int


REGISTERS = {
    Chip.BMI160: Registers(0x04, 0x1C, 0x05, 0x07),
    Chip.BMI270: Registers(0x04, 0x05, 0x04, 0x05),
}


@dataclass(frozen=True, slots=True)
class Ranges:
    """What was agreed: the rate and the full scales."""

    rate_hz: int = 50
    acc_g: int = 4
    gyro_dps: int = 500


def ranges_for(want: StreamWant) -> Ranges:
    """Return the smallest rate and full scales that suffice, or the largest there are."""

    def enough(offered: list[int], wanted: float) -> int:
        return min((value for value in offered if value >= wanted), default=max(offered))

    return Ranges(
        enough(list(RATE_CODES), want.rate_hz),
        enough(list(ACC_RANGES_G), want.acc_range_g),
        enough(list(GYRO_RANGES_DPS), want.gyro_range_dps),
    )


def config_commands(chip: Chip, ranges: Ranges) -> list[bytes]:
    """Return the commands that set rate and ranges of both sensors."""
    code = RATE_CODES[ranges.rate_hz]
    acc_range = _ACC_RANGE_CODES[chip][ranges.acc_g]
    gyro_range = GYRO_RANGES_DPS.index(ranges.gyro_dps)
    return [
        bytes([ACC, 0x03, code | _ACC_FILTER[chip], acc_range]),
        bytes([GYRO, 0x03, code | 0x20, gyro_range]),
    ]


def start_commands(chip: Chip) -> list[bytes]:
    """Return the commands that subscribe the packed streams, enable the sensors and let them go."""
    registers = REGISTERS[chip]
    return [
        bytes([ACC, registers.acc_packed, 1]),
        bytes([GYRO, registers.gyro_packed, 1]),
        bytes([ACC, 0x02, 1, 0]),
        bytes([GYRO, 0x02, 1, 0]),
        bytes([ACC, 0x01, 1]),
        bytes([GYRO, 0x01, 1]),
    ]


def stop_commands(chip: Chip) -> list[bytes]:
    """Return the commands that undo `start_commands`."""
    registers = REGISTERS[chip]
    return [
        bytes([ACC, 0x01, 0]),
        bytes([GYRO, 0x01, 0]),
        bytes([ACC, 0x02, 0, 1]),
        bytes([GYRO, 0x02, 0, 1]),
        bytes([ACC, registers.acc_packed, 0]),
        bytes([GYRO, registers.gyro_packed, 0]),
    ]


class MetaMotionDecoder:
    """Reads single and packed frames of one chip variant, and accounted single frames.

    Args:
        chip: the variant; the same register means different things on the two.
        ranges: the agreed full scales.
        accounters: module (ACC or GYRO) of each accounter's number, where any were made.
    """

    def __init__(
        self, chip: Chip, ranges: Ranges, *, accounters: dict[int, int] | None = None
    ) -> None:
        self.counts = DecodeCounts()
        registers = REGISTERS[chip]
        self._samples = {
            (ACC, registers.acc_single): 1,
            (ACC, registers.acc_packed): 3,
            (GYRO, registers.gyro_single): 1,
            (GYRO, registers.gyro_packed): 3,
        }
        self._acc_scale = STANDARD_GRAVITY_MS2 / ACC_LSB_PER_G[ranges.acc_g]
        self._gyro_scale = DPS_RADS / GYRO_LSB_PER_DPS[ranges.gyro_dps]
        self._accounters = accounters or {}

    def feed(self, char: Char, data: bytes, arrival_s: float) -> list[RawBatch]:
        """Return the batch of one notification: one stream, one or three samples."""
        if char != NOTIFY:
            return []
        self.counts.notifications += 1
        if data[:2] == bytes([PROCESSOR, _PROCESSOR_DATA]):
            return self._accounted(data, arrival_s)
        samples = self._samples.get((data[0], data[1])) if len(data) > 1 else None
        if samples is None:
            self.counts.skipped += 1
            return []
        if len(data) != 2 + 6 * samples:
            self.counts.corrupt += 1
            return []
        return self._batch(data[0], data[2:], None, arrival_s)

    def reset(self) -> None:
        """Forget nothing: every notification stands for itself."""

    def _accounted(self, data: bytes, arrival_s: float) -> list[RawBatch]:
        module = self._accounters.get(data[2]) if len(data) > 2 else None
        if module is None:
            self.counts.skipped += 1
            return []
        if len(data) != 13:
            self.counts.corrupt += 1
            return []
        ticks = np.array([float(struct.unpack_from("<I", data, 3)[0])])
        return self._batch(module, data[7:], ticks, arrival_s)

    def _batch(
        self, module: int, body: bytes, ticks: Floats | None, arrival_s: float
    ) -> list[RawBatch]:
        values = np.frombuffer(body, "<i2").astype(np.float64).reshape(-1, 3)
        acc = values * self._acc_scale if module == ACC else None
        gyro = values * self._gyro_scale if module == GYRO else None
        if not plausible(acc, gyro):
            self.counts.corrupt += 1
            return []
        return [RawBatch(acc, gyro, ticks=ticks, seq=None, seq_bits=0, arrival_s=arrival_s)]


class MetaMotion:
    """Profile of the MetaMotion straps."""

    key = "metamotion"
    title = "MbientLab MetaMotion S, RL, R"
    has_gyro = True
    has_clock = False
    streams = (NOTIFY,)
    writable = frozenset({COMMAND})

    def __init__(self) -> None:
        self._chip = Chip.BMI270
        self._battery_percent: int | None = None

    def match(self, adv: Advertisement) -> int:
        """Return 100 for the service, 30 for the name, else 0."""
        if SERVICE in adv.services:
            return 100
        return 30 if adv.name == "MetaWear" else 0

    async def setup(
        self, gatt: Gatt, want: StreamWant
    ) -> tuple[MetaMotionDecoder, ClockSpec, StreamInfo]:
        """Ask which chip it has, stop what a lost session left running, set rate and ranges."""
        exchange = Exchange(gatt, command=COMMAND, answer=NOTIFY)
        await exchange.open()
        try:
            self._chip = _chip_of(await _asked(exchange, bytes([ACC, _READ]), "say what it is"))
            await _asked(exchange, bytes([GYRO, _READ]), "say what gyroscope it has")
            charge = await _asked(exchange, _BATTERY_REPLY, "tell its charge")
        finally:
            await exchange.close()
        await self.stop(gatt)
        ranges = ranges_for(want)
        for command in config_commands(self._chip, ranges):
            await gatt.write(COMMAND, command, response=False)
        details = {
            "chip": self._chip.name,
            "acc_range_g": str(ranges.acc_g),
            "gyro_range_dps": str(ranges.gyro_dps),
            "acc_step_ms2": repr(STANDARD_GRAVITY_MS2 / ACC_LSB_PER_G[ranges.acc_g]),
        }
        if len(charge) > 2 and charge[2] <= 100:
            self._battery_percent = charge[2]
        serial = await read_text(gatt, SERIAL_NUMBER)
        firmware = await read_text(gatt, FIRMWARE_REVISION)
        rate_hz = float(ranges.rate_hz)
        info = StreamInfo(self.key, serial, firmware or None, rate_hz, True, details)
        return MetaMotionDecoder(self._chip, ranges), ClockSpec(None, None, rate_hz), info

    async def start(self, gatt: Gatt) -> None:
        """Subscribe both streams inside the strap and let them go."""
        for command in start_commands(self._chip):
            await gatt.write(COMMAND, command, response=False)

    async def stop(self, gatt: Gatt) -> None:
        """Stop both streams."""
        for command in stop_commands(self._chip):
            await gatt.write(COMMAND, command, response=False)

    async def battery_percent(self, gatt: Gatt) -> int | None:
        """Return the charge as it was at setup; a new answer would come between the samples."""
        return self._battery_percent

    async def identify(self, gatt: Gatt) -> bool:
        """Return False: nothing documented makes it blink without changing its settings."""
        return False


def _chip_of(reply: bytes) -> Chip:
    implementation = reply[2] if len(reply) > 2 else -1
    if implementation not in tuple(Chip):
        raise SetupRefusedError(
            "stream from an inertial chip that Lumbar knows",
            implementation if implementation >= 0 else None,
            "this MetaWear board is not supported",
        )
    return Chip(implementation)


async def _asked(exchange: Exchange, command: bytes, step: str) -> bytes:
    return await answered(
        exchange, command, lambda reply: reply[:2] == command[:2], step=step, response=False
    )
