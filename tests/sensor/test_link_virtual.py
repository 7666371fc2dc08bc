"""A virtual strap read by the real bleak client code, end to end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from stopwatch import Stopwatch

from sensor.link import LinkParams, StrapLink
from sensor.profiles import lumbar_wire as wire
from sensor.profiles.registry import profiles
from sensor.sample import ImuBatch
from sensor.settings import StrapSettings
from sensor.source import CANNOT_VIBRATE, LinkState, LinkStatus, vibrate
from sensor.timeline import Timeline, TimelineOrigin
from sensor.virtual.firmware import ACC_MS2_PER_LSB, GYRO_RADS_PER_LSB
from sensor.virtual.strap import VirtualStrap
from sensor.visit import NotFoundError, visit

pytest.importorskip("bumble")
from sensor.virtual.radio import VirtualRadio

RATE_HZ = 50.0
SPEED = 10.0
START_S = 1_700_000_000.0
BATCH = 10


def measured(batches: int, *, away: range = range(0)) -> Iterator[ImuBatch | LinkStatus]:
    """Yield numbered samples: the first axis carries the sample's index."""
    for number in range(batches):
        index = np.arange(number * BATCH, (number + 1) * BATCH)
        t = START_S + 5.0 + index / RATE_HZ
        if len(away) and number in (away.start, away.stop):
            state = LinkState.SEARCHING if number == away.start else LinkState.CONNECTED
            yield LinkStatus(at_s=float(t[0]), state=state)
        if number in away:
            continue
        acc = np.column_stack([index * 0.002, -index * 0.001, np.full(BATCH, 9.8)])
        yield ImuBatch(t=t, acc=acc, gyro=acc * 0.1)


async def collect(
    source: Iterator[ImuBatch | LinkStatus], *, until_s: float
) -> tuple[list[ImuBatch], list[LinkStatus], StrapLink]:
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=source, serial="V-0001")
    batches: list[ImuBatch] = []
    states: list[LinkStatus] = []
    async with VirtualRadio() as virtual, strap.advertising(virtual), asyncio.timeout(60):
        link = StrapLink(
            timeline=timeline,
            profiles=profiles(),
            settings=StrapSettings(),
            radio=virtual.radio,
            params=LinkParams(stall_s=1.0, silent_scan_s=1.0),
        )
        events = link.events()
        async for event in events:
            if isinstance(event, LinkStatus):
                states.append(event)
                continue
            batches.append(event)
            if event.t[-1] > until_s:
                break
        await events.aclose()
    return batches, states, link


