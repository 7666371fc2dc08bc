"""MbientLab MetaMotion S, RL and R (MetaWear), both chip variants, packed raw streams.

Acceleration and rate are separate streams without time stamps, three samples to a notification. An
accounter on the board would stamp them, one sample to a notification: at three times the radio's
work, and it stays in the board's memory after the connection, since no way to remove one is
documented. So none is made, and the clock is repaired from the arrivals; frames of accounters that
others made are decoded where they are told (`accounters`).
"""

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
from sensor.profiles.exchange import Exchange
from sensor.profiles.metamotion_chips import (
    ACC,
    ACC_LSB_PER_G,
    GYRO,
    GYRO_LSB_PER_DPS,
    REGISTERS,
    Chip,
    Ranges,
    config_commands,
    ranges_for,
    start_commands,
    stop_commands,
)
from sensor.profiles.standard import answered, answered_or_empty, stream_info
from sensor.profiles.units import DPS_RADS, plausible
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

SERVICE = "326a9000-85cb-9195-d9dd-464cfbbae75a"
COMMAND = Char(SERVICE, "326a9001-85cb-9195-d9dd-464cfbbae75a")
NOTIFY = Char(SERVICE, "326a9006-85cb-9195-d9dd-464cfbbae75a")

PROCESSOR, SETTINGS = 0x09, 0x11
_READ = 0x80
BATTERY = bytes([SETTINGS, 0x8C])
_PROCESSOR_DATA = 0x03
ACCOUNTER_TICK_S = 48 / 32768
"""Unit of the on-board time that an accounter adds to a sample."""


class MetaMotionDecoder:
    """Reads single and packed frames of one chip variant, and accounted single frames.

    Args:
        chip: the variant; the same register means different things on the two.
        ranges: the agreed full scales.
        accounters: module (ACC or GYRO) of each accounter's number, where any were made.
        battery_percent: the charge at setup; then the newest that came between the samples.
    """

    def __init__(
        self,
        chip: Chip,
        ranges: Ranges,
        *,
        accounters: dict[int, int] | None = None,
        battery_percent: int | None = None,
    ) -> None:
        self.counts = DecodeCounts()
        self.battery_percent = battery_percent
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
        if data[:2] == BATTERY:
            told = _charge(data)
            self.battery_percent = self.battery_percent if told is None else told
            return []
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
        self._decoder = MetaMotionDecoder(self._chip, Ranges())

    def match(self, adv: Advertisement) -> int:
        """Return 100 for the service, 30 for the name, else 0."""
        if SERVICE in adv.services:
            return 100
        return 30 if adv.name == "MetaWear" else 0

    async def setup(
        self, gatt: Gatt, want: StreamWant
    ) -> tuple[MetaMotionDecoder, ClockSpec, StreamInfo]:
        """Ask which chip it has, stop what a lost session left running, set rate and ranges."""
        async with Exchange(gatt, command=COMMAND, answer=NOTIFY) as exchange:
            self._chip = _chip_of(await _asked(exchange, bytes([ACC, _READ]), "say what it is"))
            await _asked(exchange, bytes([GYRO, _READ]), "say what gyroscope it has")
            charge = await answered_or_empty(
                exchange, BATTERY, lambda reply: reply[:2] == BATTERY, response=False
            )
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
        rate_hz = float(ranges.rate_hz)
        info = await stream_info(gatt, self.key, rate_hz, details=details)
        self._decoder = MetaMotionDecoder(self._chip, ranges, battery_percent=_charge(charge))
        return self._decoder, ClockSpec(None, None, rate_hz), info

    async def start(self, gatt: Gatt) -> None:
        """Subscribe both streams inside the strap and let them go."""
        for command in start_commands(self._chip):
            await gatt.write(COMMAND, command, response=False)

    async def stop(self, gatt: Gatt) -> None:
        """Stop both streams."""
        for command in stop_commands(self._chip):
            await gatt.write(COMMAND, command, response=False)

    async def battery_percent(self, gatt: Gatt) -> int | None:
        """Return the newest charge told, and ask again: the answer comes between the samples."""
        await gatt.write(COMMAND, BATTERY, response=False)
        return self._decoder.battery_percent

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


def _charge(reply: bytes) -> int | None:
    """Return the per cent in a reply `118c pct mV`, or None where it has none."""
    return reply[2] if len(reply) > 2 and reply[2] <= 100 else None


async def _asked(exchange: Exchange, command: bytes, step: str) -> bytes:
    return await answered(
        exchange, command, lambda reply: reply[:2] == command[:2], step=step, response=False
    )
