"""`python -m benchmarks.peers PATH`: peers and ours on the same recordings, in the same run.

Needs the network once, to install the peers into an environment of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import states
from benchmarks.accuracy.recordings import Recording, find, kind_of, read
from benchmarks.peers import judged
from sensor.sample import ImuBatch
from sensor.virtual.day import SimulatedDay, scripted_day

HERE = Path(__file__).parent
COST_HOURS = 8.0
COST_HZ = 100.0
REPEATS = 5
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}


def main() -> None:
    """Print the tables, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="folder of .npz recordings")
    parser.add_argument("--env", type=Path, help="keep the peers' environment here")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="alternations of the cost")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lumbar-peers-") as temporary:
        python = environment(args.env or Path(temporary) / "env")
        recordings = [read(path) for path in find(args.path)]
        paths = {path.stem: path for path in find(args.path)}
        figures = accuracy(python, recordings, paths)
        figures["cost"] = cost(python, Path(temporary), args.repeats)
    print(json.dumps(figures) if args.json else table(figures))


def environment(folder: Path) -> Path:
    """Return the Python of the peers' environment, made where it is missing."""
    python = folder / "bin" / "python"
    if not python.exists():
        print("installing the peers (once; needs the network)", file=sys.stderr)
        venv.create(folder, with_pip=True)
        wanted = HERE / "requirements.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", wanted], check=True)
    return python


def accuracy(
    python: Path, recordings: Sequence[Recording], paths: dict[str, Path]
) -> dict[str, Any]:
    """Return the figures of what the recordings can answer."""
    kinds: dict[str, list[Recording]] = {}
    for recording in recordings:
        kinds.setdefault(kind_of(recording), []).append(recording)
    figures: dict[str, Any] = {}
    if trials := kinds.get("orientation"):
        said = asked(python, "orientation", [paths[r.name] for r in trials])
        figures["orientation_rmse_deg"] = judged.orientation(trials, said)
    if labelled := kinds.get("activities"):
        sessions = states.sessions(labelled)
        files = [paths[r.name] for r in labelled]
        figures["rises"] = judged.risen(sessions, asked(python, "rises", files))
        figures["walking_f1"] = judged.walked(sessions, asked(python, "walking", files))
    return figures


def asked(python: Path, task: str, files: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Return what the peers say about the files."""
    return said_by([str(python), str(HERE / "worker.py"), task, *map(str, files)])


def said_by(command: Sequence[str]) -> Any:
    """Return the JSON that a command prints."""
    ended = subprocess.run(
        command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(ended.stdout.splitlines()[-1])


def cost(python: Path, folder: Path, repeats: int) -> dict[str, Any]:
    """Return medians of CPU and memory over alternating runs on one simulated day."""
    file = folder / "day.npz"
    simulate(file)
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(said_by([sys.executable, "-m", "benchmarks.peers.own", str(file)]))
        theirs.append(asked(python, "cost", [file])["day"]["skdh"])
    ratios = [t["cpu_s"] / o["cpu_s"] for o, t in zip(ours, theirs, strict=True)]
    return {
        "hours": COST_HOURS,
        "rate_hz": COST_HZ,
        "repeats": repeats,
        "lumbar": _medians(ours),
        "skdh Sit2Stand + LGBM gait": _medians(theirs),
        "cpu_ratio": statistics.median(ratios),
    }


def _medians(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in ("cpu_s", "growth_mib")}


def simulate(file: Path) -> None:
    """Write a simulated day as an archive."""
    day = SimulatedDay(scripted_day(COST_HOURS, seed=11), seed=11, start_s=1.6e9, rate_hz=COST_HZ)
    batches = [event for event in day.batches(6000) if isinstance(event, ImuBatch)]
    np.savez(
        file,
        acc_ms2=np.concatenate([batch.acc for batch in batches]),
        gyro_rads=np.concatenate([batch.gyro for batch in batches if batch.gyro is not None]),
        rate_hz=COST_HZ,
    )


def table(figures: dict[str, Any]) -> str:
    """Return the figures as text."""
    lines = []
    for name, row in figures.items():
        lines.append(name)
        for key, value in row.items():
            shown = f"{value:.3f}" if isinstance(value, float) else value
            if isinstance(value, dict):
                shown = "  ".join(
                    f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in value.items()
                )
            lines.append(f"  {key:28} {shown}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
