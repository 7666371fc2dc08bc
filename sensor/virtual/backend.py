"""Scanner and client backends with which bleak talks over a virtual air.

This module needs the optional package bumble.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bleak.args import SizedBuffer
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError
from bumble import core, hci
from bumble.device import Connection, Peer
from bumble.gatt_client import CharacteristicProxy, ServiceProxy

from sensor.radio import Radio
from sensor.virtual.air import Air, seen, whole
from sensor.virtual.airscan import AirScanner, uuid_text

MTU = 247
T = TypeVar("T")

BUMBLE_ERRORS = (core.BaseBumbleError, hci.HCI_Error, TimeoutError, asyncio.CancelledError)


def new_backends(air: Air) -> Radio:
    """Return a pair of backend classes bound to an air; bleak wants classes, not objects."""
    return Radio(
        scanner=type("VirtualScanner", (AirScanner,), {"air": air}),
        client=type("VirtualClient", (AirClient,), {"air": air}),
    )


class AirClient(BaseBleakClient):
    """A GATT client over the air's central."""

    air: Air

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        super().__init__(
            address_or_ble_device,
            disconnected_callback=kwargs.pop("disconnected_callback", None),
            timeout=kwargs.pop("timeout", 10.0),
        )
        self._connection: Connection | None = None
        self._peer: Peer | None = None
        self._subscribers: dict[int, Callable[[bytes], None]] = {}
        self._requests: set[asyncio.Future[Any]] = set()

    @property
    def name(self) -> str:
        """The address; names are the scanner's business."""
        return self.address

    @property
    def mtu_size(self) -> int:
        """The negotiated MTU."""
        return 23 if self._connection is None else int(self._connection.att_mtu)

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands."""
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        """Connect, agree on an MTU and discover everything."""
        timeout_s = float(kwargs.get("timeout", self._timeout))
        async with self.air.connecting:
            connection = await self._reach(timeout_s)
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._disconnected)
        try:
            async with asyncio.timeout(timeout_s):
                self._peer = Peer(connection)
                self.services = await self._request(self._discover(self._peer))
        except BaseException as error:
            await self.disconnect()
            raise _as_bleak(error) from error

    async def disconnect(self) -> None:
        """Disconnect; nothing happens when the connection is gone already."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        connection.remove_listener(Connection.EVENT_DISCONNECTION, self._disconnected)
        with contextlib.suppress(core.BaseBumbleError, hci.HCI_Error):
            await whole(connection.disconnect())
        self._drop_requests()

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        """Virtual straps need no pairing."""

    async def unpair(self) -> None:
        """Virtual straps need no pairing."""

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, **kwargs: Any
    ) -> bytearray:
        """Read a value."""
        async with self._bleak_errors() as peer:
            return bytearray(await self._request(peer.read_value(characteristic.handle)))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, **kwargs: Any
    ) -> bytearray:
        """Read a descriptor."""
        async with self._bleak_errors() as peer:
            return bytearray(await self._request(peer.read_value(descriptor.handle)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        """Write a value."""
        async with self._bleak_errors() as peer:
            await self._request(
                peer.write_value(characteristic.handle, bytes(data), with_response=response)
            )

    async def write_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, data: SizedBuffer
    ) -> None:
        """Write a descriptor."""
        async with self._bleak_errors() as peer:
            await self._request(
                peer.write_value(descriptor.handle, bytes(data), with_response=True)
            )

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **kwargs: Any
    ) -> None:
        """Subscribe."""

        def received(value: bytes) -> None:
            callback(bytearray(value))

        self._subscribers[characteristic.handle] = received
        async with self._bleak_errors() as peer:
            await self._request(peer.subscribe(characteristic.obj, received))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        received = self._subscribers.pop(characteristic.handle, None)
        if received is None:
            return
        async with self._bleak_errors() as peer:
            await self._request(peer.unsubscribe(characteristic.obj, received))

    async def _reach(self, timeout_s: float) -> Connection:
        central = self.air.central
        connecting = asyncio.ensure_future(
            central.connect(hci.Address(self.address), timeout=timeout_s)
        )
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # Bumble sends the Cancel for its own timeout only, not when its caller gives up.
            with contextlib.suppress(hci.HCI_Error):  # disallowed once the connection is made
                await whole(central.cancel_connection())
            ended: Any = await asyncio.gather(connecting, return_exceptions=True)
            if isinstance(ended[0], Connection):
                await whole(ended[0].disconnect())
            raise
        except (core.BaseBumbleError, hci.HCI_Error, TimeoutError) as error:
            raise BleakDeviceNotFoundError(self.address) from error

    async def _discover(self, peer: Peer) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        await peer.request_mtu(MTU)
        await peer.discover_services()
        for service in peer.services:
            await peer.discover_characteristics(service=service)
            self._add_service(found, service)
        return found

    def _add_service(self, found: BleakGATTServiceCollection, service: ServiceProxy) -> None:
        ours = BleakGATTService(service, service.handle, uuid_text(service.uuid))
        found.add_service(ours)
        for characteristic in service.characteristics:
            found.add_characteristic(self._characteristic(characteristic, ours))

    def _characteristic(
        self, proxy: CharacteristicProxy, service: BleakGATTService
    ) -> BleakGATTCharacteristic:
        return BleakGATTCharacteristic(
            proxy,
            proxy.handle,
            uuid_text(proxy.uuid),
            list(gatt_char_props_to_strs(int(proxy.properties))),
            lambda: self.mtu_size - 3,
            service,
        )

    @contextlib.asynccontextmanager
    async def _bleak_errors(self) -> Any:
        if self._peer is None or self._connection is None:
            raise BleakError("not connected")
        try:
            yield self._peer
        except BUMBLE_ERRORS as error:
            raise _as_bleak(error) from error

    async def _request(self, request: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(request)
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)
        task.add_done_callback(seen)
        return await asyncio.shield(task)

    def _drop_requests(self) -> None:
        # Only now: cutting one off on a living connection would block all that follow.
        for task in self._requests:
            task.cancel()

    def _disconnected(self, _reason: int) -> None:
        self._connection = None
        self._drop_requests()
        if self._disconnected_callback is not None:
            self._disconnected_callback()


def _as_bleak(error: BaseException) -> BaseException:
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        # Bumble cancels its pending requests when the link is lost; that is no cancellation of us.
        return error if task is not None and task.cancelling() else BleakError("link lost")
    if isinstance(error, core.BaseBumbleError | hci.HCI_Error):
        return BleakError(str(error) or type(error).__name__)
    return error
