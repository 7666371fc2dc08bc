"""Movella (Xsens) DOT, measurement mode 26: quaternion, acceleration and rate as floats."""

from __future__ import annotations

import struct

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
from sensor.profiles.standard import enough
from sensor.profiles.units import DPS_RADS, plausible, singles


def _uuid(short: int) -> str:
    return f"1517{short:04x}-4947-11e9-8646-d663bd873d93"


CONTROL = Char(_uuid(0x1000), _uuid(0x1002))
MEASURE = Char(_uuid(0x2000), _uuid(0x2001))
LONG = Char(_uuid(0x2000), _uuid(0x2002))
MEDIUM = Char(_uuid(0x2000), _uuid(0x2003))
BATTERY = Char(_uuid(0x3000), _uuid(0x3001))

NAMES = ("Movella DOT", "Xsens DOT")
COMPANY_ID = 0x0886

RATES_HZ = (1, 4, 10, 12, 15, 20, 30, 60)
MODE_LONG = 26
"""Custom mode 5: time, quaternion, acceleration, rate; 44 bytes, padded to 63."""
MODE_MEDIUM = 21
"""Rate quantities: time, acceleration, rate; 28 bytes, padded to 40."""
TICK_S = 1e-6
TICK_BITS = 32
LONG_BYTES, MEDIUM_BYTES = 63, 40
ATT_HEADER_BYTES = 3

_SET_RATE, _SET_POWER_SAVING = 0x10, 0x04


def rate_command(hz: int) -> bytes:
    """Return the 32 bytes that set the output rate and leave everything else alone."""
    return bytes([_SET_RATE]) + bytes(23) + struct.pack("<H", hz) + bytes(6)


def stay_awake_command() -> bytes:
    """Return the 32 bytes that keep a still wearer's strap from going to sleep."""
    return bytes([_SET_POWER_SAVING]) + bytes(31)


def start_command(mode: int) -> bytes:
    """Return the command that starts measuring in `mode`."""
    return bytes([1, 1, mode])


def stop_command(mode: int) -> bytes:
    """Return the command that stops measuring."""
    return bytes([1, 0, mode])


class DotDecoder:
    """Reads modes 26 and 21; the quaternion is not used."""

    def __init__(self) -> None:
        self.counts = DecodeCounts()

    def feed(self, char: Char, data: bytes, arrival_s: float) -> list[RawBatch]:
        """Return the one sample of a notification."""
        acc_at = {LONG: 20, MEDIUM: 4}.get(char)
        if acc_at is None:
            return []
        self.counts.notifications += 1
        if len(data) != (LONG_BYTES if char == LONG else MEDIUM_BYTES):
            self.counts.corrupt += 1
            return []
        values = singles(data, acc_at, count=6).reshape(2, 1, 3)
        acc, gyro = values[0], values[1] * DPS_RADS
        if not plausible(acc, gyro):
            self.counts.corrupt += 1
            return []
        ticks = np.array([float(struct.unpack_from("<I", data)[0])])
        return [RawBatch(acc, gyro, ticks=ticks, seq=None, seq_bits=0, arrival_s=arrival_s)]

    def reset(self) -> None:
        """Forget nothing: every notification stands for itself."""


class MovellaDot:
    """Profile of the DOT; `streams` is the characteristic that fits the connection's packets."""

    key = "movella_dot"
    title = "Movella DOT (Xsens DOT)"
    has_gyro = True
    has_clock = True
    writable = frozenset({CONTROL, MEASURE})

    def __init__(self) -> None:
        self.streams: tuple[Char, ...] = (LONG,)
        self._mode = MODE_LONG

    def match(self, adv: Advertisement) -> int:
        """Return 60 for name and company, 30 for the name, else 0; it advertises no service."""
        if adv.name not in NAMES:
            return 0
        return 60 if COMPANY_ID in adv.manufacturer_ids else 30

    async def setup(self, gatt: Gatt, want: StreamWant) -> tuple[DotDecoder, ClockSpec, StreamInfo]:
        """Stop what a lost session left running, then set rate and power saving."""
        self._fit(gatt.mtu)
        hz = enough(RATES_HZ, want.rate_hz)
        await gatt.write(MEASURE, stop_command(self._mode), response=True)
        await gatt.write(CONTROL, rate_command(hz), response=True)
        agreed = int.from_bytes((await gatt.read(CONTROL))[24:26], "little")
        if agreed != hz:
            advice = "it keeps its own rate while it records or synchronises; stop that first"
            raise SetupRefusedError(f"stream at {hz} Hz", None, advice)
        await gatt.write(CONTROL, stay_awake_command(), response=True)
        info = StreamInfo(self.key, "", None, float(hz), True, {"mode": str(self._mode)})
        return DotDecoder(), ClockSpec(TICK_S, TICK_BITS, float(hz)), info

    async def start(self, gatt: Gatt) -> None:
        """Start measuring; the link has subscribed `streams` before."""
        await gatt.write(MEASURE, start_command(self._mode), response=True)

    async def stop(self, gatt: Gatt) -> None:
        """Stop measuring."""
        await gatt.write(MEASURE, stop_command(self._mode), response=True)

    async def battery_percent(self, gatt: Gatt) -> int | None:
        """Return the charge from its own battery service."""
        if not gatt.has(BATTERY):
            return None
        value = await gatt.read(BATTERY)
        return value[0] if value and value[0] <= 100 else None

    async def identify(self, gatt: Gatt) -> bool:
        """Return False: its manual's way to blink is not known to be safe."""
        return False

    def _fit(self, mtu: int | None) -> None:
        """Choose the richest mode whose packet fits; an unknown MTU is taken for a large one."""
        if mtu is None or mtu >= LONG_BYTES + ATT_HEADER_BYTES:
            self._mode, self.streams = MODE_LONG, (LONG,)
        elif mtu >= MEDIUM_BYTES + ATT_HEADER_BYTES:
            self._mode, self.streams = MODE_MEDIUM, (MEDIUM,)
        else:
            advice = "the connection's packets are too short; use another Bluetooth adapter"
            raise SetupRefusedError(f"stream at an MTU of {mtu}", None, advice)
