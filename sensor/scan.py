"""List the straps in reach."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor.errors import SensorError
from sensor.gatt import Advertisement, DeviceProfile
from sensor.linkpolicy import RADIO_ERRORS, Fault, explain, fault_of
from sensor.profiles.registry import best_match
from sensor.radio import Radio, advertisement_of, new_scanner

if TYPE_CHECKING:
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

START_TIMEOUT_S = 10.0


class ScanError(SensorError):
    """A scan that could not run; the message says what to do."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One device that a scan saw.

    Attributes:
        name: the advertised name, or "".
        profile: key of the device profile that knows it, or None.
        title: the profile's name for people, or "".
        certainty: how sure the profile is: 100 service, 60 name and company, 30 name, 0 unknown.
        address: the platform's address, good only for now.
        rssi_dbm: signal strength of the newest advertisement, or None.
        battery_percent: charge, of straps that advertise it, or None.
    """

    name: str
    profile: str | None
    title: str
    certainty: int
    address: str
    rssi_dbm: int | None
    battery_percent: int | None = None


class Sightings:
    """Collects advertisements into one row per device, straps first, the strongest on top."""

    def __init__(self, profiles: Sequence[DeviceProfile]) -> None:
        self._profiles = profiles
        self._rows: dict[str, ScanRow] = {}

    def see(self, adv: Advertisement) -> None:
        """Take an advertisement; a name once heard is kept when a later one has none."""
        profile, certainty = best_match(adv, self._profiles)
        known = self._rows.get(adv.address)
        if known is not None and certainty < known.certainty:
            return
        self._rows[adv.address] = ScanRow(
            name=adv.name or (known.name if known else ""),
            profile=profile.key if profile else None,
            title=profile.title if profile else "",
            certainty=certainty,
            address=adv.address,
            rssi_dbm=adv.rssi_dbm,
            battery_percent=_newest(adv.battery_percent, known),
        )

    def rows(self, *, everything: bool = False) -> list[ScanRow]:
        """Return the straps, or with `everything` all devices."""
        rows = [row for row in self._rows.values() if everything or row.profile is not None]
        return sorted(rows, key=lambda row: (-row.certainty, -(row.rssi_dbm or -999), row.address))

    @property
    def devices(self) -> int:
        """How many devices were heard, straps or not."""
        return len(self._rows)


def _newest(told: int | None, known: ScanRow | None) -> int | None:
    return known.battery_percent if told is None and known is not None else told


@asynccontextmanager
async def scanning(
    profiles: Sequence[DeviceProfile], *, radio: Radio | None = None, adapter: str = ""
) -> AsyncIterator[Sightings]:
    """Scan while the block runs; its `Sightings` grow. Raises ScanError when it cannot start."""
    sightings = Sightings(profiles)

    def seen(device: BLEDevice, data: AdvertisementData) -> None:
        sightings.see(advertisement_of(device, data))

    try:
        scanner = new_scanner(radio, seen, adapter=adapter)
        async with asyncio.timeout(START_TIMEOUT_S):
            await scanner.start()
    except Exception as error:
        # Whatever the platform's Bluetooth raises, the wearer needs one line and a next step.
        fault = fault_of(error)
        raise ScanError(fault, explain(fault, error)) from error
    try:
        yield sightings
    finally:
        with contextlib.suppress(*RADIO_ERRORS):  # what was heard counts, also of a radio now gone
            async with asyncio.timeout(START_TIMEOUT_S):
                await scanner.stop()


async def scan(
    seconds: float,
    radio: Radio | None = None,
    *,
    profiles: Sequence[DeviceProfile],
    adapter: str = "",
    everything: bool = False,
) -> list[ScanRow]:
    """Scan for `seconds` and return what was seen. Raises ScanError when it cannot run."""
    async with scanning(profiles, radio=radio, adapter=adapter) as sightings:
        await asyncio.sleep(seconds)
        return sightings.rows(everything=everything)
