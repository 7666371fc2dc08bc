"""Call on one strap for a moment: to learn its serial, its charge, or to make it blink."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor.bleakgatt import BleakGatt
from sensor.errors import SensorError, SetupRefusedError
from sensor.gatt import DeviceProfile, StreamInfo, StreamWant
from sensor.linkpolicy import RADIO_ERRORS, LinkParams, explain, fault_of
from sensor.profiles.registry import best_match
from sensor.radio import Connector, Radio, advertisement_of
from sensor.search import Found, Scan

if TYPE_CHECKING:
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData


class NotFoundError(SensorError):
    """No strap answered."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A connected strap, set up but not streaming.

    Attributes:
        info: serial, firmware and rate.
        battery_percent: charge, or None where the strap does not say.
    """

    profile: DeviceProfile
    gatt: BleakGatt
    info: StreamInfo
    battery_percent: int | None

    async def identify(self) -> bool:
        """Make the strap blink or vibrate; False where it can do neither."""
        return await self.profile.identify(self.gatt)


@asynccontextmanager
async def visit(
    profiles: Sequence[DeviceProfile],
    *,
    address: str = "",
    radio: Radio | None = None,
    adapter: str = "",
    params: LinkParams | None = None,
    want: StreamWant | None = None,
) -> AsyncIterator[Visit]:
    """Connect to the strap at `address`, or to the first one, while the block runs.

    Raises NotFoundError with what to do when none answers, and SetupRefusedError.
    """
    limits = params or LinkParams()
    try:
        found = await _find(profiles, address, radio, adapter, limits)
        connector = Connector(radio, limits, adapter=adapter)
        client = await connector.connect(found.device, lambda _: None)
    except RADIO_ERRORS as error:
        raise NotFoundError(explain(fault_of(error), error)) from error
    gatt = BleakGatt(client, found.profile.writable)
    try:
        yield await _met(found.profile, gatt, want or StreamWant())
    finally:
        # A setup that failed halfway may have left a stream that drains the strap.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(limits.close_s):
                await found.profile.stop(gatt)
        with contextlib.suppress(*RADIO_ERRORS):
            async with asyncio.timeout(limits.close_s):
                await client.disconnect()


async def _find(
    profiles: Sequence[DeviceProfile],
    address: str,
    radio: Radio | None,
    adapter: str,
    params: LinkParams,
) -> Found:
    def judge(device: BLEDevice, data: AdvertisementData) -> Found | None:
        adv = advertisement_of(device, data)
        profile, _ = best_match(adv, profiles)
        wanted = not address or adv.address.lower() == address.lower()
        return Found(device, profile, adv.rssi_dbm) if profile and wanted else None

    scan = Scan(radio, judge, params, adapter=adapter)
    async with scan.listening():
        found = await scan.first()
    if found is None:
        place = f" at {address}" if address else ""
        raise NotFoundError(f"No strap{place}: is it switched on and within 2 m?")
    return found


async def _met(profile: DeviceProfile, gatt: BleakGatt, want: StreamWant) -> Visit:
    try:
        _, _, info = await profile.setup(gatt, want)
    except SetupRefusedError:
        raise
    except RADIO_ERRORS as error:
        raise NotFoundError(explain(fault_of(error), error)) from error
    battery: int | None = None
    with contextlib.suppress(*RADIO_ERRORS):
        battery = await profile.battery_percent(gatt)
    return Visit(profile, gatt, info, battery)
