"""The open Lumbar IMU: the strap of docs/diy-strap.md, and the one the virtual strap plays."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence

from sensor.errors import SetupRefusedError
from sensor.gatt import (
    Advertisement,
    Char,
    ClockSpec,
    Gatt,
    StreamInfo,
    StreamWant,
)
from sensor.profiles import lumbar_wire as wire
from sensor.profiles.exchange import Exchange
from sensor.profiles.lumbar_decoder import TICK_BITS, LumbarDecoder
from sensor.profiles.standard import read_battery, stream_info

SAMPLES_PER_PACKET = 10  # 0.2 s at 50 Hz: small enough for a live screen, large enough to be cheap
LOWEST_RATE_HZ = 20  # below it a rise from a chair cannot be told from a slump
BACKFILL_SILENCE_S = 2.0  # no packet for so long: the strap has sent what it had
IDENTIFY_HAPTIC = bytes((wire.Op.HAPTIC, 1, 50))


class LumbarImu:
    """Profile of the open Lumbar IMU; one object serves one strap at a time."""

    key = "lumbar_imu"
    title = "Open Lumbar IMU"
    has_gyro = True
    has_clock = True
    streams: Sequence[Char] = (wire.DATA,)
    writable = frozenset({wire.CONFIG, wire.CONTROL})
    backfill_char = wire.BACKFILL

    def __init__(self) -> None:
        self._control: Exchange | None = None
        self._decoder: LumbarDecoder | None = None
        self._info: wire.Info | None = None

    def match(self, adv: Advertisement) -> int:
        """Return 100 for the service, 30 for the name alone."""
        if wire.SERVICE in adv.services:
            return 100
        return 30 if (adv.name or "").startswith("Lumbar-") else 0

    async def setup(
        self, gatt: Gatt, want: StreamWant
    ) -> tuple[LumbarDecoder, ClockSpec, StreamInfo]:
        """Write the configuration, read it back, and read the scales that now hold."""
        info = await self._read_info(gatt)
        asked = _config(info, want, gatt.mtu)
        await gatt.write(wire.CONFIG, asked.pack(), response=True)
        agreed = _agreed(await gatt.read(wire.CONFIG))
        self._info = info = await self._read_info(gatt)
        self._control = Exchange(gatt, command=wire.CONTROL, answer=wire.CONTROL)
        await self._control.open()
        rate_hz = float(agreed.rate_hz)
        details = {
            "acc_range_g": str(agreed.acc_range_g),
            "gyro_range_dps": str(agreed.gyro_range_dps),
            "ring_seconds": str(info.ring_seconds),
            "acc_step_ms2": repr(info.acc_ms2_per_lsb),
            "gyro_step_rads": repr(info.gyro_rads_per_lsb),
        }
        has_gyro = agreed.kind == wire.Kind.ACC_GYRO
        stream = await stream_info(gatt, self.key, rate_hz, has_gyro=has_gyro, details=details)
        spec = ClockSpec(tick_s=1 / info.tick_hz, bits=TICK_BITS, nominal_hz=rate_hz)
        self._decoder = LumbarDecoder(info, rate_hz)
        return self._decoder, spec, stream

    async def start(self, gatt: Gatt) -> None:
        """Start streaming; a strap left streaming by a lost session is stopped first."""
        answer = await self._ask(bytes((wire.Op.START,)))
        if answer[1] == wire.Status.ALREADY_STREAMING:
            await self._command(bytes((wire.Op.STOP,)))
            answer = await self._ask(bytes((wire.Op.START,)))
        if answer[1] != wire.Status.OK:
            raise SetupRefusedError("start streaming", answer[1], _advice(answer[1]))
        started = wire.parse_start_reply(answer)
        if started is not None and self._decoder is not None:
            self._decoder.anchor(started[0])

    async def stop(self, gatt: Gatt) -> None:
        """Stop streaming without waiting for the answer: the link may be going down."""
        await gatt.write(wire.CONTROL, bytes((wire.Op.STOP,)), response=True)

    async def battery_percent(self, gatt: Gatt) -> int | None:
        """Return the standard battery level."""
        return await read_battery(gatt)

    async def identify(self, gatt: Gatt) -> bool:
        """Blink, and vibrate where the strap can."""
        if self._info is not None and wire.Capability.HAPTIC in self._info.caps:
            await self._command(IDENTIFY_HAPTIC)
        return await self._command(bytes((wire.Op.IDENTIFY,))) == wire.Status.OK

    async def haptic(self, gatt: Gatt, *, pattern: int = 1, duration_s: float = 0.3) -> bool:
        """Vibrate with a pattern for at most 2.55 s; False where the strap has no motor."""
        if self._info is None or wire.Capability.HAPTIC not in self._info.caps:
            return False
        tens_of_ms = min(255, max(1, round(duration_s * 100)))
        command = bytes((wire.Op.HAPTIC, pattern & 0xFF, tens_of_ms))
        return await self._command(command) == wire.Status.OK

    async def backfill(self, gatt: Gatt, first_seq: int, count: int) -> AsyncIterator[bytes]:
        """Yield the buffered packets with `count` samples from `first_seq` (32 bits).

        Ends early where the strap no longer has them; asks in pieces that fit the request.
        """
        packets: asyncio.Queue[bytes] = asyncio.Queue()
        await gatt.notify(wire.BACKFILL, packets.put_nowait)
        try:
            while count > 0:
                piece = min(count, wire.MOST_BACKFILL_SAMPLES)
                if await self._command(wire.backfill_request(first_seq, piece)) != wire.Status.OK:
                    return
                async for packet in _until_silent(packets, piece):
                    yield packet
                first_seq, count = first_seq + piece, count - piece
        finally:
            await gatt.stop_notify(wire.BACKFILL)

    async def _read_info(self, gatt: Gatt) -> wire.Info:
        try:
            info = wire.Info.unpack(await gatt.read(wire.INFO))
        except struct.error as error:
            raise SetupRefusedError("say what it is", None, "update its firmware") from error
        if not info.makes_sense:
            raise SetupRefusedError("tell its scales and its clock", None, "update its firmware")
        if info.version != wire.PROTOCOL_VERSION or info.header_bytes != wire.HEADER_BYTES:
            raise SetupRefusedError(
                f"speak version {wire.PROTOCOL_VERSION} of the profile",
                info.version,
                "update Lumbar or the strap's firmware",
            )
        return info

    async def _command(self, data: bytes) -> int:
        return (await self._ask(data))[1]

    async def _ask(self, data: bytes) -> bytes:
        if self._control is None:
            raise SetupRefusedError("take a command", None, "set it up first")
        return await self._control.ask(
            data, lambda reply: len(reply) >= 2 and reply[0] == wire.REPLY_BIT | data[0]
        )


def _config(info: wire.Info, want: StreamWant, mtu: int | None) -> wire.Config:
    kind = wire.Kind.ACC_GYRO if wire.Capability.GYRO in info.caps else wire.Kind.ACC
    most = SAMPLES_PER_PACKET
    if mtu is not None:
        most = min(most, wire.samples_per_packet(mtu, kind))
    if most == 0:
        raise SetupRefusedError(f"send samples at an MTU of {mtu}", None, "update its firmware")
    rate_hz = min(round(want.rate_hz), info.max_hz)
    return wire.Config(rate_hz, want.acc_range_g, want.gyro_range_dps, kind, most)


def _agreed(data: bytes) -> wire.Config:
    try:
        config = wire.Config.unpack(data)
    except struct.error as error:
        raise SetupRefusedError(
            "confirm its configuration", None, "switch it off and on"
        ) from error
    if config.rate_hz < LOWEST_RATE_HZ:
        raise SetupRefusedError(
            "stream fast enough",
            None,
            f"it offers {config.rate_hz} Hz and at least {LOWEST_RATE_HZ} Hz are needed",
        )
    return config


def _advice(status: int) -> str:
    if status == wire.Status.PACKET_TOO_LONG:
        return "the connection's packets are too short; move closer and try again"
    if status in (wire.Status.BUSY, wire.Status.ALREADY_STREAMING):
        return "another program may be using it; close that or switch the strap off and on"
    return "switch it off and on"


async def _until_silent(packets: asyncio.Queue[bytes], count: int) -> AsyncIterator[bytes]:
    while count > 0:
        try:
            packet = await asyncio.wait_for(packets.get(), BACKFILL_SILENCE_S)
        except TimeoutError:
            return
        yield packet
        if len(packet) > 1:
            count -= packet[1] & wire.PacketFlag.COUNT_MASK
