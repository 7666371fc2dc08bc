"""What the screens of the past ask of a history of single seconds, and how long that takes."""

from __future__ import annotations

import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.history import START_S, fill
from ingest.past.history import History
from ingest.store.sqlite import SqliteStore
from tui.exposures import last_hour
from tui.screens.trends import asked

ZONE = ZoneInfo("Europe/Berlin")


def year_file(days: int) -> Path:
    """Return a file with `days` of eight hours of single seconds; made once in the temp folder."""
    path = Path(tempfile.gettempdir()) / f"lumbar-bench-{days}-days.sqlite"
    if not path.exists():
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        with closing(SqliteStore(partial)) as store:
            fill(store, days)
        partial.replace(path)
    return path


def history_ms(days: int) -> dict[str, float]:
    """Return the median milliseconds of each screen's question on a history of single seconds."""
    last = dt.datetime.fromtimestamp(START_S, ZONE).date() + dt.timedelta(days=days - 1)
    now_s = START_S + (days - 1) * 86_400 + 8 * 3600
    store = SqliteStore(year_file(days), read_only=True)
    with closing(History(store, wearer="ada", timezone=ZONE)) as history:
        questions = {
            "day": lambda: history.day(last),
            "week": lambda: asked(history, last, 7, ZONE),
            "28 days": lambda: asked(history, last, 28, ZONE),
            "last hour": lambda: last_hour(history, now_s, (-20.0, 50.0)),
        }
        return {
            f"history_{name.replace(' ', '_')}_ms": round(median_s(question) * 1000, 1)
            for name, question in questions.items()
        }


def median_s(question: Callable[[], object]) -> float:
    """Return the median time of a question."""
    times = []
    for _ in range(7):
        started = time.perf_counter()
        question()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
