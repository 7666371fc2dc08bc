"""Polar Verity Sense and H10 over Polar's measurement service (PMD).

Accelerometer and gyroscope come as separate streams with one clock; the H10 has no gyroscope. A
stream that is not stopped drains the H10's battery, so `stop` matters.
"""

from __future__ import annotations

import numpy as np

from sensor.errors import DecodeError, SetupRefusedError
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
from sensor.profiles.polar_frames import Measurement, PmdFrame, parse_frame
from sensor.profiles.polar_settings import (
    ADVICE,
    GET_SETTINGS,
    REPLY,
    STOP,
    Setting,
    Status,
    chosen,
    factor_of,
    parse_settings,
    start_command,
)
from sensor.profiles.standard import answered, read_battery, stream_info
from sensor.profiles.units import DPS_RADS, plausible
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

SERVICE = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL = Char(SERVICE, "fb005c81-02e7-f387-1cad-8acd2d8df0c8")
DATA = Char(SERVICE, "fb005c82-02e7-f387-1cad-8acd2d8df0c8")

TICK_S = 1e-9
GAP_PERIODS = 1.5
_MILLI_G_MS2 = STANDARD_GRAVITY_MS2 / 1000
_IN_G = 0
"""A compressed accelerometer frame of this type is in g; everything else is in thousandths."""


class PolarDecoder:
    """Reads the frames of both streams; each batch carries one of them.

    Args:
        rate_hz: the negotiated rate.
        factors: scale of each stream from its start reply, 1 where it gave none.
    """

    def __init__(self, rate_hz: float, factors: dict[int, float] | None = None) -> None:
        self.counts = DecodeCounts()
        self._period_ns = 1e9 / rate_hz
        self._factors = factors or {}
        self._last_ns: dict[int, int] = {}

    def feed(self, char: Char, data: bytes, arrival_s: float) -> list[RawBatch]:
        """Return the batch of one frame."""
        if char != DATA:
            return []
        self.counts.notifications += 1
        if not data or data[0] not in (Measurement.ACC, Measurement.GYRO):
            self.counts.skipped += 1
            return []
        try:
            frame = parse_frame(data)
        except DecodeError:
            self.counts.corrupt += 1
            return []
        acc, gyro = self._scaled(frame)
        if not plausible(acc, gyro):
            self.counts.corrupt += 1
            return []
        ticks = self._ticks(frame)
        return [RawBatch(acc, gyro, ticks=ticks, seq=None, seq_bits=0, arrival_s=arrival_s)]

    def reset(self) -> None:
        """Forget the last frames' times."""
        self._last_ns.clear()

    def _scaled(self, frame: PmdFrame) -> tuple[Floats | None, Floats | None]:
        values = frame.values * self._factors.get(frame.measurement, 1.0)
        if frame.measurement == Measurement.GYRO:
            return None, values * DPS_RADS
        in_g = frame.compressed and frame.frame_type == _IN_G
        return values * (STANDARD_GRAVITY_MS2 if in_g else _MILLI_G_MS2), None

    def _ticks(self, frame: PmdFrame) -> Floats:
        """Return the samples' times: evenly from the frame before, or one period apart."""
        count, last_ns = len(frame.values), self._last_ns.get(frame.measurement)
        period_ns = self._period_ns
        if last_ns is not None:
            since_ns = (frame.timestamp_ns - last_ns) / count
            if 0 < since_ns < GAP_PERIODS * self._period_ns:
                period_ns = since_ns
        self._last_ns[frame.measurement] = frame.timestamp_ns
        return np.asarray(frame.timestamp_ns - np.arange(count - 1, -1, -1) * period_ns)


