"""`lumbar reprocess`: workers compute, this process alone writes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.measurement.decision import RULE
from ingest.past.rescoring import Scored, entries
from ingest.store.base import Store
from tui.exits import CommandError, ConfigError, Exit
from tui.phrases import duration
from tui.wiring.cohort import Ledger, Recorded, cohort
from tui.wiring.live import own_household
from tui.wiring.progress import ProgressBar
from tui.wiring.replayed import CLOCKS_DIFFER_S, warn_of_simulated
from tui.wiring.scoring import Scorer, cluster_at, here, local_processes


@dataclass(kw_only=True)
class Tally:
    """What came of a run."""

    scored: int = 0
    skipped: int = 0
    simulated: int = 0
    samples: int = 0
    seconds: int = 0
    bouts: int = 0
    events: int = 0
    failed: list[str] = field(default_factory=list)

    def add(self, told: Scored) -> None:
        """Count a recording in."""
        self.scored += 1
        self.simulated += told.simulated
        self.samples += told.samples
        self.seconds += len(told.seconds)
        self.bouts += len(told.bouts)
        self.events += len(told.events)


def run_reprocess(
    places: Sequence[Path],
    *,
    into: str | None,
    wearer_from_name: bool,
    scheduler: str | None,
    workers: int | None,
    config: Path | None,
    as_json: bool,
) -> int:
    """Score the recordings again, store what they say and print the figures."""
    home = own_household(config)
    if not home.recorded:
        raise ConfigError("store.kind is none: there is no history to score into")
    wearer = None if wearer_from_name else _wearer(into or home.wearer)
    began = time.monotonic()
    recordings = cohort(places, wearer=wearer)
    tally = Tally()
    ledger = Ledger(home.data_dir, home.config.store)
    with closing(home.open_store()) as store:
        left = [recorded for recorded in recordings if not ledger.has(recorded, store)]
        tally.skipped = len(recordings) - len(left)
        with _workers(scheduler, workers, len(left)) as scorer:
            _store(store, ledger, scorer(left), tally, size=sum(r.size for r in left))
    if tally.simulated:
        warn_of_simulated(f"{tally.simulated} of these recordings {_are(tally.simulated)}")
    _print(tally, len(recordings), time.monotonic() - began, as_json=as_json)
    return Exit.FAILED if tally.failed else Exit.OK


def _wearer(name: str) -> str:
    from ingest.topics import check_wearer

    try:
        return check_wearer(name)
    except ValueError as error:
        raise CommandError(str(error), code=Exit.USAGE) from error


def _workers(
    scheduler: str | None, workers: int | None, recordings: int
) -> AbstractContextManager[Scorer]:
    if not recordings or workers == 0:
        return nullcontext(here)
    if scheduler is not None:
        return cluster_at(scheduler)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return local_processes(min(workers or cores or 1, recordings))


def _store(
    store: Store,
    ledger: Ledger,
    results: Iterable[tuple[Recorded, Scored]],
    tally: Tally,
    *,
    size: int,
) -> None:
    progress = ProgressBar("scoring")
    done = 0
    for recorded, told in results:
        if trouble := told.trouble or _future(recorded.path, told, time.time()):
            tally.failed.append(trouble)
        else:
            for transaction in entries(store, recorded.wearer, recorded.digest, told):
                store.write(transaction)
            ledger.note(recorded, told)
            tally.add(told)
        done += recorded.size
        progress(done, size)


def _future(path: Path, told: Scored, now_s: float) -> str:
    """Return why a recording of seconds that have not been yet is refused, else ""."""
    ahead_s = told.seconds[-1].t_s - now_s if told.seconds else 0.0
    return f"{path}: it ends {duration(ahead_s)} in the future" if ahead_s > CLOCKS_DIFFER_S else ""


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _print(tally: Tally, recordings: int, wall_s: float, *, as_json: bool) -> None:
    figures: dict[str, Any] = {"rule": RULE, "recordings": recordings, **vars(tally)}
    figures["wall_s"] = round(wall_s, 2)
    if as_json:
        print(json.dumps(figures))
        return
    failed = figures.pop("failed")
    for name, value in figures.items():
        print(f"{name:12} {value}")
    for why in failed:
        print(f"failed       {why}")
