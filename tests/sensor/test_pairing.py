"""Two streams become one: rotations interpolated onto the times of the accelerations."""

from __future__ import annotations

import numpy as np
import pytest

from sensor.gatt import ClockSpec, RawBatch
from sensor.pairing import MOST_ROTATIONS, PATIENCE_BATCHES, PairAligner

TICKED = ClockSpec(0.001, 16, 50.0)


def stream(first_ms: float, count: int, *, acc: bool, seq: int | None = None) -> RawBatch:
    """Return samples every 20 ms whose values are their time in seconds, not unwrapped."""
    ms = first_ms + 20.0 * np.arange(count)
    values = np.column_stack([ms, ms, ms]) / 1000
    ticks = ms % 65_536
    return RawBatch(values if acc else None, None if acc else values, ticks, seq, 16, ms[-1] / 1000)


@pytest.mark.parametrize("start_ms", [0.0, 65_436.0], ids=["plain", "over the wrap"])
def test_a_rotation_is_interpolated_onto_the_time_of_the_acceleration(start_ms: float) -> None:
    pairs = PairAligner(TICKED)
    assert pairs.feed(stream(start_ms - 7, 4, acc=False)) == []
    assert len(pairs.feed(stream(start_ms, 3, acc=True))) == 1
    assert pairs.feed(stream(start_ms + 60, 3, acc=True)) == []  # its partner is not here yet
    (late,) = pairs.feed(stream(start_ms + 73, 4, acc=False))

    assert late.acc is not None
    assert late.gyro is not None
    np.testing.assert_allclose(late.gyro, late.acc, atol=1e-9)


def test_accelerations_far_from_any_rotation_are_left_out_with_their_ticks_and_number() -> None:
    pairs = PairAligner(TICKED)
    pairs.feed(stream(1001, 10, acc=False))

    (whole,) = pairs.feed(stream(900, 10, acc=True, seq=70))

    assert whole.acc is not None
    assert whole.ticks is not None
    assert whole.acc[:, 0].tolist() == [0.98, 1.0, 1.02, 1.04, 1.06, 1.08]
    assert whole.ticks.tolist() == [980, 1000, 1020, 1040, 1060, 1080]
    assert whole.seq == 74


def test_without_ticks_the_samples_are_matched_by_their_number() -> None:
    pairs = PairAligner(ClockSpec(None, None, 50.0))
    values = np.arange(18.0).reshape(6, 3)
    pairs.feed(RawBatch(values, None, None, None, 0, 1.0))
    assert pairs.feed(RawBatch(None, values[:4], None, None, 0, 1.1)) == []

    (whole,) = pairs.feed(RawBatch(None, values[4:], None, None, 0, 1.2))

    assert whole.gyro is not None
    assert whole.gyro.tolist() == values.tolist()


def test_a_rotation_that_stays_away_does_not_hold_the_accelerations_for_ever() -> None:
    pairs = PairAligner(TICKED)
    pairs.feed(stream(0, 3, acc=False))
    out = [pairs.feed(stream(60 * i, 3, acc=True)) for i in range(PATIENCE_BATCHES + 5)]

    assert len(out[0]) == 1
    assert sum(map(len, out)) == 2  # the second is near enough, all others have no partner
    assert len(out[PATIENCE_BATCHES][0].ticks) == 2  # type: ignore[arg-type]


def test_rotations_without_accelerations_are_not_kept_for_ever() -> None:
    pairs = PairAligner(TICKED)
    for i in range(200):
        pairs.feed(stream(200 * i, 10, acc=False))

    (whole,) = pairs.feed(stream(200 * 199, 5, acc=True))

    assert whole.gyro is not None
    assert pairs._gyro.shape[0] <= MOST_ROTATIONS


def test_a_new_connection_starts_without_the_old_halves() -> None:
    pairs = PairAligner(TICKED)
    pairs.feed(stream(0, 3, acc=True))
    pairs.reset()

    assert pairs.feed(stream(0, 9, acc=False)) == []
    assert len(pairs.feed(stream(100, 3, acc=True))) == 1
