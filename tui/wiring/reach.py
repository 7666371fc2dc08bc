"""The radio of this machine, or a virtual one, for the dashboard's look for straps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Final

from sensor.settings import StrapSettings
from tui.reach import Heard, Introduced
from tui.wiring.strap_errand import abilities, air

if TYPE_CHECKING:
    from sensor.gatt import DeviceProfile
    from sensor.visit import Visit


BLUETOOTH: Final = "the Bluetooth of this machine"
VIRTUAL: Final = "a virtual radio, where another simulated strap lies"


class OwnReach:
    """Scans and visits with the settings of the strap; with a simulated strap where asked."""

    def __init__(self, settings: StrapSettings, *, simulated: bool = False) -> None:
        self._settings = settings
        self._simulated = simulated
        self.place = VIRTUAL if simulated else BLUETOOTH

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Heard]:
        """Listen while the block runs."""
        profiles = await self._profiles()
        from sensor.scan import scanning

        async with (
            air(simulated=self._simulated) as radio,
            scanning(profiles, radio=radio, adapter=self._settings.adapter) as heard,
        ):
            yield heard

    async def meet(self, address: str) -> Introduced:
        """Call on the strap at `address`."""
        profiles = await self._profiles()
        from sensor.visit import visit

        wish = self._settings
        async with (
            air(simulated=self._simulated) as radio,
            visit(
                profiles, address=address, radio=radio, adapter=wish.adapter, want=wish.want
            ) as met,
        ):
            return introduced(met)

    async def _profiles(self) -> list[DeviceProfile]:
        # Bluetooth is slow to import, and the picture must not stand still meanwhile.
        modules = ["sensor.scan", "sensor.visit", "sensor.profiles.registry"]
        modules += ["sensor.virtual.shelf"] if self._simulated else []
        for module in modules:
            await asyncio.to_thread(import_module, module)
        from sensor.profiles.registry import profiles

        return [known for known in profiles() if self._settings.profile in ("auto", known.key)]


def introduced(met: Visit) -> Introduced:
    """Return what a strap told of itself."""
    return Introduced(
        met.profile.title, met.info.serial, met.battery_percent, tuple(abilities(met))
    )
