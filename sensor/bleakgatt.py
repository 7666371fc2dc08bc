"""The narrow Gatt protocol over one connected bleak client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from bleak import BleakClient
from bleak.backends import BleakBackend
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakCharacteristicNotFoundError, BleakError

from sensor.errors import ForbiddenWriteError
from sensor.gatt import Char, NotifyCallback

CALL_TIMEOUT_S = 5.0  # bleak's own is 10 s on Linux and 120 s on Windows


class BleakGatt:
    """Reads, writes and subscribes, each call under our own timeout and allow-list."""

    def __init__(self, client: BleakClient, writable: frozenset[Char]) -> None:
        self._client = client
        self._writable = writable
        self._resolved: dict[Char, BleakGATTCharacteristic] = {}

    @property
    def mtu(self) -> int | None:
        """The negotiated MTU; None on BlueZ, where bleak says 23 whatever was negotiated."""
        if self._client.backend_id is BleakBackend.BLUEZ_DBUS:
            return None
        return self._client.mtu_size

    def has(self, char: Char) -> bool:
        """Return whether the strap offers the characteristic."""
        return self._find(char) is not None

    async def read(self, char: Char) -> bytes:
        """Read a value."""
        async with asyncio.timeout(CALL_TIMEOUT_S):
            return bytes(await self._client.read_gatt_char(self._resolve(char)))

    async def write(self, char: Char, data: bytes, *, response: bool) -> None:
        """Write a value; raises ForbiddenWriteError for what the profile does not name."""
        if char not in self._writable:
            raise ForbiddenWriteError(f"the profile does not allow writing to {char.uuid}")
        async with asyncio.timeout(CALL_TIMEOUT_S):
            await self._client.write_gatt_char(self._resolve(char), data, response=response)

    async def notify(self, char: Char, callback: NotifyCallback) -> None:
        """Subscribe; a subscription that BlueZ kept from a lost session is replaced."""
        found = self._resolve(char)
        adapt = _adapter(callback)
        async with asyncio.timeout(CALL_TIMEOUT_S):
            try:
                await self._client.start_notify(found, adapt)
            except (BleakError, ValueError):
                with contextlib.suppress(BleakError, ValueError):
                    await self._client.stop_notify(found)
                await self._client.start_notify(found, adapt)

    async def stop_notify(self, char: Char) -> None:
        """Unsubscribe."""
        async with asyncio.timeout(CALL_TIMEOUT_S):
            await self._client.stop_notify(self._resolve(char))

    def _resolve(self, char: Char) -> BleakGATTCharacteristic:
        found = self._find(char)
        if found is None:
            raise BleakCharacteristicNotFoundError(char.uuid)
        return found

    def _find(self, char: Char) -> BleakGATTCharacteristic | None:
        if char in self._resolved:
            return self._resolved[char]
        for service in self._client.services:
            if service.uuid == char.service:
                found = service.get_characteristic(char.uuid)
                if found is not None:
                    self._resolved[char] = found
                    return found
        return None


def _adapter(callback: NotifyCallback) -> Callable[[BleakGATTCharacteristic, bytearray], None]:
    def received(_: BleakGATTCharacteristic, data: bytearray) -> None:
        callback(bytes(data))

    return received
