"""`python -m benchmarks.memory [--json]`: whether a pipeline's memory grows with what it reads."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys

from benchmarks.speed import RATE_HZ, recorded, split
from ingest.measurement.pipeline import Pipeline
from sensor.sample import ImuBatch

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


def peak_mib(hours: float) -> dict[str, float]:
    """Return how the peak memory of this process grows over some hours of samples."""
    samples = recorded(10)
    length_s = float(samples.t[-1] - samples.t[0]) + 1 / RATE_HZ
    pipeline = Pipeline(session_ms=1, live_trace=False)
    before = 0.0
    for n in range(round(hours * 3600 / length_s)):
        for batch in split(samples, round(RATE_HZ)):
            pipeline.feed(ImuBatch(batch.t + n * length_s, batch.acc, batch.gyro))
        before = before or _rss_mib()
    return {"peak_mib": _rss_mib(), "growth_mib": _rss_mib() - before}


def _rss_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory() -> dict[str, float]:
    """Return the peak memory of one hour beside that of a day, each in its own process."""
    short, long = (_asked(hours) for hours in (1, 24))
    return {
        "peak_mib_1_h": short["peak_mib"],
        "peak_mib_24_h": long["peak_mib"],
        "growth_mib_24_h": long["growth_mib"],
        "day_over_hour": long["peak_mib"] / short["peak_mib"],
    }


def _asked(hours: float) -> dict[str, float]:
    command = [sys.executable, __file__, "--hours", str(hours)]
    ended = subprocess.run(
        command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, check=True, text=True
    )
    figures: dict[str, float] = json.loads(ended.stdout)
    return figures


def main() -> None:
    """Print the figures, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--hours", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hours is not None:
        print(json.dumps(peak_mib(options.hours)))
        return
    figures = memory()
    if options.json:
        print(json.dumps(figures))
        return
    for key, value in figures.items():
        print(f"{key:20} {value:.3f}")


if __name__ == "__main__":
    main()
