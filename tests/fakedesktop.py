"""A desktop that is not there: org.freedesktop.Notifications on a private dbus-daemon."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

SERVICE = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"


@dataclass
class FakeDesktop:
    """Shows notices to a test; `press` and `dismiss` are the wearer's hand."""

    bus_address: str
    capabilities: list[str] = field(default_factory=lambda: ["actions", "body"])
    shown: dict[int, list[Any]] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)
    press_at_once: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _bus: MessageBus | None = None

    async def start(self) -> None:
        """Come up on the bus."""
        self._bus = await MessageBus(bus_address=self.bus_address).connect()
        self._bus.add_message_handler(self._received)
        await self._bus.request_name(SERVICE)

    async def stop(self) -> None:
        """Leave the bus."""
        assert self._bus is not None
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()

    async def until(self, condition: Any) -> None:
        """Wait until something that was shown or closed makes the condition true."""
        async with asyncio.timeout(60):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def press(self, number: int, action: str) -> None:
        """Press a button: desktops say so and then close the notice."""
        self._signal("ActionInvoked", "us", [number, action])
        self._signal("NotificationClosed", "uu", [number, 2])

    def dismiss(self, number: int) -> None:
        """Close a notice without an answer."""
        self._signal("NotificationClosed", "uu", [number, 2])

    def _received(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.interface != SERVICE:
            return None
        self.changed.set()
        match message.member:
            case "GetCapabilities":
                return Message.new_method_return(message, "as", [self.capabilities])
            case "Notify":
                number = len(self.shown) + 1
                self.shown[number] = message.body
                if self.press_at_once:
                    self.press(number, self.press_at_once)
                return Message.new_method_return(message, "u", [number])
            case "CloseNotification":
                self.closed.append(message.body[0])
                return Message.new_method_return(message)
        return None

    def _signal(self, member: str, signature: str, body: list[Any]) -> None:
        assert self._bus is not None
        signal = Message.new_signal(PATH, SERVICE, member, signature, body)
        task = self._bus.send(signal)
        assert task is not None
