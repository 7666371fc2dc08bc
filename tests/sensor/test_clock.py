"""The clock repair on a model of how Bluetooth delays packets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from arrivals import START_S, Strap, arrivals, packets
from hypothesis import given
from hypothesis import strategies as st

from sensor.clock import ClockCounts, SampleClock
from sensor.gatt import ClockSpec, RawBatch
from sensor.sample import Floats, ImuBatch
from sensor.ticks import TickUnwrapper

SETTLED_S = 20.0


def repaired(strap: Strap, raws: list[RawBatch]) -> tuple[list[ImuBatch], SampleClock]:
    clock = SampleClock(strap.spec)
    batches = [batch for raw in raws if (batch := clock.feed(raw)) is not None]
    return batches, clock


def settled_error_s(strap: Strap, truth: Floats, t: Floats) -> Floats:
    """Return the error without the constant latency of the radio, after it has settled."""
    judged = truth > truth[0] + SETTLED_S
    if strap.reboot_s is not None:
        since = truth - START_S - strap.reboot_s
        judged &= (since < 0) | (since > SETTLED_S)
    error = (t - truth)[judged]
    return np.asarray(error - np.median(error))


DOT = Strap(
    60, 1, 0.03, drift_ppm=40, tick_s=1e-6, bits=32, first_tick=2**32 - 60_000_000, minutes=5
)
MOVESENSE = Strap(52, 4, 0.05, drift_ppm=-80, tick_s=1e-3, bits=32)
OPEN_IMU = Strap(100, 10, 0.05, drift_ppm=80, tick_s=1 / 32768, bits=32, counter=True)
REBOOTING = replace(OPEN_IMU, rate_hz=50, interval_s=0.03, reboot_s=200.0)
WITMOTION = Strap(50, 1, 0.03, rate_error=0.013, minutes=10)
SLOW_WITMOTION = Strap(50, 1, 0.05, rate_error=-0.013, minutes=10)
PACKED_WITMOTION = Strap(100, 8, 0.05, rate_error=0.007, minutes=10)


@pytest.mark.parametrize(
    "strap",
    [DOT, MOVESENSE, OPEN_IMU, REBOOTING, WITMOTION, SLOW_WITMOTION, PACKED_WITMOTION],
    ids=["dot", "movesense", "open_imu", "rebooting", "fast", "slow", "packed"],
)
def test_repaired_time_is_right_within_half_a_millisecond(strap: Strap) -> None:
    truth, raws = packets(strap, seed=1)

    batches, clock = repaired(strap, raws)

    t = np.concatenate([b.t for b in batches])
    error_s = settled_error_s(strap, truth, t)
    assert np.all(np.diff(t) > 0)
    assert float(np.sqrt(np.mean(error_s**2))) <= 0.0005
    assert float(np.max(np.abs(error_s))) <= 0.003
    assert clock.counts.samples == len(truth)
    assert clock.counts.lost <= clock.counts.reboots  # the time of a restart is a guess
    assert clock.counts.reboots == (strap.reboot_s is not None)


@pytest.mark.parametrize("seed", range(8))
def test_a_strap_without_clock_is_known_within_three_milliseconds_after_20_s(seed: int) -> None:
    strap = replace(WITMOTION if seed % 2 else SLOW_WITMOTION, minutes=1.0)
    truth, raws = packets(strap, seed)

    batches, _ = repaired(strap, raws)

    error_s = np.concatenate([b.t for b in batches]) - truth
    settled_s = error_s[truth > truth[0] + SETTLED_S]
    assert np.ptp(settled_s) <= 0.006


def test_no_repair_can_tell_80_ppm_fast_from_80_ppm_slow_within_two_minutes() -> None:
    """50 Hz is 3 samples in 2 intervals of 30 ms: 10 ms of delay look the same at every event."""
    index, interval_s = np.arange(50 * 124), 0.03
    slow = 0.00001 + index / 50 * (1 + 80e-6)
    fast = 0.00999 + index / 50 * (1 - 80e-6)

    assert np.array_equal(np.ceil(slow / interval_s), np.ceil(fast / interval_s))
    apart_s = (slow - fast)[index >= 50 * SETTLED_S]
    # One answer for both is wrong for one of them, whatever latency is taken off each.
    assert np.ptp(apart_s) / 4 > 0.004


def test_a_strap_that_warms_up_loses_no_samples_by_it() -> None:
    rng = np.random.default_rng(9)
    seconds = np.arange(50 * 900) / 50
    truth = START_S + seconds + 0.0015 * (seconds - 300 * (1 - np.exp(-seconds / 300)))
    clock = SampleClock(WITMOTION.spec)

    for arrival_s in arrivals(truth, 0.03, rng):
        clock.feed(RawBatch(np.zeros((1, 3)), None, None, None, 16, float(arrival_s)))

    assert clock.counts == ClockCounts(samples=len(truth))


def test_without_repair_the_same_arrivals_are_wrong_by_tens_of_milliseconds() -> None:
    truth, raws = packets(MOVESENSE, seed=1)
    late_s = np.array([r.arrival_s for r in raws]) - truth[3::4]

    assert float(np.std(late_s)) > 0.03


@pytest.mark.parametrize("lost_packets", [1, 7, 3000])
def test_a_counter_tells_the_exact_number_of_lost_samples(lost_packets: int) -> None:
    _, raws = packets(replace(OPEN_IMU, minutes=12), seed=2)  # 3000 packets: less than a wrap

    batches, clock = repaired(OPEN_IMU, raws[:100] + raws[100 + lost_packets :])

    assert [b.lost for b in batches if b.lost] == [lost_packets * 10]
    assert clock.counts.gaps == 1


def test_a_loss_longer_than_the_counter_wraps_is_told_by_the_clock() -> None:
    _, raws = packets(replace(OPEN_IMU, minutes=25), seed=2)
    missing = 8000  # packets of ten: the 16-bit counter wraps on the way

    batches, _ = repaired(OPEN_IMU, raws[:100] + raws[100 + missing :])

    assert [b.lost for b in batches if b.lost] == [missing * 10]


@pytest.mark.parametrize("strap", [MOVESENSE, WITMOTION], ids=["clock", "no_clock"])
def test_a_link_loss_without_a_counter_is_a_gap_of_the_right_length(strap: Strap) -> None:
    truth, raws = packets(strap, seed=3)
    cut, missing = len(raws) // 2, int(30 * strap.rate_hz / strap.per_packet)
    clock = SampleClock(strap.spec)
    before = [clock.feed(raw) for raw in raws[:cut]]
    clock.link_broken()

    after = [clock.feed(raw) for raw in raws[cut + missing :]]

    assert before[-1] is not None
    assert after[0] is not None
    gap_s = after[0].t[0] - before[-1].t[-1]
    true_s = truth[(cut + missing) * strap.per_packet] - truth[cut * strap.per_packet - 1]
    assert gap_s == pytest.approx(true_s, abs=0.1)
    assert after[0].lost == pytest.approx(missing * strap.per_packet, rel=0.02)
    assert sum(b.lost for b in after[1:] if b) == 0


def test_samples_that_a_strap_without_clock_drops_itself_are_found_and_reported() -> None:
    strap = replace(WITMOTION, minutes=4)
    _, raws = packets(strap, seed=4)

    batches, _ = repaired(strap, raws[:6000] + raws[6025:])

    assert sum(b.lost for b in batches) == pytest.approx(25, abs=1)


def test_stalls_of_a_busy_radio_are_no_loss() -> None:
    _, raws = packets(replace(WITMOTION, minutes=6), seed=5)

    _, clock = repaired(WITMOTION, raws)

    assert clock.counts == ClockCounts(samples=len(raws))


@given(st.integers(0, 30), st.integers(1, 3))
def test_notifications_that_come_twice_or_thrice_give_each_sample_once(
    first: int, times: int
) -> None:
    _, raws = packets(replace(OPEN_IMU, minutes=0.2), seed=6)
    doubled = [raw for i, raw in enumerate(raws) for _ in range(1 if i < first else times + 1)]

    batches, clock = repaired(OPEN_IMU, doubled)

    assert sum(len(b) for b in batches) == len(raws) * 10
    assert clock.counts.lost == 0
    assert clock.counts.duplicates == len(doubled) - len(raws)


def test_samples_seen_in_part_are_cut_off_the_next_packet() -> None:
    strap = replace(OPEN_IMU, minutes=0.2)
    _, raws = packets(strap, seed=6)
    ticks = np.concatenate([r.ticks for r in raws if r.ticks is not None])
    overlapping = replace(raws[5], seq=45, ticks=ticks[45:55])

    batches, clock = repaired(strap, [*raws[:5], overlapping])

    assert [len(b) for b in batches] == [10, 10, 10, 10, 10, 5]
    assert clock.counts.lost == 0


@given(
    st.integers(0, 2**16 - 1),
    st.lists(st.floats(0.01, 400.0), min_size=1, max_size=20),
    st.floats(0, 1.2),
)
def test_ticks_unwrap_over_gaps_of_any_number_of_wraps(
    first: int, gaps_s: list[float], delay_s: float
) -> None:
    tick_s = 0.001  # a 16-bit millisecond counter wraps every 65.5 s
    unwrapper = TickUnwrapper(tick_s, 16)
    now_s, previous = 0.0, None
    for i, gap_s in enumerate([0.0, *gaps_s]):
        now_s += gap_s
        ticks = np.array([(first + round(now_s / tick_s)) % 65536.0])
        seconds = unwrapper.feed(ticks, now_s + (delay_s if i % 2 else 0.0))[0]
        if previous is not None:
            assert seconds - previous[0] == pytest.approx(now_s - previous[1], abs=2 * tick_s)
        previous = (seconds, now_s)


@given(st.data())
def test_time_is_monotonic_whatever_arrives(data: st.DataObject) -> None:
    spec = data.draw(st.sampled_from([OPEN_IMU.spec, WITMOTION.spec, ClockSpec(1e-3, 16, 50.0)]))
    clock = SampleClock(spec)
    now_s, last_t = START_S, -np.inf
    for _ in range(data.draw(st.integers(1, 25))):
        now_s += data.draw(st.floats(0, 100))
        size = data.draw(st.integers(1, 10))
        start = data.draw(st.integers(0, 2**16 - 1))
        ticks = None if spec.tick_s is None else (start + 20.0 * np.arange(size)) % 65536
        seq = data.draw(st.none() | st.integers(0, 65535))
        if data.draw(st.booleans()):
            clock.link_broken()
        raw = RawBatch(np.zeros((size, 3)), None, ticks, seq, 16, now_s)
        batch = clock.feed(raw)
        if batch is not None:
            assert np.all(np.diff(batch.t) > 0)
            assert batch.t[0] > last_t
            assert batch.lost >= 0
            last_t = float(batch.t[-1])


def test_a_faster_timeline_takes_its_longer_delays_for_no_reboot() -> None:
    clock = SampleClock(OPEN_IMU.spec, time_scale=60.0)
    rng = np.random.default_rng(7)
    for i in range(600):
        device_s = i * 0.1
        late_s = 60 * rng.exponential(0.01)
        ticks = np.rint((device_s + np.arange(10) / 100) * 32768)
        raw = RawBatch(
            np.zeros((10, 3)), None, ticks, i * 10 % 65536, 16, START_S + device_s + 0.09 + late_s
        )
        clock.feed(raw)

    assert clock.counts == ClockCounts(samples=6000)


def test_a_timeline_put_ahead_by_seconds_is_followed_and_leaves_a_gap() -> None:
    strap = replace(OPEN_IMU, minutes=4)
    truth, raws = packets(strap, seed=8)
    later = [replace(raw, arrival_s=raw.arrival_s + 5.0) for raw in raws[1000:]]

    batches, clock = repaired(strap, [*raws[:1000], *later])

    error_s = np.concatenate([b.t for b in batches]) - truth
    assert error_s[9000] == pytest.approx(error_s[-1] - 5.0, abs=0.01)
    assert np.all(np.diff(np.concatenate([b.t for b in batches])) > 0)
    assert clock.counts.reboots == 0
