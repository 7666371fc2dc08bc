"""Our side of the cost: `python -m benchmarks.peers.own FILE` replays one recording.

It runs in a process of its own, so that the memory it reports is nobody else's.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.peers.worker import fresh_peak_mib, peak_mib
from ingest.measurement.pipeline import Pipeline
from sensor.npz import UNPACED_BATCH_S, read_npz

START_S = 1.6e9


def main() -> None:
    """Print CPU seconds and growth of the peak memory in MiB, without reading the file."""
    recording = read_npz(Path(sys.argv[1]))
    pipeline = Pipeline(session_ms=1, live_trace=False)
    begin, before_mib = time.process_time(), fresh_peak_mib()
    records = 0
    for batch in recording.batches(START_S, UNPACED_BATCH_S):
        records += len(pipeline.feed(batch).records)
    records += len(pipeline.finish().records)
    cost = {"cpu_s": time.process_time() - begin, "growth_mib": peak_mib() - before_mib}
    print(json.dumps({**cost, "records": records}))


if __name__ == "__main__":
    main()