class PolarStrap:
    """What both straps share: the negotiation of settings and the streams."""

    key = "polar"
    title = "Polar"
    name_prefix = "Polar "
    has_gyro = False
    has_clock = True
    streams = (DATA,)
    writable = frozenset({CONTROL})

    def __init__(self) -> None:
        self._control: Exchange | None = None
        self._starts: dict[int, bytes] = {}

    def match(self, adv: Advertisement) -> int:
        """Return 100 for its name with the service, 30 for the name alone, else 0."""
        if not (adv.name or "").startswith(self.name_prefix):
            return 0
        return 100 if SERVICE in adv.services else 30

    async def setup(
        self, gatt: Gatt, want: StreamWant
    ) -> tuple[PolarDecoder, ClockSpec, StreamInfo]:
        """Choose among the offered settings and try each stream once, to learn its scale."""
        self._control = Exchange(gatt, command=CONTROL, answer=CONTROL)
        await self._control.open()
        factors: dict[int, float] = {}
        rates: list[int] = []
        for measurement, full_range in self._measurements(want):
            settings = await self._offered(measurement, want.rate_hz, full_range)
            self._starts[measurement] = start_command(measurement, settings)
            rates.append(settings.get(Setting.RATE_HZ, round(want.rate_hz)))
            factors[measurement] = factor_of(await self._start(measurement))
        await self.stop(gatt)
        if len(set(rates)) > 1:
            raise SetupRefusedError(
                "stream both sensors at one rate", None, f"it offers {rates}; set strap.rate_hz"
            )
        rate_hz = float(rates[0])
        info = await stream_info(gatt, self.key, rate_hz, has_gyro=self.has_gyro)
        return PolarDecoder(rate_hz, factors), ClockSpec(TICK_S, None, rate_hz), info

    async def start(self, gatt: Gatt) -> None:
        """Start the streams as agreed."""
        for measurement in self._starts:
            await self._start(measurement)

    async def stop(self, gatt: Gatt) -> None:
        """Stop the streams without waiting for answers: the link may be going down."""
        for measurement in self._starts:
            await gatt.write(CONTROL, bytes([STOP, measurement]), response=True)

    async def battery_percent(self, gatt: Gatt) -> int | None:
        """Return the standard battery level."""
        return await read_battery(gatt)

    async def identify(self, gatt: Gatt) -> bool:
        """Return False: nothing known makes it blink."""
        return False

    def _measurements(self, want: StreamWant) -> list[tuple[int, int]]:
        acc = [(int(Measurement.ACC), want.acc_range_g)]
        return acc + ([(int(Measurement.GYRO), want.gyro_range_dps)] if self.has_gyro else [])

    async def _offered(
        self, measurement: int, rate_hz: float, full_range: int
    ) -> dict[Setting, int]:
        reply = await self._asked(bytes([GET_SETTINGS, measurement]), "tell its settings")
        try:
            return chosen(parse_settings(reply[5:]), rate_hz=rate_hz, full_range=full_range)
        except DecodeError as error:
            raise SetupRefusedError("tell its settings", None, "update its firmware") from error

    async def _start(self, measurement: int) -> dict[Setting, tuple[int, ...]]:
        """Start one stream; one that a lost session left running is stopped first."""
        command = self._starts[measurement]
        reply = await self._asked(command, "start streaming", may_be=(Status.ALREADY,))
        if reply[3] == Status.ALREADY:
            await self._asked(bytes([STOP, measurement]), "stop streaming")
            reply = await self._asked(command, "start streaming")
        try:
            return parse_settings(reply[5:])
        except DecodeError:
            return {}

    async def _asked(self, command: bytes, step: str, *, may_be: tuple[int, ...] = ()) -> bytes:
        if self._control is None:
            raise SetupRefusedError(step, None, "set it up first")

        def accept(reply: bytes) -> bool:
            return len(reply) >= 4 and reply[0] == REPLY and reply[1:3] == command[:2]

        reply = await answered(self._control, command, accept, step=step)
        if reply[3] != Status.OK and reply[3] not in may_be:
            known = reply[3] in ADVICE
            advice = ADVICE[Status(reply[3])] if known else "switch it off and on and try again"
            raise SetupRefusedError(step, reply[3], advice)
        return reply


class PolarVeritySense(PolarStrap):
    """Profile of the Verity Sense, whose pod fits a belt."""

    key = "polar_verity_sense"
    title = "Polar Verity Sense"
    name_prefix = "Polar Sense "
    has_gyro = True


class PolarH10(PolarStrap):
    """Profile of the H10: inclination only, it has no gyroscope."""

    key = "polar_h10"
    title = "Polar H10"
    name_prefix = "Polar H10 "
