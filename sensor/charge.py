"""The charge of a connected strap: told by the strap where it does, asked for now and then."""

from __future__ import annotations

import contextlib
import time

from bleak.exc import BleakError

from sensor.gatt import DeviceProfile, Gatt
from sensor.profiles.standard import BATTERY_LEVEL


class Charge:
    """Follows the charge during one connection.

    Args:
        profile: knows how to ask.
        gatt: the connected strap.
        every_s: wall seconds between two questions.
    """

    def __init__(self, profile: DeviceProfile, gatt: Gatt, every_s: float) -> None:
        self.percent: int | None = None
        self._profile = profile
        self._gatt = gatt
        self._every_s = every_s
        self._due_s = 0.0

    async def open(self) -> None:
        """Ask for the first time and subscribe to changes."""
        await self.refresh()
        with contextlib.suppress(BleakError, TimeoutError):  # many straps can only be asked
            if self._gatt.has(BATTERY_LEVEL):
                await self._gatt.notify(BATTERY_LEVEL, self._told)

    async def refresh(self) -> None:
        """Ask when it is time; a strap is worth wearing without an answer."""
        if time.monotonic() < self._due_s:
            return
        self._due_s = time.monotonic() + self._every_s
        try:
            self.percent = await self._profile.battery_percent(self._gatt)
        except (BleakError, TimeoutError):
            self.percent = None

    def _told(self, data: bytes) -> None:
        if data and data[0] <= 100:
            self.percent = data[0]
