"""MyVendor MyStrap: say here what is peculiar about it, and where you know it from."""

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
from sensor.profiles.standard import enough, read_battery, stream_info
from sensor.profiles.units import DPS_RADS, plausible
from sensor.sample import STANDARD_GRAVITY_MS2

SERVICE = "12345678-0000-4000-8000-000000000001"
DATA = Char(SERVICE, "12345678-0000-4000-8000-000000000002")
RATE = Char(SERVICE, "12345678-0000-4000-8000-000000000003")

ACC_LSB_MS2 = STANDARD_GRAVITY_MS2 / 8192  # ±4 g in 16 bits; name your source
GYRO_LSB_RADS = DPS_RADS / 65.5  # ±500 °/s in 16 bits
RATES_HZ = (25, 50, 100)
TICK_S = 1 / 32768
TICK_BITS = 32
PACKET_BYTES = 4 + 12


class MyStrapDecoder:
    """Reads packets of one time stamp and one sample."""

    def __init__(self) -> None:
        self.counts = DecodeCounts()

    def feed(self, char: Char, data: bytes, arrival_s: float) -> list[RawBatch]:
        """Return the one sample of a notification."""
        if char != DATA:
            return []
        self.counts.notifications += 1
        if len(data) != PACKET_BYTES:
            self.counts.corrupt += 1
            return []
        (tick,) = struct.unpack_from("<I", data)
        values = np.frombuffer(data, "<i2", 6, 4).astype(np.float64).reshape(2, 1, 3)
        acc, gyro = values[0] * ACC_LSB_MS2, values[1] * GYRO_LSB_RADS
        if not plausible(acc, gyro):
            self.counts.corrupt += 1
            return []
        ticks = np.array([float(tick)])
        return [RawBatch(acc, gyro, ticks=ticks, seq=None, seq_bits=0, arrival_s=arrival_s)]

    def reset(self) -> None:
        """Forget what is half decoded."""


class MyStrap:
    """Profile of the MyStrap."""

    key = "mystrap"
    title = "MyVendor MyStrap"
    has_gyro = True
    has_clock = True
    streams = (DATA,)
    writable = frozenset({RATE})

    def match(self, adv: Advertisement) -> int:
        """Return 100 for the service, else 0."""
        return 100 if SERVICE in adv.services else 0

    async def setup(
        self, gatt: Gatt, want: StreamWant
    ) -> tuple[MyStrapDecoder, ClockSpec, StreamInfo]:
        """Set the rate and read back what the strap made of it."""
        hz = enough(RATES_HZ, want.rate_hz)
        await gatt.write(RATE, bytes([hz]), response=True)
        if await gatt.read(RATE) != bytes([hz]):
            raise SetupRefusedError(f"stream at {hz} Hz", None, "switch it off and on")
        info = await stream_info(gatt, self.key, float(hz))
        return MyStrapDecoder(), ClockSpec(TICK_S, TICK_BITS, float(hz)), info

    async def start(self, gatt: Gatt) -> None:
        """Do nothing: it streams as soon as it is subscribed."""

    async def stop(self, gatt: Gatt) -> None:
        """Do nothing: it stops when it is unsubscribed."""

    async def battery_percent(self, gatt: Gatt) -> int | None:
        """Return the standard battery level."""
        return await read_battery(gatt)

    async def identify(self, gatt: Gatt) -> bool:
        """Return False: it can neither blink nor vibrate."""
        return False
