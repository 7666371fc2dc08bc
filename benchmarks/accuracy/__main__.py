"""`python -m benchmarks.accuracy PATH [--leave-one-out] [--json]`: score recordings."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy import fitting, mounting, neutral, rises, states, tilt, walking
from benchmarks.accuracy.recordings import Recording, find, kind_of, read
from benchmarks.accuracy.report import table

MOUNTED = 3  # recordings that are turned around; each costs four runs


def main(argv: Sequence[str] | None = None) -> int:
    """Score a folder and print a table or one JSON object; 2 where there is nothing to score."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("path", type=Path, help="folder of .npz recordings, searched recursively")
    parser.add_argument(
        "--leave-one-out",
        action="store_true",
        help="score each person with constants that were fitted on the others",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    kinds = _by_kind(find(options.path) if options.path.exists() else [])
    if not kinds:
        print(f"{options.path}: no .npz recordings there", file=sys.stderr)
        return 2
    figures = score(kinds, leave_one_out=options.leave_one_out)
    print(json.dumps(_rounded(figures), indent=2) if options.json else table(figures))
    return 0


def score(kinds: dict[str, list[Recording]], *, leave_one_out: bool) -> dict[str, Any]:
    """Return every figure that the recordings can answer."""
    figures: dict[str, Any] = {}
    if optical := kinds.get("orientation"):
        figures["orientation"] = tilt.score(optical)
    if labelled := kinds.get("activities"):
        params_of = fitting.leave_one_out(labelled) if leave_one_out else None
        played = states.sessions(labelled, params_of)
        figures["walking"] = {"waist_activities_f1": walking.labelled(played)}
        figures["states"] = states.score(played)
        unposed = states.sessions(labelled, params_of, calibrate=False)
        figures["states_without_pose"] = states.score(unposed)
        figures["rises"] = {"waist_activities": rises.labelled(played)}
        figures["mounting"] = {"max_change_deg": mounting.max_change_deg(labelled[:MOUNTED])}
    if flagged := kinds.get("walking"):
        figures.setdefault("walking", {})["lowerback_daily_f1"] = walking.flagged(flagged)
    if seats := kinds.get("seatplate"):
        figures.setdefault("rises", {})["pelvis_seatplate"] = rises.seatplate(seats)
    if gait := kinds.get("gait"):
        figures["calibration"] = neutral.score(gait)
    return figures


def _by_kind(paths: Sequence[Path]) -> dict[str, list[Recording]]:
    kinds: dict[str, list[Recording]] = {}
    for path in paths:
        try:
            recording = read(path)
        except (OSError, KeyError, ValueError) as error:
            print(f"{path}: left out, it is not such a recording ({error})", file=sys.stderr)
            continue
        kinds.setdefault(kind_of(recording), []).append(recording)
    return kinds


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
