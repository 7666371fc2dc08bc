"""A virtual strap read by the real bleak client code, end to end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest
from numbered import BATCH, RATE_HZ, SPEED, START_S, Away, measured
from stopwatch import Stopwatch

from sensor.link import LinkParams, StrapLink
from sensor.profiles.registry import profiles
from sensor.sample import ImuBatch
from sensor.settings import StrapSettings
from sensor.source import LinkState, LinkStatus
from sensor.timeline import Timeline, TimelineOrigin
from sensor.virtual.firmware import ACC_MS2_PER_LSB, GYRO_RADS_PER_LSB
from sensor.virtual.strap import VirtualStrap

pytest.importorskip("bumble")
from sensor.virtual.radio import VirtualRadio


@dataclass
class Trial:
    """A virtual strap of numbered samples, read by the link until there is enough."""

    away: Away | None = None
    backfill: bool = False
    live: list[ImuBatch] = field(default_factory=list)
    late: list[ImuBatch] = field(default_factory=list)
    states: list[LinkStatus] = field(default_factory=list)

    async def run(self, *, samples: int) -> StrapLink:
        """Read `samples` without a gap; if there is to be one, as many again after it."""
        timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
        strap = VirtualStrap(timeline=timeline, batches=measured(away=self.away), serial="V-0001")
        async with VirtualRadio() as virtual, strap.advertising(virtual), asyncio.timeout(60):
            link = StrapLink(
                timeline=timeline,
                profiles=profiles(),
                settings=StrapSettings(),
                radio=virtual.radio,
                backfill=self.backfill,
            )
            events = link.events()
            async for event in events:
                self._take(event)
                if self._in_a_row() >= samples:
                    if self.away is None or self._filled():
                        break
                    self.away.told = True
            await events.aclose()
        return link

    def _take(self, event: ImuBatch | LinkStatus) -> None:
        if isinstance(event, LinkStatus):
            self.states.append(event)
        else:
            (self.late if event.backfill else self.live).append(event)

    def _in_a_row(self) -> int:
        gaps = [i for i, batch in enumerate(self.live) if batch.lost]
        return sum(map(len, self.live[gaps[-1] if gaps else 0 :]))

    def _filled(self) -> bool:
        lost = sum(batch.lost for batch in self.live)
        return lost > 0 and (not self.backfill or sum(map(len, self.late)) >= lost)


def numbers(batches: list[ImuBatch]) -> list[int]:
    return [round(number) for batch in batches for number in batch.acc[:, 0] / 0.002]


async def test_batches_through_the_real_client_equal_the_truth_within_quantisation() -> None:
    trial = Trial()
    await trial.run(samples=300)

    t = np.concatenate([b.t for b in trial.live])
    acc = np.vstack([b.acc for b in trial.live])
    index = np.array(numbers(trial.live))
    assert np.all(np.diff(index) == 1)
    np.testing.assert_allclose(acc[:, 1], -index * 0.001, atol=ACC_MS2_PER_LSB)
    gyro = np.vstack([b.gyro for b in trial.live if b.gyro is not None])
    np.testing.assert_allclose(gyro[:, 0], index * 0.0002, atol=GYRO_RADS_PER_LSB)
    states = trial.states
    assert states[0].state is LinkState.SEARCHING
    assert states[1].state is LinkState.CONNECTED
    assert (states[1].serial, states[1].battery_percent) == ("V-0001", 87)
    delay_s = t - (START_S + 5.0 + index / RATE_HZ)
    assert float(np.max(np.abs(delay_s))) < 20.0  # the clock runs x10, the machine may be busy


async def test_a_link_loss_is_healed_and_leaves_a_gap_of_exactly_the_missing_samples() -> None:
    trial = Trial(away=Away(30))

    link = await trial.run(samples=100)

    index = np.array(numbers(trial.live))
    assert np.all(np.diff(index) >= 1)  # none twice, none out of order
    assert [s.state for s in trial.states[1:]] == [
        LinkState.CONNECTED,
        LinkState.SEARCHING,
        LinkState.CONNECTED,
    ]
    (gap,) = [batch for batch in trial.live if batch.lost]
    (first_after, *_) = numbers([gap])
    before = int(index[index < first_after][-1])
    assert gap.lost == first_after - before - 1 >= 300
    assert trial.away is not None
    assert before + 1 == (trial.away.first or 0) * BATCH
    assert link.decoding is not None
    assert link.decoding.clock.counts.lost == gap.lost
    words = link.clock_words()
    assert (words["source"], words["corrupt"], words["dropped"]) == ("strap", "0", "0")


async def test_samples_missed_during_a_link_loss_arrive_late_and_fill_the_gap_exactly() -> None:
    trial = Trial(away=Away(30, measures=True), backfill=True)
    await trial.run(samples=100)

    (gap,) = [batch for batch in trial.live if batch.lost]
    (first_after, *_) = numbers([gap])
    assert gap.lost > 250
    assert numbers(trial.late) == list(range(first_after - gap.lost, first_after))
    t = np.sort(np.concatenate([b.t for b in [*trial.live, *trial.late]]))
    assert np.all(np.diff(t) > 0)
    assert all(np.all(np.diff(b.t) > 0) for b in trial.late)
    assert np.all(np.diff(np.concatenate([b.t for b in trial.live])) > 0)


@pytest.mark.parametrize("delay_s", [0.0, 0.01, 0.05, 0.1, 0.2, 0.4])
async def test_a_link_closed_at_any_moment_closes_at_once_and_leaves_no_task(
    delay_s: float,
) -> None:
    before, watch = asyncio.all_tasks(), Stopwatch()
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=measured(), serial="V-0001")
    async with asyncio.timeout(60), VirtualRadio() as virtual, strap.advertising(virtual):
        link = StrapLink(
            timeline=timeline, profiles=profiles(), settings=StrapSettings(), radio=virtual.radio
        )

        async def read() -> None:
            events = link.events()
            try:
                async for _ in events:
                    pass
            finally:
                await events.aclose()

        reader = asyncio.create_task(read())
        await asyncio.sleep(delay_s)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
    async with asyncio.timeout(60):
        while asyncio.all_tasks() != before:  # noqa: ASYNC110 - tasks that end tell nobody
            await asyncio.sleep(0.01)

    assert watch.free_s < 5


async def test_a_strap_that_sends_what_nobody_understands_is_stale_and_looked_for() -> None:
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=measured(), serial="V-0001")
    sample = strap.firmware.sample
    strap.firmware.sample = lambda batch: [b"\x10" for _ in sample(batch)]  # type: ignore[method-assign]
    states: list[LinkState] = []
    async with VirtualRadio() as virtual, strap.advertising(virtual), asyncio.timeout(60):
        link = StrapLink(
            timeline=timeline,
            profiles=profiles(),
            settings=StrapSettings(),
            radio=virtual.radio,
            params=LinkParams(stall_s=0.6),
        )
        events = link.events()
        async for event in events:
            if isinstance(event, ImuBatch):
                break
            states.append(event.state)
            if event.state is LinkState.STALE and link.clock_words()["corrupt"] != "0":
                strap.firmware.sample = sample  # type: ignore[method-assign]
        await events.aclose()

    assert states[:3] == [LinkState.SEARCHING, LinkState.CONNECTED, LinkState.STALE]
    assert states[-1] is LinkState.CONNECTED


async def test_a_falling_charge_is_told_as_soon_as_the_strap_says_so() -> None:
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=measured(), serial="V-0001")
    charges: list[int | None] = []
    async with VirtualRadio() as virtual, strap.advertising(virtual), asyncio.timeout(60):
        link = StrapLink(
            timeline=timeline, profiles=profiles(), settings=StrapSettings(), radio=virtual.radio
        )
        events = link.events()
        async for event in events:
            if isinstance(event, ImuBatch):
                strap.firmware.battery_percent = 41
            elif event.state is LinkState.CONNECTED:
                charges.append(event.battery_percent)
                if charges[-1] == 41:
                    break
        await events.aclose()

    assert charges == [87, 41]
