"""`python -m benchmarks.replay [--hours H] [--json]`: what the measurement costs, in one run.

Prints CPU time per notification of the whole path from batches to records, beside the bare filter
on the same batches, and the peak memory of one hour beside that of the whole day.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ingest.attitude import new_filter
from ingest.pipeline import Pipeline
from sensor.sample import ImuBatch
from sensor.virtual.day import SimulatedDay, scripted_day

START_S = 1_600_000_000.0
REPEATS = 5


def batches(hours: float, size: int) -> Iterator[ImuBatch]:
    """Yield a simulated day's samples."""
    day = SimulatedDay(scripted_day(hours, seed=1), seed=1, start_s=START_S)
    return (b for b in day.batches(size) if isinstance(b, ImuBatch))


def through_pipeline(day: list[ImuBatch], *, live_trace: bool) -> None:
    """Turn a day's batches into records."""
    pipeline = Pipeline(session_ms=1, live_trace=live_trace)
    for batch in day:
        pipeline.feed(batch)
    pipeline.finish()


def through_filter(day: list[ImuBatch]) -> None:
    """Run the bare filter over a day's batches."""
    bare = new_filter(0.02)
    for batch in day:
        if batch.gyro is not None:
            bare.updateBatch(np.ascontiguousarray(batch.gyro), np.ascontiguousarray(batch.acc))


def alternating_s(runs: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Return the median CPU seconds of each run, taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(REPEATS):
        for name, run in runs.items():
            begin = time.process_time()
            run()
            taken[name].append(time.process_time() - begin)
    return {name: statistics.median(values) for name, values in taken.items()}


def peak_mib(hours: float) -> float:
    """Return the peak of what the pipeline allocates over some hours, simulation included."""
    pipeline = Pipeline(session_ms=1, live_trace=False)
    stream = batches(hours, 500)
    tracemalloc.start()
    for batch in stream:
        pipeline.feed(batch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def measure(hours: float) -> dict[str, Any]:
    """Return the figures of one run."""
    day = list(batches(hours, 10))
    whole = list(batches(hours, 500))
    seconds = alternating_s(
        {
            "filter": lambda: through_filter(day),
            "live": lambda: through_pipeline(day, live_trace=True),
            "merged": lambda: through_pipeline(day, live_trace=False),
            "replay": lambda: through_pipeline(whole, live_trace=False),
        }
    )
    samples = sum(len(b) for b in day)
    figures: dict[str, Any] = {"hours": hours, "samples": samples, "notifications": len(day)}
    for name, value in seconds.items():
        figures[f"{name}_us_per_sample"] = round(value / samples * 1e6, 3)
    figures["live_over_filter"] = round(seconds["live"] / seconds["filter"], 2)
    figures["merged_over_filter"] = round(seconds["merged"] / seconds["filter"], 2)
    figures["eight_hours_replay_s"] = round(seconds["replay"] * 8 / hours, 2)
    figures["peak_mib_short"] = round(peak_mib(hours / 4), 1)
    figures["peak_mib_whole"] = round(peak_mib(hours), 1)
    return figures


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.hours)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print("\n".join(f"{name:28} {value}" for name, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
