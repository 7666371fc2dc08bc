"""What MetaMotion's two inertial chips are told, and where they send their data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from sensor.gatt import StreamWant
from sensor.profiles.standard import enough

ACC, GYRO = 0x03, 0x13

RATE_CODES = {25: 6, 50: 7, 100: 8, 200: 9}
ACC_RANGES_G = (2, 4, 8, 16)
ACC_LSB_PER_G = {2: 16384, 4: 8192, 8: 4096, 16: 2048}
GYRO_RANGES_DPS = (2000, 1000, 500, 250, 125)
GYRO_LSB_PER_DPS = {2000: 16.4, 1000: 32.8, 500: 65.6, 250: 131.2, 125: 262.4}


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
    return Ranges(
        enough(RATE_CODES, want.rate_hz),
        enough(ACC_RANGES_G, want.acc_range_g),
        enough(GYRO_RANGES_DPS, want.gyro_range_dps),
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
