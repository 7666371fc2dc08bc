"""Whether a restless second is walking, from seconds made by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ingest.measurement.evidence import PARAMS, movement_odds
from ingest.measurement.features import BINS, Measured
from ingest.measurement.swing import MovingOdds, swing_deg, swing_odds

TENTHS = np.arange(BINS) / BINS


def second(*, acc_sd: float, tilt_deg: float, beat_hz: float = 2.0) -> Measured:
    """Return a second that tilts steadily and accelerates `beat_hz` times up and down."""
    tilt = np.radians(tilt_deg) * np.linspace(-0.5, 0.5, BINS)
    ups = np.stack([np.sin(tilt), np.zeros(BINS), np.cos(tilt)], axis=1)
    vertical = acc_sd * np.sqrt(2) * np.sin(2 * np.pi * beat_hz * TENTHS)
    return Measured(0, 1.0, (0.0, 0.0, 1.0), acc_sd, None, vertical, ups)


def test_swing_is_the_whole_way_that_the_upward_direction_turns() -> None:
    assert swing_deg(second(acc_sd=1.0, tilt_deg=30.0).ups) == pytest.approx(30.0, rel=0.02)


def test_swing_never_speaks_for_walking_and_more_of_it_never_less_against() -> None:
    odds = [swing_odds(float(deg)) for deg in range(1, 90)]
    assert max(odds) == 0.0
    assert all(after <= before + 1e-9 for before, after in pairwise(odds))


def test_steps_that_hardly_swing_are_judged_by_their_restlessness_alone() -> None:
    steps = second(acc_sd=2.3, tilt_deg=8.0)
    assert MovingOdds().of(steps, PARAMS) == movement_odds(2.3, PARAMS)


def test_a_hurried_rise_is_no_walking_though_as_restless() -> None:
    rise = second(acc_sd=2.3, tilt_deg=35.0, beat_hz=1.0)
    assert movement_odds(2.3, PARAMS) > 2
    assert MovingOdds().of(rise, PARAMS) < 0


def test_who_has_walked_for_some_seconds_may_swing() -> None:
    odds = MovingOdds()
    for _ in range(5):
        odds.of(second(acc_sd=2.3, tilt_deg=8.0), PARAMS)
    assert odds.of(second(acc_sd=2.3, tilt_deg=35.0), PARAMS) == movement_odds(2.3, PARAMS)


def test_a_restored_walk_goes_on() -> None:
    odds, later = MovingOdds(), MovingOdds()
    for _ in range(5):
        odds.of(second(acc_sd=2.3, tilt_deg=8.0), PARAMS)
    later.restore(odds.checkpoint())
    turn = second(acc_sd=2.3, tilt_deg=35.0)
    assert later.of(turn, PARAMS) == odds.of(turn, PARAMS)
