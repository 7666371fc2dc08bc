"""Movesense HR2, HR+, MD, Active and Flash over the GATT SensorData Protocol (GSP).

Its first version knows no more than HELLO, SUBSCRIBE and UNSUBSCRIBE, greets with a bare "Hello",
and answers the other two with samples or with silence.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

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
from sensor.profiles.standard import (
    SERIAL_NUMBER,
    answered,
    answered_or_empty,
    enough,
    read_text,
)
from sensor.profiles.units import DPS_RADS, plausible, singles
from sensor.sample import Floats

SERVICE = "34802252-7185-4d5d-b431-630e7050e8f0"
COMMAND = Char(SERVICE, "34800001-7185-4d5d-b431-630e7050e8f0")
DATA = Char(SERVICE, "34800002-7185-4d5d-b431-630e7050e8f0")

HELLO, SUBSCRIBE, UNSUBSCRIBE, GET = 0, 1, 2, 4
ANSWER, SAMPLES = 1, 2
SAMPLES_GO_ON = (3, 4)

STREAM, QUESTION = 0x63, 0x65
"""References of our choosing that come back with each answer."""

RATES_HZ = (13, 26, 52, 104, 208)
SAMPLE_BYTES = 24
TICK_S = 0.001
TICK_BITS = 32
OK = 200
NO_SUCH_RATE = 501
BUSY = 409


def subscribe_command(rate_hz: int) -> bytes:
    """Return the command that starts accelerometer and gyroscope together."""
    return bytes([SUBSCRIBE, STREAM]) + f"Meas/IMU6/{rate_hz}".encode()


UNSUBSCRIBE_COMMAND = bytes([UNSUBSCRIBE, STREAM])
HELLO_COMMAND = bytes([HELLO, QUESTION])
FIRST_HELLO = b"Hello"
BATTERY_COMMAND = bytes([GET, QUESTION]) + b"/System/Energy/Level"


def samples_per_packet(rate_hz: int) -> int:
    """Return how many samples the strap packs: 4 at 52 Hz (seen), in proportion elsewhere."""
    return max(1, rate_hz // 13)


def values_of(packet: bytes, *, sensors: int) -> tuple[int, Floats]:
    """Return the first sample's milliseconds and (sensors, n, 3) values as the strap sends them.

    IMU6 has two sensors, Acc (m/s²) before Gyro (°/s). Lumbar asks for IMU6 alone: the single
    streams carry the same samples, but would come in packets of their own and have to be paired.
    """
    (first_ms,) = struct.unpack_from("<I", packet)
    return first_ms, singles(packet, 4).reshape(sensors, -1, 3)


class MovesenseDecoder:
    """Joins the parts of a packet where one notification is too short for it.

    Attributes:
        battery_percent: the newest charge that came between the samples, or None.
    """

    def __init__(self, rate_hz: int, *, battery_percent: int | None = None) -> None:
        self.counts = DecodeCounts()
        self.battery_percent = battery_percent
        self._rate_hz = rate_hz
        self._bytes = 4 + SAMPLE_BYTES * samples_per_packet(rate_hz)
        self._begun = b""

    def feed(self, char: Char, data: bytes, arrival_s: float) -> list[RawBatch]:
        """Return the batch of the packet that `data` completes."""
        if char != DATA:
            return []
        self.counts.notifications += 1
        if data[:2] == bytes([ANSWER, QUESTION]):
            told = _charge(data)
            self.battery_percent = self.battery_percent if told is None else told
            return []
        if len(data) < 3 or data[0] not in (SAMPLES, *SAMPLES_GO_ON) or data[1] != STREAM:
            self.counts.skipped += 1
            return []
        packet = self._joined(data)
        if packet is None:
            return []
        batch = self._decoded(packet, arrival_s)
        return [] if batch is None else [batch]

    def reset(self) -> None:
        """Forget the first part of a packet whose other parts never came."""
        self._begun = b""

    def _joined(self, data: bytes) -> bytes | None:
        if data[0] == SAMPLES:
            self.counts.corrupt += bool(self._begun)
            self._begun = data[2:]
        elif self._begun:
            self._begun += data[2:]
        else:
            self.counts.corrupt += 1
            return None
        if len(self._begun) < self._bytes:
            return None
        packet, self._begun = self._begun, b""
        if len(packet) > self._bytes:
            self.counts.corrupt += 1
            return None
        return packet

    def _decoded(self, packet: bytes, arrival_s: float) -> RawBatch | None:
        first_ms, values = values_of(packet, sensors=2)
        acc, gyro = values[0], values[1] * DPS_RADS
        if not plausible(acc, gyro):
            self.counts.corrupt += 1
            return None
        ticks = (first_ms + np.arange(len(acc)) * 1000 / self._rate_hz) % 2.0**TICK_BITS
        return RawBatch(acc, gyro, ticks=ticks, seq=None, seq_bits=0, arrival_s=arrival_s)


class Movesense:
    """Profile of the Movesense straps whose firmware has the GSP service."""

    key = "movesense"
    title = "Movesense HR2, HR+, MD, Flash"
    has_gyro = True
    has_clock = True
    streams = (DATA,)
    writable = frozenset({COMMAND})

    def __init__(self) -> None:
        self._decoder = MovesenseDecoder(52)
        self._rate_hz = 52

    def match(self, adv: Advertisement) -> int:
        """Return 100 for the service, 30 for the name, else 0."""
        if SERVICE in adv.services:
            return 100
        return 30 if (adv.name or "").startswith("Movesense ") else 0

    async def setup(
        self, gatt: Gatt, want: StreamWant
    ) -> tuple[MovesenseDecoder, ClockSpec, StreamInfo]:
        """Ask who it is and try the stream once, so that a refusal is known before it matters."""
        if not gatt.has(COMMAND):
            advice = "update its firmware with the Movesense app to one that offers GSP"
            raise SetupRefusedError("stream samples", None, advice)
        async with Exchange(gatt, command=COMMAND, answer=DATA) as exchange:
            hello = await _asked(exchange, HELLO_COMMAND, "say who it is")
            battery = b""
            if hello[2:] == FIRST_HELLO:
                self._rate_hz = await _tried_rate(exchange, want.rate_hz)
                await self.stop(gatt)
            else:
                battery = await answered_or_empty(exchange, BATTERY_COMMAND, _answers(QUESTION))
                self._rate_hz = await _agreed_rate(exchange, want.rate_hz)
        serial, product, _, app, version = _identity(hello)
        details = {"product": product, "app": f"{app} {version}".strip()}
        serial = serial or await read_text(gatt, SERIAL_NUMBER)
        rate_hz = float(self._rate_hz)
        info = StreamInfo(self.key, serial, version or None, rate_hz, True, details)
        self._decoder = MovesenseDecoder(self._rate_hz, battery_percent=_charge(battery))
        return self._decoder, ClockSpec(TICK_S, TICK_BITS, rate_hz), info

    async def start(self, gatt: Gatt) -> None:
        """Subscribe the samples; setup has seen that it agrees."""
        await gatt.write(COMMAND, subscribe_command(self._rate_hz), response=True)

    async def stop(self, gatt: Gatt) -> None:
        """Unsubscribe the samples."""
        await gatt.write(COMMAND, UNSUBSCRIBE_COMMAND, response=True)

    async def battery_percent(self, gatt: Gatt) -> int | None:
        """Return the newest charge told, and ask again: the answer comes between the samples."""
        await gatt.write(COMMAND, BATTERY_COMMAND, response=True)
        return self._decoder.battery_percent

    async def identify(self, gatt: Gatt) -> bool:
        """Return False: GSP offers no light."""
        return False


def _answers(reference: int) -> Callable[[bytes], bool]:
    return lambda reply: reply[:2] == bytes([ANSWER, reference])


async def _asked(exchange: Exchange, command: bytes, step: str) -> bytes:
    return await answered(exchange, command, _answers(command[1]), step=step)


async def _tried_rate(exchange: Exchange, want_hz: float) -> int:
    """Return the rate for firmware that answers a subscription with its samples alone."""
    rate_hz = enough(RATES_HZ, want_hz)
    samples = bytes([SAMPLES, STREAM])
    step = f"stream at {rate_hz} Hz"
    await answered(
        exchange, subscribe_command(rate_hz), lambda data: data[:2] == samples, step=step
    )
    return rate_hz


async def _agreed_rate(exchange: Exchange, want_hz: float) -> int:
    """Return the slowest rate from `want_hz` on that it takes, having stopped it again."""
    code = 0
    for rate_hz in [hz for hz in RATES_HZ if hz >= want_hz] or [RATES_HZ[-1]]:
        # a stream that a lost session left behind counts as a conflict
        await _asked(exchange, UNSUBSCRIBE_COMMAND, "stop streaming")
        code = _status(await _asked(exchange, subscribe_command(rate_hz), "start streaming"))
        if code == OK:
            await _asked(exchange, UNSUBSCRIBE_COMMAND, "stop streaming")
            return rate_hz
        if code != NO_SUCH_RATE:
            break
    raise SetupRefusedError(f"stream at {want_hz:g} Hz or more", code, _advice(code))


def _advice(code: int) -> str:
    if code == NO_SUCH_RATE:
        return "its firmware does not offer that rate; set strap.rate_hz to 52"
    if code == BUSY:
        return "something else is using its sensors; take its battery out for a moment"
    return "take its battery out for a moment and try again"


def _status(reply: bytes) -> int:
    return int.from_bytes(reply[2:4], "little")


def _charge(reply: bytes) -> int | None:
    """Return the per cent in an answer to `BATTERY_COMMAND`, or None where it has none."""
    told = len(reply) > 4 and _status(reply) == OK and reply[4] <= 100
    return reply[4] if told else None


def _identity(reply: bytes) -> list[str]:
    """Return serial, product, DFU address, app and version of a HELLO answer (without status)."""
    if reply[2:] == FIRST_HELLO:
        return [""] * 5
    texts = [text.decode("utf-8", "replace") for text in reply[3:].split(b"\0")]
    return (texts + [""] * 5)[:5]
