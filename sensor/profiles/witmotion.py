"""WitMotion WT901BLE family: BWT901BLE5.0, WT901BLECL, WT9011DCL.

It streams as soon as it is subscribed, has no clock, no counter and no checksum. Frames of 20
bytes (28 with newer firmware, which appends the time) may come glued or split, and their payload
may contain what looks like a header.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

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
from sensor.profiles.standard import answered, enough
from sensor.profiles.units import DPS_RADS, plausible
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

# Not the base of the Bluetooth SIG: it ends in 9a34fb, so compare the whole UUID.
SERVICE = "0000ffe5-0000-1000-8000-00805f9a34fb"
DATA = Char(SERVICE, "0000ffe4-0000-1000-8000-00805f9a34fb")
COMMAND = Char(SERVICE, "0000ffe9-0000-1000-8000-00805f9a34fb")

ACC_LSB_MS2 = 16 * STANDARD_GRAVITY_MS2 / 32768
GYRO_LSB_RADS = 2000 * DPS_RADS / 32768

UNLOCK = bytes.fromhex("ffaa6988b5")
RATE_CODES = {10: 0x06, 20: 0x07, 50: 0x08, 100: 0x09}
"""Rates in Hz that every source agrees on; for 200 Hz they contradict each other."""

WRITE_PAUSE_S = 0.1  # the vendor's own pause; closer writes are lost
BATTERY_REGISTER = 0x64
BATTERY_STEPS = (
    (396, 100),
    (393, 90),
    (387, 75),
    (382, 60),
    (379, 50),
    (377, 40),
    (373, 30),
    (370, 20),
    (368, 15),
    (350, 10),
    (340, 5),
)
"""Hundredths of a volt and per cent, from the vendor's table."""

FRAME_BYTES = 20
TIMED_FRAME_BYTES = 28
_SAMPLE, _REGISTER = b"\x55\x61", b"\x55\x71"


def rate_command(hz: int) -> bytes:
    """Return the command for a rate of RATE_CODES; forgotten at power-off, as it is not saved."""
    return bytes([0xFF, 0xAA, 0x03, RATE_CODES[hz], 0x00])


def read_command(register: int) -> bytes:
    """Return the command that makes the strap send eight registers from `register` on."""
    return bytes([0xFF, 0xAA, 0x27, register, 0x00])


def battery_percent_of(centivolts: int) -> int:
    """Return the charge for a cell voltage in hundredths of a volt."""
    return next((percent for volts, percent in BATTERY_STEPS if centivolts >= volts), 0)


def registers_of(frame: bytes) -> tuple[int, list[int]]:
    """Return the first register and the eight signed values of a `55 71` frame."""
    return frame[2], np.frombuffer(frame, "<i2", 8, 4).tolist()


class WitMotionDecoder:
    """Cuts the byte stream into frames; which samples come out depends on the bytes alone.

    A frame is taken at once unless something in it looks like a header: then it waits for the
    first bytes of the next frame to tell a payload from a frame that was cut short.

    Attributes:
        battery_percent: the newest charge that came between the samples, or None.
    """

    def __init__(self, *, battery_percent: int | None = None) -> None:
        self.counts = DecodeCounts()
        self.battery_percent = battery_percent
        self._buffer = b""

    def feed(self, char: Char, data: bytes, arrival_s: float) -> list[RawBatch]:
        """Return one batch of all samples that `data` completes."""
        if char != DATA:
            return []
        self.counts.notifications += 1
        self._buffer += data
        acc, gyro = [], []
        while (frame := self._next_frame()) is not None:
            if frame[:2] == _REGISTER:
                self._take_registers(frame)
                continue
            values = np.frombuffer(frame, "<i2", 6, 2).astype(np.float64)
            a, g = values[:3] * ACC_LSB_MS2, values[3:] * GYRO_LSB_RADS
            if plausible(a[None], g[None]):
                acc.append(a)
                gyro.append(g)
            else:
                self.counts.corrupt += 1
        return [_batch(np.array(acc), np.array(gyro), arrival_s)] if acc else []

    def reset(self) -> None:
        """Forget the half frame of the last connection."""
        self._buffer = b""

    def _take_registers(self, frame: bytes) -> None:
        first, values = registers_of(frame)
        if first == BATTERY_REGISTER:
            self.battery_percent = battery_percent_of(values[0])

    def _next_frame(self) -> bytes | None:
        """Take the next whole frame from the buffer; None where more bytes are needed."""
        while True:
            self._skip_to_header()
            if len(self._buffer) < FRAME_BYTES:
                return None
            verdict = self._is_frame()
            if verdict is None:
                return None
            if verdict:
                frame, self._buffer = self._buffer[:FRAME_BYTES], self._buffer[FRAME_BYTES:]
                return frame
            self.counts.corrupt += 1
            self._buffer = self._buffer[1:]

    def _skip_to_header(self) -> None:
        at = _header_at(self._buffer)
        if at:
            if at != TIMED_FRAME_BYTES - FRAME_BYTES:
                self.counts.skipped += 1
            self._buffer = self._buffer[at:]

    def _is_frame(self) -> bool | None:
        """Return whether a frame begins the buffer, or None where that shows only later."""
        if _header_at(self._buffer[1:FRAME_BYTES]) == FRAME_BYTES - 1:
            return True
        for length in (FRAME_BYTES, TIMED_FRAME_BYTES):
            after = self._buffer[length : length + 2]
            if len(after) < 2:
                return None
            if after in (_SAMPLE, _REGISTER):
                return True
        return False


