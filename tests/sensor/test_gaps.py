"""What a link loss leaves out: how long it was, and what the strap's buffer puts back."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.clock import Gap, SampleClock
from sensor.gatt import ClockSpec, RawBatch
from sensor.sample import Floats

START_S = 1_700_000_000.0
TICK_HZ = 32768
SPEC = ClockSpec(1 / TICK_HZ, 32, 100.0)


def packet(at: int, seq: int | None, *, count: int = 10, bits: int = 32) -> RawBatch:
    """Return samples `at`.. of a strap at 100 Hz that arrive 20 ms after the last of them."""
    numbers = np.arange(at, at + count)
    acc = np.column_stack([numbers, numbers, numbers]) * 1.0
    ticks = np.rint(numbers / 100 * TICK_HZ) % 2.0**32
    return RawBatch(acc, acc, ticks, seq, bits, START_S + numbers[-1] / 100 + 0.02)


def restarting(at_s: float, ticks: Floats) -> RawBatch:
    return RawBatch(np.zeros((1, 3)), None, ticks, None, 0, START_S + at_s)


def test_a_clock_that_starts_at_zero_with_each_connection_doubles_nothing() -> None:
    clock = SampleClock(ClockSpec(1e-6, 32, 50.0))
    steps = np.arange(0, 6_000_000, 20_000.0)[:, None]
    before = [clock.feed(restarting(tick.item() * 1e-6, tick)) for tick in steps]
    clock.link_broken()

    after = [clock.feed(restarting(8 + tick.item() * 1e-6, tick)) for tick in steps]

    assert None not in [*before, *after]
    assert after[0] is not None
    assert after[0].lost == 100
    assert (clock.counts.reboots, clock.counts.duplicates) == (1, 0)


def test_a_counter_that_begins_anew_leaves_the_loss_to_the_clock() -> None:
    clock = SampleClock(SPEC)
    lost = []
    for i in [*range(100), *range(150, 170), *range(172, 180)]:
        batch = clock.feed(packet(10 * i, 10 * (i if i < 100 else i - 150)))
        lost += [] if batch is None or not batch.lost else [batch.lost]

    assert lost == [500, 20]
    # The strap's buffer knows the second loss by its counter, the first one by none.
    assert [(gap.first_seq % 2**32, gap.count) for gap in clock.take_gaps()] == [(200, 20)]


def after_a_loss(
    first: int, *, missing: int = 300, bits: int = 32
) -> tuple[SampleClock, list[Gap]]:
    """Return a clock that has lost samples 500..500 + missing, and the gap it tells."""
    clock = SampleClock(SPEC)
    for at in [*range(0, 500, 10), *range(800, 1000, 10)]:
        clock.feed(packet(at, (first + at) % 2**bits, bits=bits))
    return clock, clock.take_gaps()


@given(
    st.sampled_from([0, 70_000, 2**32 - 600]),
    st.lists(st.integers(440, 830), max_size=8),
    st.floats(-0.4, 0.4),
)
def test_a_gap_is_filled_exactly_whatever_the_packets_and_the_clock_are(
    first: int, cuts: list[int], moved_s: float
) -> None:
    clock, (gap,) = after_a_loss(first)
    moved = Gap(gap.first_seq, gap.count, gap.from_s + moved_s, gap.to_s + moved_s)
    edges = sorted({430, *cuts, 840})

    batches = [
        clock.feed_past(packet(a, (first + a) % 2**32, count=b - a), moved)
        for a, b in itertools.pairwise(edges)
    ]

    late = [batch for batch in batches if batch is not None]
    assert np.concatenate([b.acc[:, 0] for b in late]).tolist() == list(range(500, 800))
    t = np.concatenate([[moved.from_s], *[b.t for b in late], [moved.to_s]])
    np.testing.assert_allclose(np.diff(t), 0.01, atol=1e-4)
    assert all(b.backfill and b.gyro is not None and len(b.gyro) == len(b.acc) for b in late)


def test_a_counter_that_wraps_within_the_day_asks_for_nothing() -> None:
    clock, gaps = after_a_loss(0, bits=16)

    assert gaps == []
    assert clock.counts.lost == 300


def test_a_loss_is_told_once() -> None:
    clock, (gap,) = after_a_loss(70_000)

    assert (gap.first_seq, gap.count) == (70_500, 300)
    assert gap.to_s - gap.from_s == pytest.approx(3.01, abs=1e-3)
    assert clock.take_gaps() == []


def without_clock(at_s: float, seq: int | None, *, count: int) -> RawBatch:
    return RawBatch(np.zeros((count, 3)), None, None, seq, 16, START_S + at_s)


def test_a_counter_without_a_clock_tells_losses_and_doubles() -> None:
    clock = SampleClock(ClockSpec(None, None, 100.0))
    numbers = [*range(65_000, 66_000, 10), 65_990, *range(66_300, 66_400, 10)]

    batches = [clock.feed(without_clock(n / 100, n % 65_536, count=10)) for n in numbers]

    kept = [batch for batch in batches if batch is not None]
    assert len(kept) == len(numbers) - 1
    assert [batch.lost for batch in kept if batch.lost] == [300]
    assert kept[-1].t[-1] - kept[0].t[0] == pytest.approx(13.99, abs=0.01)


def test_after_a_loss_the_last_sample_of_a_packet_is_the_one_that_just_arrived() -> None:
    clock = SampleClock(ClockSpec(None, None, 50.0))
    for i in range(40):
        before = clock.feed(without_clock(i * 0.5, None, count=25))
    clock.link_broken()

    after = clock.feed(without_clock(30.0, None, count=25))

    assert before is not None
    assert after is not None
    assert after.t[-1] - before.t[-1] == pytest.approx(30.0 - 19.5, abs=0.02)
    assert after.lost == 10.5 * 50 - 25


def test_a_shorter_delay_moves_the_times_by_no_more_than_two_milliseconds_a_packet() -> None:
    clock = SampleClock(SPEC)
    batches = []
    for i, delay_s in enumerate([0.1] * 400 + [0.0] * 40):
        if i == 200:
            clock.link_broken()  # a loss long ago makes no difference
        raw = packet(10 * i, 10 * i)
        batches.append(clock.feed(replace(raw, arrival_s=raw.arrival_s + delay_s)))

    t = np.concatenate([batch.t for batch in batches if batch is not None])
    assert np.diff(t).min() >= 0.01 - 0.0021
    assert t[4100] - t[3900] < 2.0 - 0.015
