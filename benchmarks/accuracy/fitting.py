"""Fits the few constants that come from recordings, so that nobody is scored on their own.

Only the sizes of movements are fitted (marked W in `PostureParams`), by medians over the labelled
sessions of everybody else. Nothing is learned of the order or the length of labelled bouts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.accuracy.recordings import Recording
from ingest.measurement.decision import Decided
from ingest.measurement.pipeline import Pipeline
from ingest.measurement.posture import PARAMS, PostureParams

RISE, SIT_DOWN = 8, 7
CHANGES = range(7, 13)
WALKING = (1, 2, 3)


def leave_one_out(recordings: Sequence[Recording]) -> Callable[[str], PostureParams]:
    """Return a function that gives the parameters fitted on everybody but a person."""
    seen = {r.name: _sizes(r) for r in recordings}
    people = {r.name: r.person for r in recordings}

    def params_of(person: str) -> PostureParams:
        others = [sizes for name, sizes in seen.items() if people[name] != person]
        return _fitted(others) if others else PARAMS

    return params_of


Sizes = tuple[list[float], list[float], list[float]]


def _sizes(recording: Recording) -> Sizes:
    """Return travels of changes (m), restlessness of changes and of walking (m/s²)."""
    said: list[Decided] = []
    pipeline = Pipeline(session_ms=1, live_trace=False, observer=said.append)
    for batch in recording.batches():
        pipeline.feed(batch)
    pipeline.finish()
    start_s = int(recording.t[0])
    travels: list[float] = []
    restless: list[float] = []
    walking: list[float] = []
    for label, begin, end in np.asarray(recording.answers["bouts"]):
        span = (begin / recording.rate_hz, end / recording.rate_hz)
        inside = [d for d in said if span[0] - 1 <= d.waiting.t_s - start_s < span[1]]
        loud = [d.waiting.measured.acc_sd for d in inside if d.waiting.measured is not None]
        if label in (RISE, SIT_DOWN) and inside:
            travels.append(max(abs(d.travel.metres) for d in inside))
        if label in CHANGES:
            restless += loud
        elif label in WALKING:
            walking += loud[1:-1]
    return travels, restless, walking


def _fitted(others: Sequence[Sizes]) -> PostureParams:
    travels, restless, walking = (
        np.array([v for sizes in others for v in sizes[i]]) for i in range(3)
    )
    if min(len(travels), len(restless), len(walking)) < 10:
        return PARAMS
    return replace(
        PARAMS,
        travel_m=round(float(np.median(travels)), 3),
        restless_sd_ms2=round(float(np.exp(np.median(np.log(restless + 1e-3)))), 3),
        moving_sd_ms2=round(float(np.exp(np.percentile(np.log(walking + 1e-3), 40))), 3),
    )
