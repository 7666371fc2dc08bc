"""Search the air for a strap worth connecting to."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor.gatt import DeviceProfile
from sensor.linkpolicy import RADIO_ERRORS, LinkParams
from sensor.radio import Radio, new_scanner

if TYPE_CHECKING:
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData


@dataclass(frozen=True, slots=True)
class Found:
    """A strap in reach, the profile that knows it, and how strong its signal is."""

    device: BLEDevice
    profile: DeviceProfile
    rssi_dbm: int | None


Judge = Callable[["BLEDevice", "AdvertisementData"], Found | None]


class Scan:
    """One scan; it ends at the first strap, or when it has been silent for too long."""

    def __init__(
        self, radio: Radio | None, judge: Judge, params: LinkParams, *, adapter: str
    ) -> None:
        self._judge = judge
        self._params = params
        self._heard = asyncio.Event()
        self._hit: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._scanner = new_scanner(radio, self._seen, adapter=adapter)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Scan while the block runs; never while connecting, which many adapters refuse."""
        async with asyncio.timeout(self._params.connect_s):
            await self._scanner.start()
        try:
            yield
        finally:
            with contextlib.suppress(*RADIO_ERRORS):
                async with asyncio.timeout(self._params.close_s):
                    await self._scanner.stop()

    async def first(self) -> Found | None:
        """Return the first strap, or None when the scan should be started afresh."""
        end_s = time.monotonic() + self._params.longest_scan_s
        while time.monotonic() < end_s:
            self._heard.clear()
            await asyncio.wait({self._hit}, timeout=self._params.silent_scan_s)
            if self._hit.done():
                return self._hit.result()
            if not self._heard.is_set():
                return None
        return None

    def _seen(self, device: BLEDevice, data: AdvertisementData) -> None:
        self._heard.set()
        found = self._judge(device, data)
        if found is not None and not self._hit.done():
            self._hit.set_result(found)
