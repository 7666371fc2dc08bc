"""The GATT server of a virtual strap on a virtual air.

This module needs the optional package bumble.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from bumble import att
from bumble.core import AdvertisingData
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service

from sensor.gatt import Char
from sensor.profiles import lumbar_wire as wire
from sensor.virtual.air import Air, whole
from sensor.virtual.firmware import StrapFirmware

ADVERTISING_INTERVAL_MS = 40
GENERAL_DISCOVERABLE_NO_CLASSIC = b"\x06"
FIRMWARE_VERSION = "virtual 1.0"

_P = Characteristic.Properties
_READ = Characteristic.READABLE
_WRITE = Characteristic.WRITEABLE


class StrapServer:
    """Serves a `StrapFirmware` to one central at a time; an asynchronous context manager."""

    def __init__(self, air: Air, firmware: StrapFirmware, *, name: str, serial: str) -> None:
        self._air = air
        self._firmware = firmware
        self._name = name
        self._serial = serial
        self._device: Device = air.device(name, _address(serial))
        self._connection: Connection | None = None
        self._visible = False
        self._advertising = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._chars: dict[Char, Characteristic] = {}
        self._device.add_services(self._services())
        self._device.on(Device.EVENT_CONNECTION, self._connected)

    async def __aenter__(self) -> Self:
        await whole(self._device.power_on())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._visible = False
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._settle_advertising()
        self._air.remove(self._device)

    async def reach(self, in_reach: bool, /) -> None:
        """Come into reach or go out of it."""
        if in_reach:
            await self.appear()
        else:
            await self.vanish()

    async def appear(self) -> None:
        """Advertise, unless a central is connected already."""
        if self._visible:
            return
        self._visible = True
        await self._settle_advertising()

    async def vanish(self) -> None:
        """Go out of reach: lose the connection and stop advertising."""
        if not self._visible:
            return
        self._visible = False
        await self._settle_advertising()
        self._air.drop(self._device)

    async def send(self, packets: list[bytes]) -> None:
        """Notify data packets."""
        await self._notify(wire.DATA, packets)

    async def tell_battery(self) -> None:
        """Notify the charge."""
        await self._notify(wire.BATTERY_LEVEL, [bytes((self._firmware.battery_percent,))])

    async def send_backfill(self, packets: list[bytes]) -> None:
        """Notify packets of buffered samples."""
        await self._notify(wire.BACKFILL, packets)

    async def _notify(self, char: Char, packets: list[bytes]) -> None:
        connection = self._connection
        if connection is None:
            return
        for packet in packets:
            await self._device.gatt_server.notify_subscriber(connection, self._chars[char], packet)

    async def _settle_advertising(self) -> None:
        """Advertise if and only if the strap is in reach and free."""
        await whole(self._advertise_as_needed())

    async def _advertise_as_needed(self) -> None:
        # Bumble's advertising set does not survive two commands at once.
        async with self._advertising:
            if not self._visible or self._connection is not None:
                await self._device.stop_advertising()
            elif not self._device.is_advertising:
                await self._device.start_advertising(
                    advertising_data=_advertising_data(self._name),
                    scan_response_data=b"",
                    advertising_interval_min=ADVERTISING_INTERVAL_MS,
                    advertising_interval_max=ADVERTISING_INTERVAL_MS,
                )

    def _connected(self, connection: Connection) -> None:
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._disconnected)

    def _disconnected(self, _reason: int) -> None:
        self._connection = None
        self._firmware.disconnected()
        if self._visible:
            self._spawn(self._settle_advertising())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _services(self) -> list[Service]:
        firmware = self._firmware
        ours = [
            self._char(wire.INFO, _P.READ, _READ, lambda _: firmware.info.pack()),
            self._char(
                wire.CONFIG,
                _P.READ | _P.WRITE,
                _READ | _WRITE,
                lambda _: firmware.config.pack(),
                lambda _, data: firmware.write_config(bytes(data)),
            ),
            self._char(wire.DATA, _P.NOTIFY, _READ),
            self._char(wire.CONTROL, _P.WRITE | _P.INDICATE, _WRITE, None, self._write_control),
            self._char(wire.BACKFILL, _P.NOTIFY, _READ),
            self._char(wire.STATUS, _P.READ, _READ, lambda _: firmware.status()),
        ]
        return [
            Service(wire.SERVICE, ours),
            Service(
                wire.BATTERY_LEVEL.service,
                [
                    self._char(
                        wire.BATTERY_LEVEL,
                        _P.READ | _P.NOTIFY,
                        _READ,
                        lambda _: bytes((firmware.battery_percent,)),
                    )
                ],
            ),
            Service(
                wire.SERIAL_NUMBER.service,
                [
                    self._char(wire.SERIAL_NUMBER, _P.READ, _READ, lambda _: self._serial.encode()),
                    self._char(
                        wire.FIRMWARE_REVISION, _P.READ, _READ, lambda _: FIRMWARE_VERSION.encode()
                    ),
                ],
            ),
        ]

    def _char(
        self,
        char: Char,
        properties: int,
        permissions: int,
        read: object = None,
        write: object = None,
    ) -> Characteristic:
        value = CharacteristicValue(read=read, write=write) if read or write else b""
        made = Characteristic(char.uuid, properties, permissions, value)
        self._chars[char] = made
        return made

    def _write_control(self, connection: Connection, data: bytes) -> None:
        if not data:
            raise att.ATT_Error(att.ErrorCode.INVALID_ATTRIBUTE_LENGTH)
        self._firmware.connected(int(connection.att_mtu))
        reply = self._firmware.control(bytes(data))
        self._spawn(
            self._device.gatt_server.indicate_subscriber(
                connection, self._chars[wire.CONTROL], reply
            )
        )


def _address(serial: str) -> str:
    """Return a static random address made from the serial, so that a strap keeps its own."""
    digits = [sum(serial.encode()[i::5]) & 0xFF for i in range(5)]
    return "C2:" + ":".join(f"{digit:02X}" for digit in digits)


def _advertising_data(name: str) -> bytes:
    service = bytes.fromhex(wire.SERVICE.replace("-", ""))[::-1]
    return bytes(
        AdvertisingData(
            [
                (AdvertisingData.FLAGS, GENERAL_DISCOVERABLE_NO_CLASSIC),
                (AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, service),
                (AdvertisingData.COMPLETE_LOCAL_NAME, name.encode()),
            ]
        )
    )
