"""Nordic Thingy:52: raw motion data, one sample per notification, without a clock."""

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
from sensor.profiles.standard import read_battery, stream_info
from sensor.profiles.units import DPS_RADS, plausible
from sensor.sample import STANDARD_GRAVITY_MS2

ADVERTISED_SERVICE = "ef680100-9b35-4933-9b10-52ffa9740042"
_MOTION = "ef680400-9b35-4933-9b10-52ffa9740042"
CONFIG = Char(_MOTION, "ef680401-9b35-4933-9b10-52ffa9740042")
RAW = Char(_MOTION, "ef680406-9b35-4933-9b10-52ffa9740042")

ACC_LSB_MS2 = STANDARD_GRAVITY_MS2 / 1024
GYRO_LSB_RADS = DPS_RADS / 32
SAMPLE_BYTES = 18
RATES_HZ = (5, 200)

_CONFIG = struct.Struct("<HHHHB")
"""Pedometer, temperature and compass intervals in ms, motion rate in Hz, wake on motion."""


class ThingyDecoder:
    """Reads acceleration and rate; the magnetometer is left alone."""

    def __init__(self) -> None:
        self.counts = DecodeCounts()

    def feed(self, char: Char, data: bytes, arrival_s: float) -> list[RawBatch]:
        """Return the one sample of a notification."""
        if char != RAW:
            return []
        self.counts.notifications += 1
        if len(data) != SAMPLE_BYTES:
            self.counts.corrupt += 1
            return []
        values = np.frombuffer(data, "<i2", 6).astype(np.float64).reshape(2, 1, 3)
        acc, gyro = values[0] * ACC_LSB_MS2, values[1] * GYRO_LSB_RADS
        if not plausible(acc, gyro):
            # the firmware clips an overflow to ±31 g
            self.counts.corrupt += 1
            return []
        return [RawBatch(acc, gyro, ticks=None, seq=None, seq_bits=0, arrival_s=arrival_s)]

    def reset(self) -> None:
        """Forget nothing: every notification stands for itself."""


class Thingy52:
    """Profile of the Thingy:52; its motion rate goes to its flash, so the wearer is asked."""

    key = "thingy52"
    title = "Nordic Thingy:52"
    has_gyro = True
    has_clock = False
    streams = (RAW,)
    writable = frozenset({CONFIG})

    def match(self, adv: Advertisement) -> int:
        """Return 100 for the service, 30 for the name, else 0."""
        if ADVERTISED_SERVICE in adv.services:
            return 100
        return 30 if adv.name == "Thingy" else 0

    async def setup(
        self, gatt: Gatt, want: StreamWant
    ) -> tuple[ThingyDecoder, ClockSpec, StreamInfo]:
        """Set the motion rate where it is another and may be saved, and nothing else."""
        old = await gatt.read(CONFIG)
        if len(old) != _CONFIG.size:
            raise SetupRefusedError("tell its motion settings", None, "update its firmware")
        pedometer, temperature, compass, old_hz, wake = _CONFIG.unpack(old)
        low, high = RATES_HZ
        rate_hz = int(min(high, max(low, round(want.rate_hz))))
        details = {
            "rate_before_hz": str(old_hz),
            "acc_step_ms2": repr(ACC_LSB_MS2),
            "gyro_step_rads": repr(GYRO_LSB_RADS),
        }
        if old_hz != rate_hz:
            if not want.may_save:
                advice = "it keeps settings for good: allow it once with strap.may_save = true"
                raise SetupRefusedError(f"stream at {rate_hz} Hz", None, advice)
            new = _CONFIG.pack(pedometer, temperature, compass, rate_hz, wake)
            await gatt.write(CONFIG, new, response=True)
            if await gatt.read(CONFIG) != new:
                raise SetupRefusedError(f"stream at {rate_hz} Hz", None, "try another rate")
        info = await stream_info(gatt, self.key, float(rate_hz), details=details)
        return ThingyDecoder(), ClockSpec(None, None, float(rate_hz)), info

    async def start(self, gatt: Gatt) -> None:
        """Do nothing: it streams as soon as it is subscribed."""

    async def stop(self, gatt: Gatt) -> None:
        """Do nothing: it stops when it is unsubscribed."""

    async def battery_percent(self, gatt: Gatt) -> int | None:
        """Return the standard battery level."""
        return await read_battery(gatt)

    async def identify(self, gatt: Gatt) -> bool:
        """Return False: its light belongs to a service that Lumbar does not write to."""
        return False
