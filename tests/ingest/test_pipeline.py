"""The pipeline on small hand-made traces."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.measurement.pipeline import Pipeline
from ingest.records import Bout, Event, PostureState, Record, Second
from sensor.sample import ImuBatch

START_S = 1_600_000_000.0
RATE_HZ = 50.0


def trace(seconds: int, *, seed: int = 1) -> ImuBatch:
    """Half quiet standing, half walking."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE_HZ)
    t = START_S + np.arange(n) / RATE_HZ
    sway = 0.01 * np.sin(2 * np.pi * 0.25 * (t - START_S))
    acc = np.stack((np.full(n, 9.81), np.zeros(n), -9.81 * sway), axis=1)
    walking = t >= START_S + seconds / 2
    acc[walking, 0] += 3.5 * np.sin(2 * np.pi * 1.8 * t[walking])
    gyro = np.zeros((n, 3))
    gyro[:, 1] = 0.01 * 2 * np.pi * 0.25 * np.cos(2 * np.pi * 0.25 * (t - START_S))
    noise = rng.normal(size=(n, 6))
    return ImuBatch(t, acc + 0.03 * noise[:, :3], gyro + 0.005 * noise[:, 3:])


def fed(batch: ImuBatch, size: int, *, live_trace: bool = True) -> list[Record]:
    pipeline = Pipeline(session_ms=1, live_trace=live_trace)
    records: list[Record] = []
    for i in range(0, len(batch), size):
        part = slice(i, i + size)
        assert batch.gyro is not None
        records += pipeline.feed(ImuBatch(batch.t[part], batch.acc[part], batch.gyro[part])).records
    records += pipeline.finish().records
    return records


def seconds_of(records: list[Record]) -> list[Second]:
    return [record for record in records if isinstance(record, Second)]


def test_every_covered_second_is_recorded_once_and_in_order() -> None:
    seconds = seconds_of(fed(trace(60), 10))
    assert [s.t_s for s in seconds] == list(range(int(START_S), int(START_S) + 60))


def test_walking_is_moving() -> None:
    seconds = seconds_of(fed(trace(60), 10))
    assert {s.state for s in seconds[33:]} == {PostureState.MOVING}


def test_any_split_into_batches_gives_the_same_records() -> None:
    batch = trace(40)
    whole = fed(batch, len(batch))
    for size in (1, 7, 10, 333):
        assert fed(batch, size) == whole
        assert fed(batch, size, live_trace=False) == whole


def unsteady(batch: ImuBatch, *, seed: int) -> ImuBatch:
    """Stamps off by up to a fifth of a period, and gaps of 20 ms to 0.8 s."""
    rng = np.random.default_rng(seed)
    kept = np.ones(len(batch), dtype=bool)
    for first, lost in zip(rng.integers(100, len(batch), 12), rng.integers(1, 40, 12), strict=True):
        kept[first : first + lost] = False
    t = batch.t + rng.uniform(-0.2, 0.2, len(batch)) / RATE_HZ
    assert batch.gyro is not None
    return ImuBatch(t[kept], batch.acc[kept], batch.gyro[kept])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_split_gives_the_same_records_with_gaps_and_unsteady_stamps(seed: int) -> None:
    batch = unsteady(trace(60), seed=seed)
    whole = fed(batch, len(batch))
    for size in (1, 7, 10, 333):
        assert fed(batch, size) == whole
        assert fed(batch, size, live_trace=False) == whole


def test_bouts_end_with_the_source() -> None:
    bouts = [record for record in fed(trace(120), 25) if isinstance(record, Bout)]
    assert bouts[-1].state is PostureState.MOVING
    assert bouts[-1].end_ms == (int(START_S) + 120) * 1000


def test_every_batch_has_an_angle_once_there_is_a_calibration() -> None:
    batch = trace(60)
    assert batch.gyro is not None
    pipeline = Pipeline(session_ms=1)
    parts = [
        ImuBatch(batch.t[i : i + 10], batch.acc[i : i + 10], batch.gyro[i : i + 10])
        for i in range(0, 1400, 10)
    ]
    before, after = parts[:60], parts[60:]
    assert {pipeline.feed(part).angle for part in before} == {None}
    now_s = float(before[-1].t[-1])
    assert pipeline.calibrate("upright", now_s)[0]
    outputs = [pipeline.feed(part) for part in after]
    angles = [output.angle for output in outputs if output.angle is not None]
    assert [angle.t_ms for angle in angles] == [round(part.t[-1] * 1000) for part in after]
    assert max(abs(angle.sagittal_deg) for angle in angles) < 3
    (event,) = [r for o in outputs for r in o.records if isinstance(r, Event)]
    assert (event.kind, event.t_ms) == ("calibration", round(now_s * 1000))


@pytest.mark.parametrize("before", [False, True])
def test_the_live_trace_is_of_the_run_and_not_of_the_checkpoint(before: bool) -> None:
    batch = trace(60)
    first = Pipeline(session_ms=1, live_trace=before)
    first.feed(batch)
    later = ImuBatch(batch.t + 60.0, batch.acc, batch.gyro)
    now_s = float(batch.t[-1])
    seen = [
        Pipeline.restored(
            first.checkpoint(), session_ms=1, now_s=now_s, live_trace=live_trace
        ).feed(later)
        for live_trace in (False, True)
    ]
    assert [output.angle is not None for output in seen] == [False, True]
