"""Notices of a desktop, with buttons where it has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class NoDesktopError(Exception):
    """There is no desktop here that shows notices."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says.

    Attributes:
        text: one line.
        buttons: (what pressing it means, label).
        quiet: whether it may be shown without attracting attention.
        lifetime_s: seconds until it goes by itself.
    """

    text: str
    buttons: Sequence[tuple[str, str]]
    quiet: bool
    lifetime_s: float


async def ask(notice: Notice) -> str:
    """Show a notice until it is answered, dismissed or over; return the button, or "".

    Cancelling takes the notice off the desktop. Raises NoDesktopError.
    """
    try:
        from monitor.desktop_dbus import ask_on_bus  # noqa: PLC0415 - on Linux only
    except ImportError as error:
        raise NoDesktopError("there is no D-Bus on this machine") from error
    return await ask_on_bus(notice)
