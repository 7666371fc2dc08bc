"""Plays a recording through the pipeline and keeps what it said, five seconds late at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.recordings import START_S, Recording
from ingest.measurement.decision import Decided
from ingest.measurement.pipeline import Pipeline
from ingest.measurement.posture import PARAMS, STATES, PostureParams
from ingest.records import Event, PostureState, Record
from sensor.sample import Floats

TICK_S = 0.2  # states are scored five times a second
CALIBRATE_AFTER_S = 4.5  # into the pose; then once a second until it is taken
LATEST_S = 5.0

States = NDArray[np.int64]


@dataclass(frozen=True)
class Played:
    """What the pipeline said about a recording.

    Attributes:
        likeliest: (m,) index into `STATES` at every tick, -1 where nothing was said.
        published: (m,) the same of the published state, -1 where it was unknown or off the body.
        posterior: (m, 4) probabilities.
        rises: seconds from the recording's start of every change from sitting to being up.
        calibrated: whether the pose was taken.
    """

    likeliest: States
    published: States
    posterior: Floats
    rises: list[float]
    calibrated: bool


def play(
    recording: Recording,
    *,
    pose: tuple[float, float] | None = None,
    params: PostureParams = PARAMS,
) -> Played:
    """Return what is said about a recording.

    Args:
        pose: seconds from the start between which the wearer stands to be calibrated, or None.
    """
    said: list[Decided] = []
    pipeline = Pipeline(
        session_ms=1, live_trace=pose is not None, params=params, observer=said.append
    )
    records: list[Record] = []
    calibrated = False
    due_s = np.inf if pose is None else START_S + pose[0] + CALIBRATE_AFTER_S
    for batch in recording.batches():
        now_s = float(batch.t[-1])
        records += pipeline.feed(batch).records
        if now_s >= due_s and pose is not None and now_s < START_S + pose[1]:
            calibrated, _ = pipeline.calibrate("upright", now_s)
            due_s = np.inf if calibrated else due_s + 1
    records += pipeline.finish().records
    rises = [
        e.t_ms / 1000 - START_S
        for e in records
        if isinstance(e, Event)
        and e.kind == "transition"
        and e.data["from_state"] == PostureState.SITTING
    ]
    return _per_tick(said, len(recording.t) / recording.rate_hz, rises, calibrated)


def _per_tick(said: list[Decided], length_s: float, rises: list[float], calibrated: bool) -> Played:
    ticks = int(np.ceil(length_s / TICK_S - 1e-9))
    likeliest, published = np.full(ticks, -1), np.full(ticks, -1)
    posterior = np.full((ticks, 4), np.nan)
    for decided in said:
        second = round(decided.waiting.t_s - START_S)
        part = slice(round(second / TICK_S), round((second + 1) / TICK_S))
        likeliest[part] = int(np.argmax(decided.posterior))
        posterior[part] = decided.posterior
        if decided.state in STATES:
            published[part] = STATES.index(decided.state)
    return Played(likeliest, published, posterior, rises, calibrated)
