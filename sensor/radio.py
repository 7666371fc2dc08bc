"""Which Bluetooth backends bleak is to use: the platform's, or those of a virtual radio."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sensor.gatt import Advertisement
from sensor.linkpolicy import RADIO_ERRORS, Fault, LinkParams, fault_of
from sensor.profiles.standard import BATTERY_LEVEL

if TYPE_CHECKING:
    from bleak import BleakClient, BleakScanner
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

# bleak-retry-connector#226: a device that BlueZ keeps for busy stays so until it is removed. A
# program that really is busy with the strap is done after fewer attempts.
FORGET_AFTER = 3

_log = logging.getLogger(__name__)

Seen = Callable[["BLEDevice", "AdvertisementData"], None]


@dataclass(frozen=True, slots=True)
class Radio:
    """A pair of bleak backends."""

    scanner: type[BaseBleakScanner]
    client: type[BaseBleakClient]


def new_scanner(radio: Radio | None, seen: Seen, *, adapter: str = "") -> BleakScanner:
    """Return a scanner of the radio, or of the platform, that reports to `seen`."""
    from bleak import BleakScanner  # noqa: PLC0415 - 0.1 s that commands without a radio save

    return BleakScanner(
        seen,
        bluez={"adapter": adapter} if adapter else {},
        backend=None if radio is None else radio.scanner,
    )


class Connector:
    """Makes connections to straps; lets BlueZ forget a strap that it keeps for busy.

    Args:
        radio: the radio, or None for the platform's.
        params: `connect_s` bounds a connection with its retries.
        adapter: the adapter's name, or "" for the default one.
    """

    def __init__(self, radio: Radio | None, params: LinkParams, *, adapter: str = "") -> None:
        self._params = params
        self._options: dict[str, Any] = {} if radio is None else {"backend": radio.client}
        if adapter:
            self._options["bluez"] = {"adapter": adapter}
        self._busy = 0

    async def connect(self, device: BLEDevice, gone: Callable[[BleakClient], None]) -> BleakClient:
        """Return a new connected client; `gone` is called when its connection is lost."""
        try:
            client = await self._establish(device, gone)
        except RADIO_ERRORS as error:
            await self._note(device, fault_of(error))
            raise
        self._busy = 0
        return client

    async def _establish(
        self, device: BLEDevice, gone: Callable[[BleakClient], None]
    ) -> BleakClient:
        from bleak import BleakClient  # noqa: PLC0415 - as above
        from bleak_retry_connector import establish_connection  # noqa: PLC0415 - as above

        async with asyncio.timeout(self._params.connect_s):
            return await establish_connection(
                BleakClient,
                device,
                device.name or device.address,
                disconnected_callback=gone,
                max_attempts=2,
                use_services_cache=False,
                **self._options,
            )

    async def _note(self, device: BLEDevice, fault: Fault) -> None:
        self._busy = self._busy + 1 if fault is Fault.IN_PROGRESS else 0
        if self._busy >= FORGET_AFTER:
            self._busy = 0
            await self._forget(device)

    async def _forget(self, device: BLEDevice) -> None:
        from bleak import BleakClient  # noqa: PLC0415 - as above
        from bleak.backends import BleakBackend  # noqa: PLC0415 - as above

        client = BleakClient(device, **self._options)
        if client.backend_id is not BleakBackend.BLUEZ_DBUS or _paired(device):
            return
        _log.warning("Bluetooth keeps %s for busy; it is looked for anew", device.address)
        with contextlib.suppress(*RADIO_ERRORS):
            async with asyncio.timeout(self._params.close_s):
                await client.unpair()  # on BlueZ: RemoveDevice


def _paired(device: BLEDevice) -> bool:
    """Return whether BlueZ holds keys of the device, which only its owner may throw away."""
    return bool(device.details["props"].get("Paired"))


def advertisement_of(device: BLEDevice, data: AdvertisementData) -> Advertisement:
    """Return what a scan saw in our own words."""
    return Advertisement(
        address=device.address,
        name=data.local_name or device.name,
        services=frozenset(uuid.lower() for uuid in data.service_uuids),
        manufacturer_ids=frozenset(data.manufacturer_data),
        rssi_dbm=data.rssi,
        battery_percent=_charge(data.service_data.get(BATTERY_LEVEL.service, b"")),
    )


def _charge(told: bytes) -> int | None:
    """Return the per cent in the Battery Service's advertised data, or None."""
    return told[0] if len(told) == 1 and told[0] <= 100 else None
