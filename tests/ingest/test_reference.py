"""Calibration in any mounting: asked for, by itself, and kept honest."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.measurement.pipeline import Pipeline
from ingest.records import Event, Record, Second
from sensor.sample import ImuBatch
from sensor.virtual.day import SimulatedDay, Step

START_S = 1_600_000_000.0


def played(day: SimulatedDay, pipeline: Pipeline, until_s: float | None = None) -> list[Record]:
    records: list[Record] = []
    for batch in day.batches(10):
        if isinstance(batch, ImuBatch):
            records += pipeline.feed(batch).records
            if until_s is not None and batch.t[-1] >= until_s:
                break
    return records


def apart_deg(a: tuple[float, float, float], b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(np.dot(a, b), -1, 1))))


def calibrated(pipeline: Pipeline, day: SimulatedDay, step: str, from_s: float) -> bool:
    """Ask for a step once a second from a moment on, as a patient wearer would."""
    due_s = from_s
    for batch in day.batches(10):
        if isinstance(batch, ImuBatch):
            pipeline.feed(batch)
            if batch.t[-1] >= due_s:
                if pipeline.calibrate(step, float(batch.t[-1]))[0]:
                    return True
                due_s += 1
    return False


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_upright_pose_is_taken_in_any_mounting(seed: int) -> None:
    day = SimulatedDay((Step("stand", 30.0, {"still": 1}),), seed=seed, start_s=START_S)
    pipeline = Pipeline(session_ms=1)
    assert calibrated(pipeline, day, "upright", START_S + 15)
    calibration = pipeline.calibration
    assert calibration is not None
    assert apart_deg(calibration.frame.up, day.upright) < 6.0


def test_a_restless_pose_is_refused_with_a_reason_and_recorded() -> None:
    day = SimulatedDay((Step("walk", 20.0),), seed=2, start_s=START_S)
    pipeline = Pipeline(session_ms=1)
    played(day, pipeline, START_S + 8)
    taken, why = pipeline.calibrate("upright", START_S + 8)
    assert not taken
    assert "still" in why
    records = pipeline.advance(START_S + 8).records
    assert any(isinstance(r, Event) and r.kind == "calibration_refused" for r in records)


def test_steps_need_the_pose_first_and_unknown_steps_are_named() -> None:
    pipeline = Pipeline(session_ms=1)
    assert "upright first" in pipeline.calibrate("bend", START_S)[1]
    day = SimulatedDay((Step("stand", 30.0, {"still": 1}),), seed=1, start_s=START_S)
    assert calibrated(pipeline, day, "upright", START_S + 15)
    assert "Unknown step" in pipeline.calibrate("dance", START_S + 30)[1]


@pytest.mark.parametrize("seed", [4, 5])
def test_walking_and_two_changes_find_the_axes_without_asking(seed: int) -> None:
    script = (
        Step("walk", 40.0),
        Step("sit", 40.0),
        Step("stand", 20.0),
        Step("sit", 40.0),
        Step("stand", 20.0),
    )
    day = SimulatedDay(script, seed=seed, start_s=START_S)
    pipeline = Pipeline(session_ms=1)
    played(day, pipeline)
    calibration = pipeline.calibration
    assert calibration is not None
    assert calibration.frame.mediolateral_known
    assert apart_deg(calibration.frame.up, day.upright) < 6.0
    assert apart_deg(calibration.frame.forward, day.forward) < 20.0


def test_sitting_still_never_moves_upright() -> None:
    day = SimulatedDay((Step("walk", 40.0), Step("sit", 600.0)), seed=6, start_s=START_S)
    pipeline = Pipeline(session_ms=1)
    played(day, pipeline, START_S + 60)
    before = pipeline.calibration
    assert before is not None
    second = Pipeline(session_ms=1)
    played(day, second)
    assert second.calibration is not None
    assert second.calibration.frame.up == before.frame.up


def test_seconds_keep_the_calibration_they_were_judged_under() -> None:
    day = SimulatedDay((Step("stand", 60.0, {"still": 1}),), seed=1, start_s=START_S)
    pipeline = Pipeline(session_ms=1)
    records: list[Record] = []
    asked = [START_S + 15.0, START_S + 40.0]
    for batch in day.batches(10):
        if isinstance(batch, ImuBatch):
            records += pipeline.feed(batch).records
            if (
                asked
                and batch.t[-1] > asked[0]
                and pipeline.calibrate("upright", float(batch.t[-1]))[0]
            ):
                asked.pop(0)
    told = [r.calibration for r in records if isinstance(r, Second)]
    made = [r.data["id"] for r in records if isinstance(r, Event) and r.kind == "calibration"]
    assert len(set(made)) == 2
    assert list(dict.fromkeys(told)) == [None, *made]
