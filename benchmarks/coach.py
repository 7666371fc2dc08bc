"""Measure the coach on recordings of real people who do no drill: what must not be counted.

    python -m benchmarks.coach FOLDER

FOLDER holds `lowerback_gait` and `waist_activities` (see docs/recordings.md). Reported are
repetitions of a hip hinge counted while standing quietly and while walking, the sway of standing,
and the share of time in which the position check agrees with the labels.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.drills.catalogue import load_catalogue
from monitor.drills.coach import Coach
from monitor.drills.position import Facing, facing
from monitor.drills.tilt import Vector

RATE_HZ = 20.0
SMOOTH_S = 0.5  # the mean over half a second stands in for the orientation filter
LABELS_UPRIGHT = (1, 4, 5)  # walk, sit, stand
LABEL_LYING = 6


def ups(acc: NDArray[np.float32], rate_hz: float) -> NDArray[np.float64]:
    """Return smoothed upward unit vectors at 20 Hz, (n, 3), sensor frame."""
    width = max(int(SMOOTH_S * rate_hz), 1)
    smooth = np.stack([np.convolve(acc[:, i], np.ones(width) / width, "same") for i in range(3)], 1)
    picked = smooth[:: max(int(rate_hz / RATE_HZ), 1)]
    return np.asarray(picked / np.linalg.norm(picked, axis=1, keepdims=True), dtype=np.float64)


def vectors(rows: NDArray[np.float64]) -> Iterator[tuple[float, Vector]]:
    """Yield (seconds, upward vector in the order up, right, forward)."""
    for i, (x, y, z) in enumerate(rows):
        yield i / RATE_HZ, (float(x), float(y), float(z))


def coached(drill_id: str, rows: NDArray[np.float64]) -> Coach:
    """Return the coach after a whole stretch."""
    coach = Coach(next(drill for drill in load_catalogue() if drill.id == drill_id))
    for t_s, up in vectors(rows):
        coach.feed(t_s, up)
    return coach


def gait(folder: Path) -> dict[str, float]:
    """Return what is counted while standing and walking, and the sway of standing."""
    counted = {"standing": 0, "walking": 0}
    seconds = {"standing": 0.0, "walking": 0.0}
    sways = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as data:
            rate_hz = float(data["rate_hz"])
            for name in counted:
                start, end = data[name]
                rows = ups(data["acc_ms2"][start:end], rate_hz)
                counted[name] += len(coached("hip_hinge", rows).counter.reps)
                seconds[name] += len(rows) / RATE_HZ
                if name == "standing" and (sway := coached("single_leg_stand", rows).sway()):
                    sways.append(sway.rms_deg)
    return {
        **{f"hinges_{name}": counted[name] for name in counted},
        **{f"seconds_{name}": round(seconds[name], 1) for name in seconds},
        "standing_sway_rms_deg_median": round(statistics.median(sways), 2),
    }


def positions(folder: Path) -> dict[str, float]:
    """Return the share of labelled time in which the position check agrees."""
    right = {"upright": 0, "lying": 0}
    total = {"upright": 0, "lying": 0}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as data:
            rows = ups(data["acc_ms2"], float(data["rate_hz"]))
            labels = data["label"][:: max(int(float(data["rate_hz"]) / RATE_HZ), 1)]
        for label, (_, up) in zip(labels, vectors(rows), strict=False):
            name = "lying" if label == LABEL_LYING else "upright"
            if label != LABEL_LYING and label not in LABELS_UPRIGHT:
                continue
            total[name] += 1
            right[name] += (facing(up) is Facing.UPRIGHT) == (name == "upright")
    return {f"{name}_agrees": round(right[name] / total[name], 4) for name in total}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    figures = gait(folder / "lowerback_gait") | positions(folder / "waist_activities")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
