"""Which Bluetooth backends bleak is to use: the platform's, or those of a virtual radio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sensor.gatt import Advertisement
from sensor.profiles.standard import BATTERY_LEVEL

if TYPE_CHECKING:
    from bleak import BleakClient, BleakScanner
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

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


async def connect(
    radio: Radio | None,
    device: BLEDevice,
    gone: Callable[[BleakClient], None],
    *,
    adapter: str = "",
    attempts: int = 2,
) -> BleakClient:
    """Return a new connected client; `gone` is called when its connection is lost."""
    from bleak import BleakClient  # noqa: PLC0415 - as above
    from bleak_retry_connector import establish_connection  # noqa: PLC0415 - as above

    options: dict[str, Any] = {} if radio is None else {"backend": radio.client}
    if adapter:
        options["bluez"] = {"adapter": adapter}
    return await establish_connection(
        BleakClient,
        device,
        device.name or device.address,
        disconnected_callback=gone,
        max_attempts=attempts,
        use_services_cache=False,
        **options,
    )


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