def _header_at(data: bytes) -> int:
    """Return where the first header (or a byte that may begin one) is; the length if nowhere."""
    at = data.find(0x55)
    while at >= 0:
        if data[at : at + 2] in (_SAMPLE, _REGISTER, b"\x55"):
            return at
        at = data.find(0x55, at + 1)
    return len(data)


def _batch(acc: Floats, gyro: Floats, arrival_s: float) -> RawBatch:
    return RawBatch(acc, gyro, ticks=None, seq=None, seq_bits=0, arrival_s=arrival_s)


class WitMotion:
    """Profile of the WitMotion straps; writes nothing that outlives switching the strap off."""

    key = "witmotion"
    title = "WitMotion WT901BLE / WT9011DCL"
    has_gyro = True
    has_clock = False
    streams = (DATA,)
    writable = frozenset({COMMAND})

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._decoder = WitMotionDecoder()

    def match(self, adv: Advertisement) -> int:
        """Return 100 for the service, 30 for a name with WT in it, else 0."""
        if SERVICE in adv.services:
            return 100
        return 30 if adv.name is not None and "WT" in adv.name else 0

    async def setup(
        self, gatt: Gatt, want: StreamWant
    ) -> tuple[WitMotionDecoder, ClockSpec, StreamInfo]:
        """Ask for the charge and set the rate; the ranges are fixed at 16 g and 2000 °/s."""
        hz = enough(RATE_CODES, want.rate_hz)
        details = {
            "acc_range_g": "16",
            "gyro_range_dps": "2000",
            "acc_step_ms2": repr(ACC_LSB_MS2),
            "gyro_step_rads": repr(GYRO_LSB_RADS),
        }
        async with Exchange(gatt, command=COMMAND, answer=DATA) as exchange:
            answer = await answered(
                exchange, read_command(BATTERY_REGISTER), _tells_battery, step="tell its charge"
            )
            _, registers = registers_of(answer[answer.find(_BATTERY_ANSWER) :])
            percent = battery_percent_of(registers[0])
            for command in (UNLOCK, rate_command(hz)):
                await self._sleep(WRITE_PAUSE_S)
                await gatt.write(COMMAND, command, response=True)
        info = StreamInfo(self.key, "", None, float(hz), True, details)
        self._decoder = WitMotionDecoder(battery_percent=percent)
        return self._decoder, ClockSpec(None, None, float(hz)), info

    async def start(self, gatt: Gatt) -> None:
        """Do nothing: it streams as soon as it is subscribed."""

    async def stop(self, gatt: Gatt) -> None:
        """Do nothing: it stops when it is unsubscribed."""

    async def battery_percent(self, gatt: Gatt) -> int | None:
        """Return the newest charge told, and ask again: the answer comes between the samples."""
        await self._sleep(WRITE_PAUSE_S)
        await gatt.write(COMMAND, read_command(BATTERY_REGISTER), response=True)
        return self._decoder.battery_percent

    async def identify(self, gatt: Gatt) -> bool:
        """Return False: nothing known makes it blink."""
        return False


_BATTERY_ANSWER = _REGISTER + bytes([BATTERY_REGISTER])


def _tells_battery(data: bytes) -> bool:
    at = data.find(_BATTERY_ANSWER)
    return at >= 0 and len(data) >= at + FRAME_BYTES
