"""What a dashboard can do with the radio of the machine that it runs on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sensor.scan import ScanRow


class Heard(Protocol):
    """What a scan has heard so far."""

    def rows(self) -> Sequence[ScanRow]:
        """Return the straps, the strongest on top."""


@dataclass(frozen=True, slots=True)
class Introduced:
    """What a strap told when it was called on.

    Attributes:
        title: its kind.
        serial: by which it is known again; "" where it tells none.
        battery_percent: its charge, or None where it does not say.
        abilities: what it can do, a sentence each.
    """

    title: str
    serial: str
    battery_percent: int | None
    abilities: tuple[str, ...]


class Reach(Protocol):
    """A radio: it listens, and calls on one strap for a moment.

    Attributes:
        place: with what it listens, in words.
    """

    place: str

    def listening(self) -> AbstractAsyncContextManager[Heard]:
        """Listen while the block runs; raise SensorError with advice where that is impossible."""

    async def meet(self, address: str) -> Introduced:
        """Call on the strap at `address`; raise SensorError with what to do when none answers."""


def told(met: Introduced) -> list[str]:
    """Return what a strap told of itself."""
    charge = "unknown" if met.battery_percent is None else f"{met.battery_percent} %"
    head = f"{met.title}, serial {met.serial or 'unknown'}, battery {charge}"
    return [head, *(f"  {ability}" for ability in met.abilities)]
