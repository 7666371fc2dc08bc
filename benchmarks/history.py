"""Measure the SQLite store: writing, size, and the views of a long history.

    python -m benchmarks.history [--days 365]

Every simulated day has eight hours of seconds and 32 bouts. Times are wall times; run it alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

from ingest.past.history import History
from ingest.records import Bout, PostureState, Second
from ingest.store.base import Entry
from ingest.store.minutes import Minute
from ingest.store.sqlite import SqliteStore

START_S = 1_735_804_800  # 2025-01-02T08:00:00Z
DAY_S = 86_400
WORN_S = 8 * 3600
REPEATS = 5
LIMIT_MS = 100  # of the day, week and 28-day views


def second(t_s: int) -> Second:
    return Second(
        t_s=t_s,
        session=START_S * 1000,
        rule="r1",
        calibration="c1",
        state=PostureState.SITTING if t_s // 1500 % 4 else PostureState.MOVING,
        confidence=0.97,
        sagittal_deg=t_s % 97 / 4,
        frontal_deg=t_s % 31 / 8,
        up=(0.98, 0.1, 0.17),
        acc_sd_ms2=0.0831,
        gyro_rms_rads=0.0214,
        travel_m=0.0,
        log_odds=(0.0, -3.25, -8.5, -9.75),
        coverage=1.0,
    )


def bouts(day_s: int) -> Iterator[Entry]:
    for start_s in range(day_s, day_s + WORN_S, 900):
        yield Entry(
            "ada",
            Bout(
                start_ms=start_s * 1000,
                end_ms=(start_s + 800) * 1000,
                session=START_S * 1000,
                state=PostureState.SITTING,
                rule="r1",
            ),
        )


def fill(store: SqliteStore, days: int) -> float:
    """Write `days` in hours and return seconds (records) per second."""
    spent = 0.0
    for day_s in range(START_S, START_S + days * DAY_S, DAY_S):
        hours = [
            [Entry("ada", second(t_s)) for t_s in range(hour_s, hour_s + 3600)]
            for hour_s in range(day_s, day_s + WORN_S, 3600)
        ]
        began = time.perf_counter()
        for entries in hours:
            store.write(entries)
        store.write(list(bouts(day_s)))
        spent += time.perf_counter() - began
    return days * WORN_S / spent


def rate(store: SqliteStore, wearer: str, block: int, count: int) -> float:
    """Return records per second when written in blocks."""
    entries = [Entry(wearer, second(START_S + i)) for i in range(count)]
    began = time.perf_counter()
    for start in range(0, count, block):
        store.write(entries[start : start + block])
    return count / (time.perf_counter() - began)


def milliseconds(ask: Callable[[], object]) -> float:
    """Return the median time of a question."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def measure(folder: Path, days: int) -> dict[str, float]:
    path = folder / "history.sqlite"
    with closing(SqliteStore(path)) as store:
        found = {"hours_per_s": fill(store, days)}
        found["bytes_per_second"] = path.stat().st_size / (days * WORN_S)
        found["blocks_of_60_per_s"] = rate(store, "blocks", 60, 12_000)
        found["commits_per_s"] = rate(store, "single", 1, 2_000)
        minutes = [
            Minute(wearer="past", t_s=START_S + i * 60, sitting=40, moving=20)
            for i in range(28 * 1440)
        ]
        began = time.perf_counter()
        store.load_minutes(minutes)
        found["load_28_days_ms"] = (time.perf_counter() - began) * 1000
        history = History(store, wearer="ada", timezone=ZoneInfo("Europe/Berlin"))
        last = dt.date(2025, 1, 2) + dt.timedelta(days=days - 1)
        found["day_ms"] = milliseconds(lambda: history.day(last))
        for count in (7, 28, days):
            found[f"days_{count}_ms"] = milliseconds(lambda n=count: history.days(last, n))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=365)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), args.days)
    for name, value in found.items():
        print(f"{name:22} {value:12,.1f}")
    print(json.dumps({"days": args.days, **{k: round(v, 2) for k, v in found.items()}}))
    views = (found["day_ms"], found["days_7_ms"], found["days_28_ms"])
    return 0 if max(views) <= LIMIT_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
