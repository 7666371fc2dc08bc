"""Notices of a desktop, with buttons where it has them."""

from __future__ import annotations

from monitor.notice import NoDesktopError, Notice


async def ask(notice: Notice) -> str:
    """Show a notice until it is answered, dismissed or over; return the button, or "".

    Cancelling takes the notice off the desktop. Raises NoDesktopError.
    """
    try:
        from monitor.desktop_dbus import ask_on_bus  # noqa: PLC0415 - on Linux only
    except ImportError as error:
        raise NoDesktopError("there is no D-Bus on this machine") from error
    return await ask_on_bus(notice)
