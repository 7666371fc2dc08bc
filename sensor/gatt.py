"""The narrow Bluetooth protocol every device profile is written against.

`BleakGatt` (sensor.link) and the scripted fake of the tests satisfy `Gatt`, so a profile's exact
bytes are tested without a radio.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from sensor.sample import Floats


@dataclass(frozen=True, slots=True)
class Char:
    """A characteristic, addressed by service and characteristic UUID (lower case, 128 bit).

    The service is part of the address because some straps repeat a characteristic's UUID under
    several services.
    """

    service: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Advertisement:
    """What a scan saw of one device.

    Attributes:
        address: the platform's address, only good for connecting now.
        name: the advertised name, or None.
        services: advertised service UUIDs, lower case.
        manufacturer_ids: company identifiers in the manufacturer data.
        rssi_dbm: signal strength, or None where the platform does not say.
        battery_percent: charge, of straps that advertise it, or None.
    """

    address: str
    name: str | None
    services: frozenset[str] = frozenset()
    manufacturer_ids: frozenset[int] = frozenset()
    rssi_dbm: int | None = None
    battery_percent: int | None = None


NotifyCallback = Callable[[bytes], None]


class Gatt(Protocol):
    """A connected strap. Every call is bounded by the implementation's own timeout."""

    @property
    def mtu(self) -> int | None:
        """The negotiated MTU in bytes, or None where the platform does not tell the truth."""

    def has(self, char: Char) -> bool:
        """Return whether the strap offers the characteristic."""

    async def read(self, char: Char) -> bytes:
        """Read a value."""

    async def write(self, char: Char, data: bytes, *, response: bool) -> None:
        """Write a value; only what the profile's allow-list names."""

    async def notify(self, char: Char, callback: NotifyCallback) -> None:
        """Subscribe; `callback` gets the bytes of each notification or indication."""

    async def stop_notify(self, char: Char) -> None:
        """Unsubscribe."""


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """What a strap's own clock is worth.

    Attributes:
        tick_s: seconds per tick, or None for a strap without a clock.
        bits: width of the tick counter, or None when it does not wrap in practice.
        nominal_hz: the sampling rate the strap says it runs at.
    """

    tick_s: float | None
    bits: int | None
    nominal_hz: float


@dataclass(frozen=True, slots=True)
class StreamWant:
    """What Lumbar would like; a profile picks the nearest thing its strap offers.

    Attributes:
        may_save: whether settings may be written that the strap keeps for good.
    """

    rate_hz: float = 50.0
    acc_range_g: int = 4
    gyro_range_dps: int = 500
    may_save: bool = False


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What the strap agreed to, for the recording's header and for `lumbar status`."""

    profile: str
    serial: str
    firmware: str | None
    rate_hz: float
    has_gyro: bool
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)  # not frozen: that triples its cost, for every notification
class RawBatch:
    """One decoded notification in SI units, still on the strap's own clock.

    Attributes:
        acc: (n, 3) m/s² or None in a stream that carries only the gyroscope.
        gyro: (n, 3) rad/s or None.
        ticks: (n,) raw ticks of each sample as int64 in float64, not unwrapped; None without clock.
        seq: counter of the first sample as the strap sent it, or None.
        seq_bits: width of that counter.
        arrival_s: Timeline seconds when the notification arrived.
        overrun: the strap says that it dropped samples before these.
        backfill: these samples come from the strap's buffer, not from the live stream.
    """

    acc: Floats | None
    gyro: Floats | None
    ticks: Floats | None
    seq: int | None
    seq_bits: int
    arrival_s: float
    overrun: bool = False
    backfill: bool = False


@dataclass(slots=True)
class DecodeCounts:
    """What a decoder refused, by reason; the link logs it, recordings keep it."""

    notifications: int = 0
    corrupt: int = 0
    skipped: int = 0


class Decoder(Protocol):
    """Pure and stateful: no I/O and no clock; never raises on bad bytes, counts them."""

    counts: DecodeCounts

    def feed(self, char: Char, data: bytes, arrival_s: float) -> list[RawBatch]:
        """Return the batches that this notification completes."""

    def reset(self) -> None:
        """Forget what is half decoded; called at every new connection."""


class DeviceProfile(Protocol):
    """Everything Lumbar knows of one kind of strap."""

    key: str
    title: str
    has_gyro: bool
    has_clock: bool
    streams: Sequence[Char]
    writable: frozenset[Char]

    def match(self, adv: Advertisement) -> int:
        """Return how surely this is one of ours: 100 service UUID, 60 name and company, 30 name."""

    async def setup(self, gatt: Gatt, want: StreamWant) -> tuple[Decoder, ClockSpec, StreamInfo]:
        """Prepare the strap to stream; the link subscribes `streams` first, then calls `start`.

        Raises SetupRefusedError with what to do.
        """

    async def start(self, gatt: Gatt) -> None:
        """Start streaming (nothing for straps that stream as soon as they are subscribed)."""

    async def stop(self, gatt: Gatt) -> None:
        """Stop streaming; runs on cancellation too."""

    async def battery_percent(self, gatt: Gatt) -> int | None:
        """Return the charge in per cent, or None where the strap does not say."""

    async def identify(self, gatt: Gatt) -> bool:
        """Blink or vibrate; return False where the strap can do neither."""


@runtime_checkable
class Haptic(Protocol):
    """A profile whose strap may have a motor."""

    async def haptic(self, gatt: Gatt, *, pattern: int = 1, duration_s: float = 0.3) -> bool:
        """Vibrate; return False where this strap cannot."""


@runtime_checkable
class Backfill(Protocol):
    """A profile whose strap keeps what it could not send."""

    @property
    def backfill_char(self) -> Char:
        """The characteristic whose packets `backfill` yields, for the decoder."""

    def backfill(self, gatt: Gatt, first_seq: int, count: int) -> AsyncIterator[bytes]:
        """Yield the buffered packets that hold `count` samples from `first_seq`."""
