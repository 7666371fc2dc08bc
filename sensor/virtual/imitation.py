"""Imitations of other makers' straps: their side of the protocol, without a radio.

An imitation takes a simulated wearer's samples and answers a profile's bytes as the real strap
would. It knows nothing that devices' documents do not say, and shares no decoding code with the
profiles, so that a profile and its imitation can prove each other wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Flag, auto
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sensor.errors import SensorError
from sensor.gatt import Advertisement, Char, NotifyCallback
from sensor.sample import Floats, ImuBatch

Packet = tuple[Char, bytes]
"""A notification or indication and where it comes from."""


class Access(Flag):
    """What a characteristic offers."""

    READ = auto()
    WRITE = auto()
    NOTIFY = auto()
    INDICATE = auto()


class Imitation(Protocol):
    """One strap.

    Attributes:
        name: its advertised name.
        services: the service UUIDs that it advertises.
        company_id: of its manufacturer data, or None.
        chars: what it offers.
        rate_hz: the rate at which it must be given samples.
    """

    name: str
    services: Sequence[str]
    company_id: int | None
    chars: Mapping[Char, Access]
    rate_hz: float

    def read(self, char: Char) -> bytes:
        """Return a value."""

    def write(self, char: Char, data: bytes) -> list[Packet]:
        """Take a value; return what the strap answers."""

    def sample(self, batch: ImuBatch) -> list[Packet]:
        """Take samples from the chip; return what the strap sends."""

    def disconnected(self) -> None:
        """Take note that the central is gone."""


class ImitationError(SensorError):
    """A profile did what the real strap would not have taken."""


class ImitatedGatt:
    """A connection to an imitation, in memory; satisfies the `Gatt` protocol."""

    def __init__(self, strap: Imitation, *, mtu: int = 247) -> None:
        self.strap = strap
        self._mtu = mtu
        self._subscribed: dict[Char, NotifyCallback] = {}

    @property
    def mtu(self) -> int | None:
        """The MTU as given."""
        return self._mtu

    def has(self, char: Char) -> bool:
        """Return whether the strap offers the characteristic."""
        return char in self.strap.chars

    async def read(self, char: Char) -> bytes:
        """Read a value."""
        self._check(char, Access.READ)
        return self.strap.read(char)

    async def write(self, char: Char, data: bytes, *, response: bool) -> None:
        """Write a value and deliver the answers."""
        self._check(char, Access.WRITE)
        self.deliver(self.strap.write(char, data))

    async def notify(self, char: Char, callback: NotifyCallback) -> None:
        """Subscribe."""
        self._check(char, Access.NOTIFY | Access.INDICATE)
        if char in self._subscribed:
            raise ImitationError(f"{char.uuid} is subscribed already")
        self._subscribed[char] = callback

    async def stop_notify(self, char: Char) -> None:
        """Unsubscribe."""
        del self._subscribed[char]

    def deliver(self, packets: Sequence[Packet]) -> None:
        """Hand packets to their subscribers; what nobody subscribed is lost, as on the air."""
        for char, data in packets:
            if len(data) > self._mtu - 3:
                raise ImitationError(f"{len(data)} bytes do not fit an MTU of {self._mtu}")
            if char in self._subscribed:
                self._subscribed[char](data)

    def _check(self, char: Char, access: Access) -> None:
        if not self.strap.chars.get(char, Access(0)) & access:
            raise ImitationError(f"{char.uuid} does not offer {access}")


def advertisement_of(strap: Imitation) -> Advertisement:
    """Return what a scan sees of an imitation."""
    companies = frozenset() if strap.company_id is None else frozenset({strap.company_id})
    return Advertisement("imitated", strap.name, frozenset(strap.services), companies, -60)


def counts(values: Floats, per_unit: float, *, limit: int = 32767) -> NDArray[np.int16]:
    """Return 16-bit readings of `values` at `per_unit` counts per unit, clipped."""
    return np.clip(np.rint(values * per_unit), -limit - 1, limit).astype("<i2")


def rotation(batch: ImuBatch) -> Floats:
    """Return the batch's rates in degrees per second, zeros without a gyroscope."""
    return np.zeros_like(batch.acc) if batch.gyro is None else np.degrees(batch.gyro)


class DeviceClock:
    """Ticks that run with the samples from an odd start, and wrap."""

    def __init__(self, tick_s: float, *, bits: int, first: int) -> None:
        self._tick_s = tick_s
        self._span = 1 << bits
        self._first = first
        self._origin_s: float | None = None

    def ticks(self, t: Floats) -> list[int]:
        """Return the tick of each time."""
        if self._origin_s is None:
            self._origin_s = float(t[0])
        passed = np.rint((t - self._origin_s) / self._tick_s).astype(np.int64)
        return [(self._first + int(tick)) % self._span for tick in passed]
