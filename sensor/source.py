"""Where samples come from, whatever it is: a strap, a recording or a simulated wearer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

from sensor.sample import ImuBatch


class LinkState(StrEnum):
    """What the wearer needs to know of the radio."""

    SEARCHING = "searching"
    CONNECTED = "connected"
    STALE = "stale"
    BLUETOOTH_OFF = "bluetooth_off"


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """A change of the link, or of what is known of the strap behind it.

    Attributes:
        at_s: Timeline seconds of the change.
        state: the link's state.
        device: name of the strap, or None before one was found.
        serial: the strap's own serial, or None.
        profile: key of the device profile, or None.
        battery_percent: charge, or None where unknown.
        rssi_dbm: signal strength, or None where unknown.
        reason: why the state is what it is, and what to do ("" when connected).
    """

    at_s: float
    state: LinkState
    device: str | None = None
    serial: str | None = None
    profile: str | None = None
    battery_percent: int | None = None
    rssi_dbm: int | None = None
    reason: str = ""


CANNOT_VIBRATE: Final = "this strap cannot vibrate"


@runtime_checkable
class Vibrates(Protocol):
    """A source that may reach the motor of a strap."""

    async def vibrate(self, duration_s: float) -> str:
        """Let the strap vibrate; return "" or why it did not, for the wearer."""


async def vibrate(source: object, duration_s: float) -> str:
    """Let the strap behind a source vibrate; return "" or why it did not."""
    return await source.vibrate(duration_s) if isinstance(source, Vibrates) else CANNOT_VIBRATE


@runtime_checkable
class KeepsCalibration(Protocol):
    """A source that keeps a recording, whose reader will want the calibration."""

    def calibrated(self, calibration: dict[str, Any]) -> None:
        """Take the calibration that is in force from now on."""


class SampleSource(Protocol):
    """A stream of batches and link changes in time order.

    A live source runs until it is cancelled; a recording or a simulated day ends. A source does
    not pace itself: who reads it decides whether to follow the Timeline or to run ahead.
    """

    def events(self) -> AsyncIterator[ImuBatch | LinkStatus]:
        """Yield batches and link changes; closing the iterator releases the strap."""
