"""Properties of the measurement that hold for any input."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.pipeline import Pipeline
from ingest.records import Record, Second
from sensor.sample import Floats, ImuBatch
from sensor.virtual.day import SimulatedDay, Step
from sensor.virtual.wearer_sensor import random_rotation

START_S = 1_600_000_000.0
SCRIPT = (Step("stand", 20.0, {"still": 1.0}), Step("bend", 10.0), Step("sit", 30.0))


@lru_cache
def played() -> tuple[ImuBatch, ...]:
    day = SimulatedDay(SCRIPT, seed=1, start_s=START_S)
    return tuple(b for b in day.batches(50) if isinstance(b, ImuBatch))


def angles(rotation: Floats) -> dict[int, tuple[float, float]]:
    """Return the angles after upright and bend, of a strap in another mounting."""
    pipeline = Pipeline(session_ms=1, live_trace=False)
    records: list[Record] = []
    due = [("upright", START_S + 12), ("bend", START_S + 30)]
    for b in played():
        turned = ImuBatch(b.t, b.acc @ rotation.T, b.gyro @ rotation.T, b.lost)
        records += pipeline.feed(turned).records
        if due and b.t[-1] > due[0][1] and pipeline.calibrate(due[0][0], float(b.t[-1]))[0]:
            due.pop(0)
    assert not due
    records += pipeline.finish().records
    return {
        r.t_s: (r.sagittal_deg, r.frontal_deg or 0.0)
        for r in records
        if isinstance(r, Second) and r.sagittal_deg is not None and "bend" in (r.calibration or "")
    }


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_mounting_of_the_strap_changes_no_angle_after_calibration(seed: int) -> None:
    as_worn, otherwise = angles(np.eye(3)), angles(random_rotation(np.random.default_rng(seed)))
    assert len(as_worn) > 20
    assert as_worn.keys() == otherwise.keys()
    apart = np.array(list(as_worn.values())) - np.array(list(otherwise.values()))
    # published with two decimals, so that rounding alone may give one hundredth
    assert np.abs(apart).max() < 0.0101
