"""How much the angle changes when the strap is worn turned by any rotation: it must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.accuracy.recordings import START_S, Recording
from ingest.measurement.pipeline import Pipeline
from ingest.records import Second
from sensor.sample import Floats

ROTATIONS = 3
LONGEST_S = 120.0
CALIBRATE_AT_S = 20.0


def max_change_deg(recordings: Sequence[Recording]) -> float:
    """Return the largest change of a second's sagittal or frontal angle over random mountings."""
    worst = 0.0
    for n, recording in enumerate(recordings):
        straight = _angles(recording, np.eye(3))
        for turn in range(ROTATIONS):
            rng = np.random.default_rng([n, turn])
            turned = _angles(recording, _rotation(rng))
            common = straight.keys() & turned.keys()
            for t_s in common:
                worst = max(worst, float(np.abs(straight[t_s] - turned[t_s]).max()))
    return worst


def _angles(recording: Recording, rotation: Floats) -> dict[int, Floats]:
    """Return (sagittal, frontal) of every second whose forward direction was measured."""
    assert recording.gyro is not None
    n = int(LONGEST_S * recording.rate_hz)
    turned = replace(
        recording,
        t=recording.t[:n],
        acc=np.ascontiguousarray(recording.acc[:n] @ rotation),
        gyro=np.ascontiguousarray(recording.gyro[:n] @ rotation),
    )
    pipeline = Pipeline(session_ms=1)
    angles: dict[int, Floats] = {}
    due_s = START_S + CALIBRATE_AT_S
    for batch in turned.batches():
        _keep(pipeline.feed(batch).records, pipeline, angles)
        if float(batch.t[-1]) >= due_s:
            taken, _ = pipeline.calibrate("upright", float(batch.t[-1]))
            due_s = np.inf if taken else due_s + 1
    _keep(pipeline.finish().records, pipeline, angles)
    return angles


def _keep(records: Sequence[object], pipeline: Pipeline, angles: dict[int, Floats]) -> None:
    calibration = pipeline.calibration
    if calibration is None or not calibration.frame.mediolateral_known:
        return
    for record in records:
        if isinstance(record, Second) and record.calibration == calibration.id:
            sagittal, frontal = calibration.frame.angles_deg(record.up)
            angles[record.t_s] = np.array([sagittal, frontal])


def _rotation(rng: np.random.Generator) -> Floats:
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return np.asarray(q if np.linalg.det(q) > 0 else -q)
