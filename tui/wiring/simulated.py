"""The household of the demo: a simulated wearer in a folder that is gone afterwards."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

from sensor.sample import ImuBatch
from sensor.settings import StrapSettings
from sensor.source import LinkStatus, SampleSource, vibrate
from sensor.timeline import Timeline, TimelineOrigin
from tui.settings import ScreenSettings
from tui.tables import Config, WearerSettings, system_zone
from tui.wiring.services import Household
from tui.wiring.verdict import Stretch

if TYPE_CHECKING:
    from sensor.virtual.day import SimulatedDay

DEMO_WEARER: Final = "simulated"
DEMO_HOUR: Final = dt.time(10, 40)  # a working morning has already passed
SATURDAY: Final = 5
IN_FLIGHT_S: Final = 1.0  # wall seconds that the last packets may take over the virtual radio


def demo_zone() -> ZoneInfo:
    """Return the zone of a wearer whose settings nobody made: the system's."""
    return ZoneInfo(system_zone())


def demo_household(
    folder: Path, *, zone: ZoneInfo, screen: ScreenSettings | None = None
) -> Household:
    """Return the household of a simulated wearer: defaults, and files only below `folder`.

    Only the look of the screens may be somebody's own.
    """
    wearer = WearerSettings(id=DEMO_WEARER, timezone=zone.key)
    config = Config(wearer=wearer, screen=screen or ScreenSettings())
    return Household(config=config, data_dir=folder)


def demo_radio() -> str:
    """Return how the demo reads its strap unless told: by the virtual radio if there is one."""
    return "virtual" if find_spec("bumble") else "none"


def demo_start_s(now_s: float, zone: ZoneInfo) -> float:
    """Return when the demo's day starts: the newest weekday's morning, whatever the hour is."""
    day = dt.datetime.fromtimestamp(now_s, zone).date()
    day -= dt.timedelta(days=max(0, day.weekday() - SATURDAY + 1))
    return dt.datetime.combine(day, DEMO_HOUR, zone).timestamp()


def demo_timeline(start_s: float, speed: float | None) -> Timeline:
    """Return the demo's timeline; without a speed it is stepped, as fast as the machine allows."""
    return Timeline(TimelineOrigin.DEMO, start_s, rate=speed or 0.0)


def truth_of(day: SimulatedDay, *, to_s: float) -> list[Stretch]:
    """Return what the wearer did until `to_s`, in the words of the verdict."""
    return [
        Stretch(segment.state, segment.from_s, min(segment.to_s, to_s))
        for segment in day.truth
        if segment.from_s < to_s
    ]


class Until:
    """A source that ends at a posture time, for a strap that would go on for ever."""

    def __init__(self, source: SampleSource, timeline: Timeline, to_s: float) -> None:
        self._source = source
        self._timeline = timeline
        self._to_s = to_s

    async def events(self) -> AsyncIterator[ImuBatch | LinkStatus]:
        """Yield the source's events until the time has come and what was sent has arrived."""
        inner = cast("AsyncGenerator[ImuBatch | LinkStatus]", self._source.events())
        async with aclosing(inner) as events:
            with suppress(TimeoutError, StopAsyncIteration):
                while True:
                    left_s = self._timeline.wall_seconds(self._to_s - self._timeline.now())
                    async with asyncio.timeout(left_s + IN_FLIGHT_S):
                        event = await anext(events)
                    yield event

    async def vibrate(self, duration_s: float) -> str:
        """Let the strap behind it vibrate."""
        return await vibrate(self._source, duration_s)


@asynccontextmanager
async def strap_source(
    day: SimulatedDay, timeline: Timeline, *, radio: str, buffered: bool = False
) -> AsyncIterator[SampleSource]:
    """Give the block the day's samples: through a virtual radio, or directly ("none").

    With `buffered` the strap keeps what it measures during the day's link losses and tells it late.
    """
    from sensor.virtual.day import SimulatedSource

    if radio == "none":
        yield SimulatedSource(day, buffered=buffered)
        return
    from sensor.link import StrapLink
    from sensor.profiles.registry import profiles
    from sensor.virtual.radio import VirtualRadio
    from sensor.virtual.strap import VirtualStrap

    strap = VirtualStrap(
        timeline=timeline,
        batches=day.batches(buffered=buffered),
        serial=day.serial,
        name="Lumbar-W",  # worn; the one that `sensor.virtual.shelf` has in reach is Lumbar-S
    )
    async with VirtualRadio() as virtual, strap.advertising(virtual):
        link = StrapLink(
            timeline=timeline,
            profiles=profiles(),
            settings=StrapSettings(),
            radio=virtual.radio,
            backfill=True,
        )
        yield Until(link, timeline, day.end_s)
