"""Puts an imitated strap on the virtual radio, where the real client code finds it.

This module needs the optional package bumble.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from bumble.core import AdvertisingData
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service

from sensor.gatt import Char
from sensor.sample import ImuBatch
from sensor.source import LinkStatus
from sensor.timeline import Timeline
from sensor.virtual.air import Air
from sensor.virtual.imitation import Access, Imitation, Packet

ADVERTISING_INTERVAL_MS = 40
ADVERTISEMENT_BYTES = 31
_GENERAL_DISCOVERABLE_NO_CLASSIC = b"\x06"
_PROPERTIES = {
    Access.READ: Characteristic.Properties.READ,
    Access.WRITE: Characteristic.Properties.WRITE
    | Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    Access.NOTIFY: Characteristic.Properties.NOTIFY,
    Access.INDICATE: Characteristic.Properties.INDICATE,
}


class ImitationServer:
    """Serves one imitation to one central at a time."""

    def __init__(self, air: Air, strap: Imitation, *, address: str) -> None:
        self._air = air
        self._strap = strap
        self._device: Device = air.device(strap.name, address)
        self._chars: dict[Char, Characteristic] = {}
        self._connection: Connection | None = None
        self._answers: set[asyncio.Task[None]] = set()
        self._device.add_services(self._services())
        self._device.on(Device.EVENT_CONNECTION, self._connected)

    async def play(self, timeline: Timeline, batches: Iterator[ImuBatch | LinkStatus]) -> None:
        """Advertise and send the samples, each batch when its time has come."""
        await self._device.power_on()
        await self._advertise()
        for batch in batches:
            if isinstance(batch, LinkStatus):
                continue
            wait_s = timeline.wall_seconds(float(batch.t[-1]) - timeline.now())
            await asyncio.sleep(max(0.0, wait_s))
            await self._send(self._strap.sample(batch))

    @asynccontextmanager
    async def advertising(
        self, timeline: Timeline, batches: Iterator[ImuBatch | LinkStatus]
    ) -> AsyncIterator[None]:
        """Play in the background while the block runs."""
        task = asyncio.create_task(self.play(timeline, batches), name=self._strap.name)
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await asyncio.gather(*self._answers, return_exceptions=True)
            await self._device.stop_advertising()
            self._air.remove(self._device)

    async def _advertise(self) -> None:
        data = [(AdvertisingData.FLAGS, _GENERAL_DISCOVERABLE_NO_CLASSIC)]
        for service in self._strap.services:
            uuid = bytes.fromhex(service.replace("-", ""))[::-1]
            data.append((AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, uuid))
        if self._strap.company_id is not None:
            company = self._strap.company_id.to_bytes(2, "little") + b"\x01"
            data.append((AdvertisingData.MANUFACTURER_SPECIFIC_DATA, company))
        name = (AdvertisingData.COMPLETE_LOCAL_NAME, self._strap.name.encode())
        fits = len(bytes(AdvertisingData([*data, name]))) <= ADVERTISEMENT_BYTES
        await self._device.start_advertising(
            advertising_data=bytes(AdvertisingData([*data, name] if fits else data)),
            scan_response_data=b"" if fits else bytes(AdvertisingData([name])),
            advertising_interval_min=ADVERTISING_INTERVAL_MS,
            advertising_interval_max=ADVERTISING_INTERVAL_MS,
        )

    def _connected(self, connection: Connection) -> None:
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._disconnected)

    def _disconnected(self, _reason: int) -> None:
        self._connection = None
        self._strap.disconnected()

    async def _send(self, packets: list[Packet]) -> None:
        connection, server = self._connection, self._device.gatt_server
        if connection is None:
            return
        for char, data in packets:
            if Access.INDICATE in self._strap.chars[char]:
                await server.indicate_subscriber(connection, self._chars[char], data)
            else:
                await server.notify_subscriber(connection, self._chars[char], data)

    def _written(self, char: Char, _connection: Connection, data: bytes) -> None:
        packets = self._strap.write(char, bytes(data))
        if packets:
            task = asyncio.create_task(self._send(packets))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    def _services(self) -> list[Service]:
        grouped: dict[str, list[Characteristic]] = {}
        for char, access in self._strap.chars.items():
            grouped.setdefault(char.service, []).append(self._char(char, access))
        return [Service(uuid, chars) for uuid, chars in grouped.items()]

    def _char(self, char: Char, access: Access) -> Characteristic:
        properties: Any = Characteristic.Properties(0)
        for one in access:
            properties |= _PROPERTIES[one]
        value = CharacteristicValue(
            read=lambda _: self._strap.read(char), write=partial(self._written, char)
        )
        made = Characteristic(
            char.uuid, properties, Characteristic.READABLE | Characteristic.WRITEABLE, value
        )
        self._chars[char] = made
        return made
