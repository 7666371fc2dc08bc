"""How well a calibration repeats: quiet standing against the walk of the same recording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy.recordings import Recording
from ingest.measurement.orientation import Orientation
from sensor.sample import Floats


def score(recordings: Sequence[Recording]) -> dict[str, float]:
    """Return in degrees: walk against standing, and standing against the person's other trials."""
    apart: list[float] = []
    standing: dict[str, list[Floats]] = {}
    for recording in recordings:
        (run,) = Orientation().feed(recording.t, recording.acc, recording.gyro)
        poses = {k: _mean(run.up, recording.answers[k]) for k in ("standing", "walking")}
        apart.append(_apart_deg(poses["standing"], poses["walking"]))
        standing.setdefault(recording.person, []).append(poses["standing"])
    again = [
        _apart_deg(pose, np.mean(poses, axis=0)) for poses in standing.values() for pose in poses
    ]
    return {
        "walk_to_standing_median_deg": float(np.median(apart)),
        "walk_to_standing_p95_deg": float(np.percentile(apart, 95)),
        "standing_again_median_deg": float(np.median(again)),
    }


def _mean(up: Floats, span: Sequence[int]) -> Floats:
    mean = up[int(span[0]) : int(span[1])].mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def _apart_deg(a: Floats, b: Floats) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(b), -1, 1))))
