"""How right the pipeline is about each simulated persona: `python -m benchmarks.personas`.

Each persona lives random days with known truth. Seeds differ from those of the tests. Rides in a
car and carried bags are left out: docs/metrics.md says what becomes of them.
"""

from __future__ import annotations

import argparse
import json
from bisect import bisect_right
from collections import Counter

from ingest.measurement.pipeline import Pipeline
from ingest.records import Second
from sensor.sample import ImuBatch
from sensor.virtual.day import PERSONAS, SimulatedDay, random_day

START_S = 1_700_000_000.0
SURE = 0.9  # a state that is told with at least this confidence is meant to be relied upon
LEFT_OUT = ("car", "bag")
Table = Counter[tuple[str, str, bool]]


def confusion(persona: str, seed: int, hours: float) -> Table:
    """Return seconds by true state, published state and whether that was sure, of one day."""
    kind = PERSONAS[persona]
    script = random_day(hours, seed=seed, persona=kind)
    day = SimulatedDay(script, seed=seed, persona=kind, start_s=START_S)
    pipeline = Pipeline(session_ms=round(START_S * 1000), live_trace=False)
    outputs = [pipeline.feed(event) for event in day.batches(3000) if isinstance(event, ImuBatch)]
    outputs.append(pipeline.finish())
    begins = [segment.from_s for segment in day.truth]
    table: Table = Counter()
    for output in outputs:
        for record in output.records:
            if isinstance(record, Second):
                true = day.truth[bisect_right(begins, record.t_s + 0.5) - 1]
                if true.activity not in LEFT_OUT:
                    table[true.state, record.state.value, record.confidence >= SURE] += 1
    return table


def scored(table: Table) -> dict[str, object]:
    """Return agreement of what is known, its share, sure errors and the largest confusions."""
    known = sum(n for (_, said, _), n in table.items() if said != "unknown")
    right = sum(n for (true, said, _), n in table.items() if true == said)
    wrong: Counter[tuple[str, str]] = Counter()
    for (true, said, _), n in table.items():
        if said not in (true, "unknown"):
            wrong[true, said] += n
    sure = sum(
        n for (true, said, sure), n in table.items() if sure and said not in (true, "unknown")
    )
    sat = sum(n for (true, _, _), n in table.items() if true == "sitting")
    said_sat = sum(n for (_, said, _), n in table.items() if said == "sitting")
    return {
        "known_accuracy": round(right / max(1, known), 4),
        "known_share": round(known / max(1, table.total()), 4),
        "surely_wrong_share": round(sure / max(1, table.total()), 4),
        "sit_minutes": f"{said_sat // 60} of {sat // 60}",
        "confused_s": {f"{true} as {said}": n for (true, said), n in wrong.most_common(3)},
    }


def main() -> None:
    """Print a row per persona, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--persona", choices=PERSONAS, action="append")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    results: dict[str, dict[str, object]] = {}
    for persona in args.persona or PERSONAS:
        table: Table = Counter()
        for seed in range(args.seed, args.seed + args.days):
            table += confusion(persona, seed, args.hours)
        results[persona] = scored(table)
        if not args.json:
            row = results[persona]
            print(
                f"{persona:<12} known accuracy {row['known_accuracy']:.3f}  "
                f"known {row['known_share']:.3f}  surely wrong {row['surely_wrong_share']:.4f}  "
                f"sitting {row['sit_minutes']} min  {row['confused_s']}",
                flush=True,
            )
    if args.json:
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
