"""The scanner backend with which bleak listens to a virtual air.

This module needs the optional package bumble.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement, Device

from sensor.virtual.air import Air, whole

SCAN_INTERVAL_MS = 20
_UUID_LISTS = (
    AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
)


class AirScanner(BaseBleakScanner):
    """Reports the advertisements on the air."""

    air: Air

    def __init__(
        self,
        detection_callback: Callable[[BLEDevice, AdvertisementData], None] | None,
        service_uuids: list[str] | None,
        scanning_mode: str,
        **_: object,
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        """Start listening."""
        self.seen_devices = {}
        central = self.air.central
        central.on(Device.EVENT_ADVERTISEMENT, self._advertised)
        await whole(
            central.start_scanning(
                scan_interval=SCAN_INTERVAL_MS,
                scan_window=SCAN_INTERVAL_MS,
                filter_duplicates=False,
            )
        )

    async def stop(self) -> None:
        """Stop listening."""
        central = self.air.central
        with contextlib.suppress(KeyError, ValueError):
            central.remove_listener(Device.EVENT_ADVERTISEMENT, self._advertised)
        await whole(central.stop_scanning())

    def _advertised(self, advertisement: Advertisement) -> None:
        data = _advertisement_data(advertisement)
        if not self.is_allowed_uuid(data.service_uuids):
            return
        address = str(advertisement.address).removesuffix("/P")
        device = self.create_or_update_device(
            address, address, data.local_name, advertisement.address, data
        )
        self.call_detection_callbacks(device, data)


def _advertisement_data(advertisement: Advertisement) -> AdvertisementData:
    data = advertisement.data
    uuids = [uuid for kind in _UUID_LISTS for uuid in data.get(kind) or ()]
    name = data.get(AdvertisingData.COMPLETE_LOCAL_NAME)
    return AdvertisementData(
        local_name=name if isinstance(name, str) else None,
        manufacturer_data={},
        service_data={},
        service_uuids=[uuid_text(uuid) for uuid in uuids],
        tx_power=None,
        rssi=advertisement.rssi,
        platform_data=(),
    )


def uuid_text(uuid: UUID) -> str:
    """Return a UUID as bleak writes it: 128 bits, lower case."""
    return (
        str(uuid.to_hex_str(separator="-")).lower()
        if len(uuid.uuid_bytes) == 16
        else (f"0000{int.from_bytes(uuid.uuid_bytes, 'little'):04x}-0000-1000-8000-00805f9b34fb")
    )
