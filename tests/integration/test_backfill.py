"""A link loss on the virtual radio, filled from the strap's own memory: the history has no gap."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.delivery.broker import EmbeddedBroker
from ingest.records import NO_DATA
from sensor.link import StrapLink
from sensor.profiles.registry import profiles
from sensor.sample import ImuBatch
from sensor.settings import StrapSettings
from sensor.source import LinkState, LinkStatus
from sensor.timeline import Timeline, TimelineOrigin
from sensor.virtual.day import SimulatedDay, Step
from sensor.virtual.strap import VirtualStrap
from tui.wiring.services import Household, run_everything
from tui.wiring.simulated import Until, demo_household

pytest.importorskip("bumble")
from sensor.virtual.radio import VirtualRadio

SPEEDS = (40.0, 8.0)  # a busy machine's moment is many seconds of a fast day
START_S = 1_700_000_000.0
FROM_S, TO_S = 150.0, 250.0  # the strap is out of reach: the wearer gets up and sits down again
DAY = (
    Step("stand", 40.0),
    Step("sit", 120.0),
    Step("walk", 40.0),
    Step("sit", 160.0),
    Step("stand", 60.0),
    Step("walk", 60.0),
)
LENGTH_S = sum(step.duration_s for step in DAY)


def kept_while_away(day: SimulatedDay) -> Iterator[ImuBatch | LinkStatus]:
    """Yield the whole day, with the strap out of reach for a while of it."""
    left = {FROM_S: LinkState.SEARCHING, TO_S: LinkState.CONNECTED}
    for item in day.batches():
        if isinstance(item, LinkStatus):
            continue
        for at_s in [at_s for at_s in left if item.t[0] - START_S >= at_s]:
            yield LinkStatus(at_s=float(item.t[0]), state=left.pop(at_s))
        yield item


async def measured(home: Household, speed: float) -> None:
    """Run the day over the virtual radio at a speed."""
    day = SimulatedDay(DAY, seed=3, start_s=START_S)
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=speed)
    strap = VirtualStrap(timeline=timeline, batches=kept_while_away(day), serial="V-1")
    async with (
        EmbeddedBroker(token="t" * 64) as broker,
        VirtualRadio() as virtual,
        strap.advertising(virtual),
    ):
        link = StrapLink(
            timeline=timeline,
            profiles=profiles(),
            settings=StrapSettings(),
            radio=virtual.radio,
            backfill=True,
        )
        source = Until(link, timeline, START_S + LENGTH_S - 2)
        await run_everything(
            home, broker.connection, source=source, timeline=timeline, monitored=False
        )


async def test_after_a_link_loss_the_history_has_every_second_once(tmp_path: Path):
    loss = (int(START_S + FROM_S), int(START_S + TO_S))
    whole = (int(START_S + 120), int(START_S + LENGTH_S - 20))
    for speed in SPEEDS:
        (folder := tmp_path / f"{speed:g}").mkdir()
        home = demo_household(folder, zone=ZoneInfo("UTC"))
        await measured(home, speed)
        with closing(home.open_store(read_only=True)) as store:
            (lost,) = store.totals(home.wearer, "lumbar", [loss])
            (total,) = store.totals(home.wearer, "lumbar", [whole])
            seconds = [s.t_s for s in store.seconds(home.wearer, "lumbar", whole)]
            bouts = store.bouts(home.wearer, "lumbar", whole)
        if seconds == list(range(*whole)):
            break
    assert lost.seconds[NO_DATA] == 0
    assert lost.seconds["moving"] >= 20
    assert sum(total.seconds.values()) == whole[1] - whole[0]
    assert seconds == list(range(*whole))
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(bouts))
    assert {"sitting", "moving"} <= {b.state for b in bouts}
