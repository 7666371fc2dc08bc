"""What `lumbar scan` draws while it listens."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TextIO

from tui.exits import CommandError, Exit
from tui.wiring.strap_errand import air

if TYPE_CHECKING:
    from sensor.scan import ScanRow, Sightings

REDRAW_S: Final = 0.5
HEADING: Final = f"{'name':<24} {'kind':<28} {'address':<20} {'signal':>8}  battery"


def table(rows: Sequence[ScanRow]) -> list[str]:
    """Return a heading and one line per device."""
    return [HEADING, *map(_line, rows)]


def _line(row: ScanRow) -> str:
    signal = "" if row.rssi_dbm is None else f"{row.rssi_dbm} dBm"
    battery = "" if row.battery_percent is None else f"{row.battery_percent} %"
    name, kind = row.name or "(no name)", row.title or "unknown"
    return f"{name:<24} {kind:<28} {row.address:<20} {signal:>8}  {battery}".rstrip()


class LiveTable:
    """Draws a table over its former self on a terminal; does nothing on anything else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn = 0

    def draw(self, lines: Sequence[str]) -> None:
        """Replace what was drawn."""
        if not self._stream.isatty():
            return
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._stream.write(up + "".join(f"\r\x1b[2K{line}\n" for line in lines) + "\x1b[J")
        self._stream.flush()
        self._drawn = len(lines)

    def clear(self) -> None:
        """Leave the terminal as it was."""
        self.draw([])


def listen(
    seconds: float, *, adapter: str, everything: bool, simulated: bool, live: LiveTable | None
) -> list[ScanRow]:
    """Scan, drawing what is heard; raises CommandError where there is no radio."""
    from sensor.scan import ScanError

    try:
        return asyncio.run(_listen(seconds, adapter, everything, simulated, live))
    except ScanError as error:
        raise CommandError(str(error), code=Exit.UNAVAILABLE) from error


async def _listen(
    seconds: float, adapter: str, everything: bool, simulated: bool, live: LiveTable | None
) -> list[ScanRow]:
    from sensor.profiles.registry import profiles
    from sensor.scan import scanning

    async with (
        air(simulated=simulated) as radio,
        scanning(profiles(), radio=radio, adapter=adapter) as seen,
    ):
        await _watch(seen, seconds, everything, live)
        return seen.rows(everything=everything)


async def _watch(seen: Sightings, seconds: float, everything: bool, live: LiveTable | None) -> None:
    left_s = seconds
    while left_s > 0:
        await asyncio.sleep(min(REDRAW_S, left_s))
        left_s -= REDRAW_S
        if live is not None:
            live.draw(table(seen.rows(everything=everything)))
    if live is not None:
        live.clear()
