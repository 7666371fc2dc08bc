"""What a BlueZ shows of itself on the bus: one adapter, one strap and its services."""

from __future__ import annotations

from typing import Any

from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus

from sensor.gatt import Char
from sensor.profiles import lumbar_wire as wire

ADAPTER = "/org/bluez/hci0"
DEVICE = f"{ADAPTER}/dev_C2_00_00_00_00_01"
ADDRESS = "C2:00:00:00:00:01"
DEVICE1, ADAPTER1 = "org.bluez.Device1", "org.bluez.Adapter1"
SERVICE1, CHAR1 = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECTS = "org.freedesktop.DBus.ObjectManager"
CHARS: dict[Char, list[str]] = {
    wire.INFO: ["read"],
    wire.CONFIG: ["read", "write"],
    wire.DATA: ["notify"],
    wire.CONTROL: ["write", "indicate"],
    wire.BACKFILL: ["notify"],
    wire.STATUS: ["read"],
    wire.BATTERY_LEVEL: ["read"],
    wire.SERIAL_NUMBER: ["read"],
    wire.FIRMWARE_REVISION: ["read"],
}

Props = dict[str, Variant]


class BluezObjects:
    """The objects with their properties; each change is signalled while there is a bus."""

    def __init__(self) -> None:
        self.bus: MessageBus | None = None
        self.tree: dict[str, dict[str, Props]] = {}
        self.chars: dict[str, Char] = {}

    def appear(self, bus: MessageBus) -> None:
        """Show adapter and strap afresh on a bus."""
        self.bus = bus
        self.tree.clear()
        self.chars.clear()
        self.add(ADAPTER, ADAPTER1, self._adapter(powered=True))
        self.show_strap()

    def show_strap(self) -> None:
        """Show the strap, as when it is heard for the first time."""
        self.add(DEVICE, DEVICE1, self._device())

    def value(self, path: str, interface: str, name: str) -> Any:
        """Return a property, or None."""
        variant = self.tree.get(path, {}).get(interface, {}).get(name)
        return None if variant is None else variant.value

    def change(self, path: str, interface: str, **values: tuple[str, Any]) -> None:
        """Change properties of an object and signal it."""
        changed = {name: Variant(kind, value) for name, (kind, value) in values.items()}
        if path in self.tree:
            self.tree[path][interface].update(changed)
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, []])

    def add(self, path: str, interface: str, props: Props) -> None:
        """Add an object and signal it."""
        self.tree[path] = {interface: props}
        body = [path, {interface: props}]
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", body)

    def remove(self, path: str) -> None:
        """Remove an object and signal it."""
        interfaces = list(self.tree.pop(path, {}))
        self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [path, interfaces])

    def publish_services(self) -> None:
        """Show what the connected strap offers."""
        services: dict[str, str] = {}
        for handle, (char, flags) in enumerate(CHARS.items(), start=1):
            service = services.get(char.service)
            if service is None:
                service = f"{DEVICE}/service{len(services) * 256 + 256:04x}"
                services[char.service] = service
                props = {"UUID": Variant("s", char.service), "Device": Variant("o", DEVICE)}
                self.add(service, SERVICE1, props | {"Primary": Variant("b", True)})
            path = f"{service}/char{handle:04x}"
            self.chars[path] = char
            props = {"UUID": Variant("s", char.uuid), "Service": Variant("o", service)}
            more = {"Flags": Variant("as", flags), "MTU": Variant("q", 247)}
            self.add(path, CHAR1, props | more | {"Notifying": Variant("b", False)})

    def forget_services(self) -> None:
        """Forget what the strap offered."""
        for path in sorted(self.tree, reverse=True):
            if path.startswith(f"{DEVICE}/"):
                self.remove(path)

    def _signal(self, path: str, interface: str, member: str, kind: str, body: list[Any]) -> None:
        if self.bus is not None:
            self.bus.send(Message.new_signal(path, interface, member, kind, body))

    @staticmethod
    def _adapter(*, powered: bool) -> Props:
        return {
            "Address": Variant("s", "00:00:00:00:00:01"),
            "Name": Variant("s", "fake"),
            "Alias": Variant("s", "fake"),
            "Powered": Variant("b", powered),
            "Discovering": Variant("b", False),
            "Roles": Variant("as", ["central"]),
            "UUIDs": Variant("as", []),
        }

    @staticmethod
    def _device() -> Props:
        return {
            "Address": Variant("s", ADDRESS),
            "AddressType": Variant("s", "random"),
            "Alias": Variant("s", "Lumbar-F"),
            "Name": Variant("s", "Lumbar-F"),
            "Adapter": Variant("o", ADAPTER),
            "UUIDs": Variant("as", [wire.SERVICE]),
            "RSSI": Variant("n", -55),
            "Connected": Variant("b", False),
            "Paired": Variant("b", False),
            "ServicesResolved": Variant("b", False),
        }