async def test_batches_through_the_real_client_equal_the_truth_within_quantisation() -> None:
    batches, states, _ = await collect(measured(100), until_s=START_S + 20.0)

    t = np.concatenate([b.t for b in batches])
    acc = np.vstack([b.acc for b in batches])
    index = np.rint(acc[:, 0] / 0.002)
    assert len(t) > 300
    assert np.all(np.diff(index) == 1)
    np.testing.assert_allclose(acc[:, 1], -index * 0.001, atol=ACC_MS2_PER_LSB)
    gyro = np.vstack([b.gyro for b in batches if b.gyro is not None])
    np.testing.assert_allclose(gyro[:, 0], index * 0.0002, atol=GYRO_RADS_PER_LSB)
    assert states[0].state is LinkState.SEARCHING
    assert states[1].state is LinkState.CONNECTED
    assert (states[1].serial, states[1].battery_percent) == ("V-0001", 87)
    delay_s = t - (START_S + 5.0 + index / RATE_HZ)
    assert float(np.max(np.abs(delay_s))) < 1.0  # ten times the radio's delay: the clock runs x10
    assert float(np.ptp(delay_s[len(delay_s) // 2 :])) < 0.1


async def test_a_link_loss_is_healed_and_leaves_a_gap_of_exactly_the_missing_samples() -> None:
    away = range(40, 70)

    batches, states, link = await collect(measured(140, away=away), until_s=START_S + 31.0)

    index = np.rint(np.concatenate([b.acc[:, 0] for b in batches]) / 0.002)
    assert np.all(np.diff(index) >= 1)  # none twice, none out of order
    assert [s.state for s in states[1:]] == [
        LinkState.CONNECTED,
        LinkState.SEARCHING,
        LinkState.CONNECTED,
    ]
    gaps = [(b.acc[0, 0] / 0.002, b.lost) for b in batches if b.lost]
    first_after, lost = gaps[0]
    before = index[index < first_after - 0.5][-1]
    assert len(gaps) == 1
    assert lost == round(first_after) - before - 1
    assert before == away.start * BATCH - 1
    assert link.decoding is not None
    assert link.decoding.clock.counts.lost == lost
    words = link.clock_words()
    assert (words["source"], words["corrupt"], words["dropped"]) == ("strap", "0", "0")


async def test_samples_missed_during_a_link_loss_arrive_late_and_fill_the_gap_exactly() -> None:
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    source = (item for item in out_of_reach(range(30, 60), 160))
    strap = VirtualStrap(timeline=timeline, batches=source, serial="V-0001")
    live: list[ImuBatch] = []
    late: list[ImuBatch] = []
    async with VirtualRadio() as virtual, strap.advertising(virtual), asyncio.timeout(60):
        link = StrapLink(
            timeline=timeline,
            profiles=profiles(),
            settings=StrapSettings(),
            radio=virtual.radio,
            backfill=True,
        )
        events = link.events()
        async for event in events:
            if isinstance(event, ImuBatch):
                (late if event.backfill else live).append(event)
                if event.t[-1] > START_S + 35.0:
                    break
        await events.aclose()

    gap = next(b for b in live if b.lost)
    filled = np.concatenate([np.rint(b.acc[:, 0] / 0.002) for b in late])
    first_after = round(gap.acc[0, 0] / 0.002)
    assert gap.lost > 250
    assert filled.tolist() == list(range(first_after - gap.lost, first_after))
    t = np.sort(np.concatenate([b.t for b in [*live, *late]]))
    assert np.ptp(np.diff(t)) < 0.1  # no seam: the clock runs ten times as fast as the radio
    assert all(np.all(np.diff(b.t) > 0) for b in late)
    assert np.all(np.diff(np.concatenate([b.t for b in live])) > 0)


@pytest.mark.parametrize("motor", [True, False])
async def test_a_connected_strap_vibrates_or_says_why_it_does_not(motor: bool) -> None:
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=measured(200), serial="V-0001")
    if not motor:
        caps = strap.firmware.info.caps & ~wire.Capability.HAPTIC
        strap.firmware.info = replace(strap.firmware.info, caps=caps)
    async with VirtualRadio() as virtual, strap.advertising(virtual), asyncio.timeout(60):
        link = StrapLink(
            timeline=timeline, profiles=profiles(), settings=StrapSettings(), radio=virtual.radio
        )
        assert await vibrate(link, 0.3) == "no strap is connected"
        events = link.events()
        async for event in events:
            if isinstance(event, ImuBatch):
                break
        assert await vibrate(link, 0.3) == ("" if motor else CANNOT_VIBRATE)
        await events.aclose()
    assert strap.firmware.buzzes == int(motor)
    assert await vibrate(object(), 0.3) == CANNOT_VIBRATE


def out_of_reach(away: range, batches: int) -> Iterator[ImuBatch | LinkStatus]:
    """Yield samples without a pause while the strap is out of reach for a while."""
    for number, item in enumerate(measured(batches)):
        if number in (away.start, away.stop):
            state = LinkState.SEARCHING if number == away.start else LinkState.CONNECTED
            at_s = float(item.t[0]) if isinstance(item, ImuBatch) else item.at_s
            yield LinkStatus(at_s=at_s, state=state)
        yield item


@pytest.mark.parametrize("delay_s", [0.0, 0.01, 0.05, 0.1, 0.2, 0.4])
async def test_a_link_closed_at_any_moment_closes_at_once_and_leaves_no_task(
    delay_s: float,
) -> None:
    before, watch = asyncio.all_tasks(), Stopwatch()
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=measured(200), serial="V-0001")
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


async def test_a_visit_tells_serial_and_charge_and_makes_the_strap_buzz() -> None:
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=measured(200), serial="V-0001")
    async with VirtualRadio() as virtual, strap.advertising(virtual):
        async with visit(profiles(), radio=virtual.radio) as met:
            identified = await met.identify()
        with pytest.raises(NotFoundError, match="No strap at AA:BB"):
            async with visit(
                profiles(),
                address="AA:BB",
                radio=virtual.radio,
                params=LinkParams(longest_scan_s=0.3, silent_scan_s=0.2),
            ):
                pass

    assert (met.info.serial, met.battery_percent, identified) == ("V-0001", 87, True)
    assert strap.firmware.buzzes == 2  # the motor and the light
    assert not strap.firmware.streaming


async def test_a_falling_charge_is_told_as_soon_as_the_strap_says_so() -> None:
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=measured(200), serial="V-0001")
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
