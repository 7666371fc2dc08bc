"""bleak backends without any radio: a strap's firmware called directly, to measure what is ours."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError
from linktrial import LAPS, STEP_MS2

from sensor.gatt import Char
from sensor.link import StrapLink
from sensor.profiles import lumbar_wire as wire
from sensor.profiles.lumbar_imu import LumbarImu
from sensor.radio import Radio
from sensor.sample import ImuBatch
from sensor.settings import StrapSettings
from sensor.timeline import Timeline
from sensor.virtual.firmware import StrapFirmware

RATE_HZ = 100.0
PACKET = 10
MIB = 1024**2
START_S = 1_700_000_000.0
CHARS = {
    wire.INFO: ["read"],
    wire.CONFIG: ["read", "write"],
    wire.DATA: ["notify"],
    wire.CONTROL: ["write", "indicate"],
    wire.BATTERY_LEVEL: ["read"],
    wire.SERIAL_NUMBER: ["read"],
}
ADVERTISEMENT = AdvertisementData("Lumbar-N", {}, {}, [wire.SERVICE], None, -50, ())


class NullRadio:
    """One strap; `push` what it measures, `lose` it out of reach, let it `come_back`."""

    def __init__(self, firmware: StrapFirmware, serial: str) -> None:
        self.firmware = firmware
        self.serial = serial
        self.client: NullClient | None = None
        self.in_reach = True
        self.scanner: NullScanner | None = None
        self.radio = Radio(
            scanner=type("NullScanner", (NullScanner,), {"owner": self}),
            client=type("NullClient", (NullClient,), {"owner": self}),
        )

    def push(self, batch: ImuBatch) -> None:
        packets = self.firmware.sample(batch)
        if self.client is not None:
            for packet in packets:
                self.client.notify(wire.DATA, packet)

    def lose(self) -> None:
        self.in_reach = False
        client, self.client = self.client, None
        self.firmware.disconnected()
        if client is not None:
            client.lost()

    def come_back(self) -> None:
        self.in_reach = True
        if self.scanner is not None:
            self.scanner.advertise()


class NullScanner(BaseBleakScanner):
    owner: NullRadio

    def __init__(self, callback: Any, services: Any, mode: str, **_: Any) -> None:
        super().__init__(callback, services)

    async def start(self) -> None:
        self.owner.scanner = self
        if self.owner.in_reach:
            self.advertise()

    async def stop(self) -> None:
        self.owner.scanner = None

    def advertise(self) -> None:
        address = self.owner.serial
        device = self.create_or_update_device(address, address, "Lumbar-N", None, ADVERTISEMENT)
        loop = asyncio.get_running_loop()
        loop.call_soon(self.call_detection_callbacks, device, ADVERTISEMENT)


class NullClient(BaseBleakClient):
    owner: NullRadio

    def __init__(self, device: BLEDevice | str, **kwargs: Any) -> None:
        super().__init__(
            device, disconnected_callback=kwargs["disconnected_callback"], timeout=10.0
        )
        self._callbacks: dict[Char, NotifyCallback] = {}

    @property
    def mtu_size(self) -> int:
        return 247

    @property
    def is_connected(self) -> bool:
        return self.owner.client is self

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        self.owner.firmware.connected(247)
        self.owner.client = self
        self.services = _services()

    async def disconnect(self) -> None:
        if self.owner.client is self:
            self.owner.client = None
            self.owner.firmware.disconnected()

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        pass

    async def unpair(self) -> None:
        pass

    async def read_gatt_char(self, characteristic: Any, **kwargs: Any) -> bytearray:
        firmware = self.owner.firmware
        values = {
            wire.INFO: firmware.info.pack(),
            wire.CONFIG: firmware.config.pack(),
            wire.BATTERY_LEVEL: bytes((firmware.battery_percent,)),
            wire.SERIAL_NUMBER: self.owner.serial.encode(),
        }
        return bytearray(values[characteristic.obj])

    async def read_gatt_descriptor(self, descriptor: Any, **kwargs: Any) -> bytearray:
        raise BleakError("no descriptors here")

    async def write_gatt_char(self, characteristic: Any, data: Any, response: bool) -> None:
        if characteristic.obj == wire.CONFIG:
            self.owner.firmware.write_config(bytes(data))
            return
        reply = self.owner.firmware.control(bytes(data))
        asyncio.get_running_loop().call_soon(self.notify, wire.CONTROL, reply)

    async def write_gatt_descriptor(self, descriptor: Any, data: Any) -> None:
        raise BleakError("no descriptors here")

    async def start_notify(self, characteristic: Any, callback: Any, **kwargs: Any) -> None:
        self._callbacks[characteristic.obj] = callback

    async def stop_notify(self, characteristic: Any) -> None:
        self._callbacks.pop(characteristic.obj, None)

    def notify(self, char: Char, data: bytes) -> None:
        callback = self._callbacks.get(char)
        if callback is not None:
            callback(bytearray(data))

    def lost(self) -> None:
        if self._disconnected_callback is not None:
            self._disconnected_callback()


def _services() -> BleakGATTServiceCollection:
    collection = BleakGATTServiceCollection()
    services: dict[str, BleakGATTService] = {}
    for handle, (char, properties) in enumerate(CHARS.items(), start=100):
        service = services.get(char.service)
        if service is None:
            service = BleakGATTService(None, len(services) + 1, char.service)
            services[char.service] = service
            collection.add_service(service)
        collection.add_characteristic(
            BleakGATTCharacteristic(char, handle, char.uuid, properties, lambda: 244, service)  # type: ignore[arg-type]
        )
    return collection


def batch_at(start_s: float, number: int) -> ImuBatch:
    index = np.arange(number, number + PACKET)
    acc = np.zeros((PACKET, 3))
    acc[:, 0] = (index % LAPS) * STEP_MS2
    acc[:, 2] = 9.8
    return ImuBatch(t=start_s + index / RATE_HZ, acc=acc, gyro=acc * 0.1)


def new_link(radio: NullRadio, timeline: Timeline) -> StrapLink:
    return StrapLink(
        timeline=timeline,
        profiles=[LumbarImu()],
        settings=StrapSettings(rate_hz=RATE_HZ),
        radio=radio.radio,
    )


async def streaming(radio: NullRadio) -> None:
    """Wait until the strap streams again."""
    while not radio.firmware.streaming:  # noqa: ASYNC110 - the strap has no event to wait for
        await asyncio.sleep(0.0005)
