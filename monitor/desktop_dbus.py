"""Notices of a Linux desktop: org.freedesktop.Notifications on the session bus.

Source: Desktop Notifications Specification 1.2. dbus-fast comes with bleak, on Linux only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

from monitor.notice import NoDesktopError, Notice

SERVICE: Final = "org.freedesktop.Notifications"
PATH: Final = "/org/freedesktop/Notifications"
CALL_S: Final = 3.0  # wall seconds for a desktop to answer
LOW, NORMAL = 0, 1


async def ask_on_bus(notice: Notice) -> str:
    """Do what `monitor.desktop.ask` promises."""
    try:
        async with asyncio.timeout(CALL_S):
            bus = await MessageBus(bus_type=BusType.SESSION).connect()
    except (OSError, EOFError, AuthError, DBusError, InvalidAddressError) as error:
        raise NoDesktopError(f"there is no session bus: {error}") from error
    try:
        return await _Shown(bus).until_answered(notice)
    finally:
        bus.disconnect()


class _Shown:
    """One notice on one connection."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._number: int | None = None
        self._early: dict[int, str] = {}
        self._answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def until_answered(self, notice: Notice) -> str:
        self._bus.add_message_handler(self._received)
        await self._watch()
        buttons = await self._buttons(notice)
        body = _body(notice, buttons)
        showing = asyncio.ensure_future(self._call("Notify", "susssasa{sv}i", body))
        try:
            self._number = (await asyncio.shield(showing))[0]
            if self._number in self._early:
                return self._early[self._number]
            async with asyncio.timeout(notice.lifetime_s):
                return await self._answer
        except TimeoutError:
            await self._close(showing)
            return ""
        except asyncio.CancelledError:
            await self._close(showing)
            raise

    async def _watch(self) -> None:
        rule = f"type='signal',interface='{SERVICE}',path='{PATH}'"
        await self._call("AddMatch", "s", [rule], bus=True)

    async def _buttons(self, notice: Notice) -> Sequence[tuple[str, str]]:
        """Return the buttons, or none where the desktop would make a dialog of them."""
        able = (await self._call("GetCapabilities"))[0]
        return notice.buttons if "actions" in able else ()

    async def _close(self, showing: asyncio.Future[list[Any]]) -> None:
        try:
            number = (await showing)[0]
            await asyncio.shield(self._call("CloseNotification", "u", [number]))
        except NoDesktopError:
            return  # it went by itself

    def _received(self, message: Message) -> None:
        if message.interface != SERVICE or not message.body:
            return
        pressed = {"ActionInvoked": 1, "NotificationClosed": None}
        if message.member not in pressed:
            return
        at = pressed[message.member]
        self._take(message.body[0], "" if at is None else str(message.body[at]))

    def _take(self, number: int, answer: str) -> None:
        """Take the first answer; one may come before we are told the number."""
        self._early.setdefault(number, answer)
        if number == self._number and not self._answer.done():
            self._answer.set_result(answer)

    async def _call(
        self, member: str, signature: str = "", body: Sequence[Any] = (), *, bus: bool = False
    ) -> list[Any]:
        place = "org.freedesktop.DBus" if bus else SERVICE
        path = "/org/freedesktop/DBus" if bus else PATH
        try:
            async with asyncio.timeout(CALL_S):
                reply = await self._bus.call(
                    Message(
                        destination=place,
                        path=path,
                        interface=place,
                        member=member,
                        signature=signature,
                        body=list(body),
                    )
                )
        except (OSError, EOFError) as error:  # TimeoutError is one of OSError
            raise NoDesktopError("the desktop does not answer") from error
        if reply.message_type is MessageType.ERROR:
            raise NoDesktopError(f"{member}: {reply.error_name}")
        return list(reply.body)


def _body(notice: Notice, buttons: Sequence[tuple[str, str]]) -> list[Any]:
    return [
        "Lumbar",
        0,
        "",
        "Lumbar",
        notice.text,
        [word for button in buttons for word in button],
        {"urgency": Variant("y", LOW if notice.quiet else NORMAL)},
        round(notice.lifetime_s * 1000),
    ]
