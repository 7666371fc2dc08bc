"""A BlueZ that is not there: org.bluez on a private dbus-daemon, with faults on demand.

bleak's real BlueZ backend talks to it unmodified. One adapter, one open Lumbar IMU. What a real
daemon does to its clients can be asked for: `fail` a member, lose the link, power the adapter off,
be killed without a word, stall, keep the strap for busy, and send notifications twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from fakebluez_objects import ADAPTER, ADAPTER1, CHAR1, DEVICE, DEVICE1, BluezObjects

from sensor.gatt import Char
from sensor.profiles import lumbar_wire as wire
from sensor.sample import ImuBatch
from sensor.virtual.firmware import StrapFirmware

ADVERTISING_S = 0.05


@contextlib.contextmanager
def private_bus(folder: Path) -> Iterator[str]:
    """Run a dbus-daemon of our own; yields its address."""
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1", "--nopidfile"]
    process = subprocess.Popen(
        [*command, f"--address=unix:dir={folder}"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


class DBusError(Exception):
    """Carries the D-Bus error name that a call is answered with."""


@dataclass
class Fault:
    error: str
    left: int


class FakeBluez:
    """The daemon; `start` it on a bus, and `push` what the strap's sensor measures."""

    def __init__(self, bus_address: str, firmware: StrapFirmware, *, serial: str = "F-1") -> None:
        self.firmware = firmware
        self.serial = serial
        self.calls: Counter[str] = Counter()
        self.in_reach = True
        self.stalled = False
        self.held = False
        self.stuck = False
        self.copies = 1
        self._bus_address = bus_address
        self._bus: MessageBus | None = None
        self._objects = BluezObjects()
        self._notifying: dict[str, Counter[str]] = defaultdict(Counter)
        self._faults: dict[str, Fault] = {}
        self._scanners: set[str] = set()
        self._ticker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Come up, with the adapter powered and the strap known."""
        self._notifying.clear()
        self._scanners.clear()
        self._bus = await MessageBus(bus_address=self._bus_address).connect()
        self._bus.add_message_handler(self._received)
        await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=["type='signal',member='NameOwnerChanged'"],
            )
        )
        await self._bus.request_name("org.bluez")
        self._objects.appear(self._bus)
        self._ticker = asyncio.create_task(self._advertise(), name="fake advertising")

    async def kill(self) -> None:
        """Die as by SIGKILL: no signal says that the strap is gone."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        if self._bus is not None:
            self._bus.disconnect()
            await self._bus.wait_for_disconnect()
            self._bus = self._objects.bus = None
        self.firmware.disconnected()

    def fail(self, member: str, error: str, times: int) -> None:
        """Answer the next `times` calls of a member with an error."""
        self._faults[member] = Fault(error, times)

    def lose_link(self) -> None:
        """Lose the connection, as when the strap is carried away."""
        if self._objects.value(DEVICE, DEVICE1, "Connected"):
            self.firmware.disconnected()
            self._objects.forget_services()
            self._notifying.clear()
            self._objects.change(
                DEVICE, DEVICE1, Connected=("b", False), ServicesResolved=("b", False)
            )

    def hold(self) -> None:
        """Go on connecting for a program that is gone: no other can connect until that is cut."""
        self.lose_link()
        self.held = True

    def jam(self) -> None:
        """Keep the strap for busy until it is removed, as BlueZ at times does after a loss."""
        self.lose_link()
        self.stuck = True

    def power(self, *, on: bool) -> None:
        """Switch the adapter on or off."""
        if not on:
            self.lose_link()
            self._scanners.clear()
        self._objects.change(ADAPTER, ADAPTER1, Powered=("b", on))

    def push(self, batch: ImuBatch) -> None:
        """Let the strap measure; its packets are notified unless it is stalled."""
        packets = self.firmware.sample(batch)
        if self.stalled or self._bus is None:
            return
        self._notify(wire.DATA, packets)
        self._notify(wire.BACKFILL, self.firmware.backfill_packets(8))

    @property
    def connected(self) -> bool:
        """Whether the daemon holds a connection to the strap."""
        return self._bus is not None and bool(self._objects.value(DEVICE, DEVICE1, "Connected"))

    # --- radio

    async def _advertise(self) -> None:
        rssi = -55
        while True:
            await asyncio.sleep(ADVERTISING_S)
            powered = self._objects.value(ADAPTER, ADAPTER1, "Powered")
            if not (self._scanners and powered and self.in_reach) or self.connected:
                continue
            rssi = -56 if rssi == -55 else -55  # only a change is signalled
            if DEVICE not in self._objects.tree:
                self._objects.show_strap()
            self._objects.change(DEVICE, DEVICE1, RSSI=("n", rssi))

    def _notify(self, char: Char, packets: list[bytes]) -> None:
        for path, known in self._objects.chars.items():
            if known != char:
                continue
            # Each registration of each client makes BlueZ emit the value once more.
            times = sum(self._notifying[path].values()) * self.copies
            for packet in packets:
                for _ in range(times):
                    self._objects.change(path, CHAR1, Value=("ay", packet))

    # --- methods

    def _received(self, message: Message) -> Message | bool | None:
        if message.message_type is MessageType.SIGNAL:
            if message.member == "NameOwnerChanged" and not message.body[2]:
                self._client_left(message.body[0])
            return None
        if message.message_type is not MessageType.METHOD_CALL or message.destination is None:
            return None
        member = message.member or ""
        self.calls[member] += 1
        try:
            kind, body = self._answer(message, member)
        except DBusError as error:
            return Message.new_error(message, str(error), "injected")
        return Message.new_method_return(message, kind, body)

    def _client_left(self, name: str) -> None:
        self._scanners.discard(name)
        for senders in self._notifying.values():
            senders.pop(name, None)

    def _answer(self, message: Message, member: str) -> tuple[str, list[Any]]:
        fault = self._faults.get(member)
        if fault is not None and fault.left > 0:
            fault.left -= 1
            raise DBusError(fault.error)
        if member == "GetManagedObjects":
            return "a{oa{sa{sv}}}", [self._objects.tree]
        if message.path not in self._objects.tree:
            raise DBusError("org.freedesktop.DBus.Error.UnknownObject")
        if message.path != ADAPTER and not self._objects.value(ADAPTER, ADAPTER1, "Powered"):
            raise DBusError("org.bluez.Error.NotReady")
        handlers: dict[str, Callable[[Message], tuple[str, list[Any]]]] = {
            "StartDiscovery": self._start_discovery,
            "StopDiscovery": self._stop_discovery,
            "Connect": self._connect,
            "Disconnect": self._disconnect,
            "RemoveDevice": self._remove_device,
            "ReadValue": self._read,
            "WriteValue": self._write,
            "StartNotify": self._start_notify,
            "StopNotify": self._stop_notify,
        }
        return handlers.get(member, lambda _: ("", []))(message)

    def _start_discovery(self, message: Message) -> tuple[str, list[Any]]:
        if not self._objects.value(ADAPTER, ADAPTER1, "Powered"):
            raise DBusError("org.bluez.Error.NotReady")
        sender = message.sender or ""
        if sender in self._scanners:
            raise DBusError("org.bluez.Error.InProgress")
        self._scanners.add(sender)
        return "", []

    def _stop_discovery(self, message: Message) -> tuple[str, list[Any]]:
        self._scanners.discard(message.sender or "")
        return "", []

    def _connect(self, _: Message) -> tuple[str, list[Any]]:
        if self.held or self.stuck:
            raise DBusError("org.bluez.Error.InProgress")
        if not self.in_reach:
            raise DBusError("org.bluez.Error.Failed")
        self.firmware.connected(247)
        self._objects.change(DEVICE, DEVICE1, Connected=("b", True))
        self._objects.publish_services()
        self._objects.change(DEVICE, DEVICE1, ServicesResolved=("b", True))
        return "", []

    def _disconnect(self, _: Message) -> tuple[str, list[Any]]:
        self.held = False
        self.lose_link()
        return "", []

    def _remove_device(self, _: Message) -> tuple[str, list[Any]]:
        self.stuck = False
        self.lose_link()
        self._objects.remove(DEVICE)
        return "", []

    def _read(self, message: Message) -> tuple[str, list[Any]]:
        readers: dict[Char, Callable[[], bytes]] = {
            wire.INFO: self.firmware.info.pack,
            wire.CONFIG: self.firmware.config.pack,
            wire.STATUS: self.firmware.status,
            wire.BATTERY_LEVEL: lambda: bytes((self.firmware.battery_percent,)),
            wire.SERIAL_NUMBER: self.serial.encode,
            wire.FIRMWARE_REVISION: lambda: b"fake",
        }
        return "ay", [readers[self._objects.chars[message.path or ""]]()]

    def _write(self, message: Message) -> tuple[str, list[Any]]:
        char, data = self._objects.chars[message.path or ""], bytes(message.body[0])
        if char == wire.CONFIG:
            self.firmware.write_config(data)
        elif char == wire.CONTROL:
            reply = self.firmware.control(data)
            asyncio.get_running_loop().call_soon(self._notify, wire.CONTROL, [reply])
        return "", []

    def _start_notify(self, message: Message) -> tuple[str, list[Any]]:
        self._notifying[message.path or ""][message.sender or ""] += 1
        return "", []

    def _stop_notify(self, message: Message) -> tuple[str, list[Any]]:
        self._notifying[message.path or ""].pop(message.sender or "", None)
        return "", []
