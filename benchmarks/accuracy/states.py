"""Scores states and sitting time on labelled sessions, exactly as docs/accuracy.md says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.accuracy.played import TICK_S, Played, States, play
from benchmarks.accuracy.recordings import Recording
from ingest.measurement.posture import PARAMS, SIT, STATES, PostureParams
from sensor.sample import Floats

STANDING_LABEL = 5
STATE_OF_LABEL = {1: 2, 2: 2, 3: 2, 4: 0, 5: 1, 6: 3}
RISE_LABEL = 8
CALIBRATION_BINS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)

ParamsOf = Callable[[str], PostureParams]


@dataclass(frozen=True)
class Session:
    """One recording with labels, as heard and as it was.

    Attributes:
        truth: (m,) index into `STATES` at every tick, -1 where it is not scored.
        rises: middles of the labelled rises, seconds from the start.
    """

    recording: Recording
    played: Played
    truth: States
    rises: list[float]


def sessions(
    recordings: Sequence[Recording], params_of: ParamsOf | None = None, *, calibrate: bool = True
) -> list[Session]:
    """Play every labelled recording.

    Args:
        params_of: gives the parameters for a person.
        calibrate: whether the first standing bout calibrates; it is scored in neither case.
    """
    return [
        _session(r, PARAMS if params_of is None else params_of(r.person), calibrate=calibrate)
        for r in recordings
    ]


def _session(recording: Recording, params: PostureParams, *, calibrate: bool) -> Session:
    bouts = np.asarray(recording.answers["bouts"])
    standing = bouts[bouts[:, 0] == STANDING_LABEL]
    pose = None
    if len(standing):
        first = standing[np.argmin(standing[:, 1])]
        pose = (float(first[1]) / recording.rate_hz, float(first[2]) / recording.rate_hz)
    truth = _truth(recording, pose)
    played = play(recording, pose=pose if calibrate else None, params=params)
    middles = bouts[bouts[:, 0] == RISE_LABEL][:, 1:].mean(axis=1) / recording.rate_hz
    return Session(recording, played, truth, [float(m) for m in middles])


def _truth(recording: Recording, pose: tuple[float, float] | None) -> States:
    label = np.asarray(recording.answers["label"])
    ticks = np.arange(int(np.ceil(len(label) / recording.rate_hz / TICK_S - 1e-9))) * TICK_S
    sample = np.minimum(np.round(ticks * recording.rate_hz).astype(int), len(label) - 1)
    truth = np.array([STATE_OF_LABEL.get(int(v), -1) for v in label[sample]])
    if pose is not None:
        truth[(ticks >= pose[0]) & (ticks < pose[1])] = -1
    return truth


def f1(truth: States, said: States, state: int) -> float:
    """Return the F1 of one state; 1 when it neither was nor was said."""
    hits = 2 * int(((truth == state) & (said == state)).sum())
    total = int((truth == state).sum() + (said == state).sum())
    return hits / total if total else 1.0


def macro_f1(truth: States, said: States) -> float:
    """Return the mean F1 over the states."""
    return float(np.mean([f1(truth, said, state) for state in range(len(STATES))]))


def score(played: Sequence[Session]) -> dict[str, Any]:
    """Return the figures over all people."""
    people = {s.recording.person for s in played}
    by_person = {p: _joined([s for s in played if s.recording.person == p]) for p in sorted(people)}
    truth, said, published, posterior = _joined(played)
    macro = {p: macro_f1(t, s) for p, (t, s, _, _) in by_person.items()}
    worst = min(macro, key=lambda p: macro[p])
    known = published >= 0
    confidence = posterior.max(axis=1)
    return {
        "macro_f1": macro_f1(truth, said),
        "worst_person": worst,
        "worst_macro_f1": macro[worst],
        "sit_minutes_error": float(
            np.mean([_sit_error(t, s) for t, s, _, _ in by_person.values()])
        ),
        "known_accuracy": float((published == truth)[known].mean()) if known.any() else None,
        "unknown_share": float(1 - known.mean()),
        "f1_by_state": {state.value: f1(truth, said, i) for i, state in enumerate(STATES)},
        "macro_f1_by_person": macro,
        "brier": float(np.mean(((posterior - np.eye(4)[truth]) ** 2).sum(axis=1))),
        "calibration_curve": _curve(confidence, said == truth),
    }


def _joined(played: Sequence[Session]) -> tuple[States, States, States, Floats]:
    """Return truth, likeliest, published and posterior at every scored tick."""
    parts = []
    for s in played:
        n = min(len(s.truth), len(s.played.likeliest))
        scored = (s.truth[:n] >= 0) & (s.played.likeliest[:n] >= 0)
        missing = (s.truth[:n] >= 0) & ~scored
        if missing.any():  # a second without a record counts as wrong, never as left out
            s.played.posterior[:n][missing] = 0.25
        ticks = s.truth[:n] >= 0
        parts.append(
            (
                s.truth[:n][ticks],
                s.played.likeliest[:n][ticks],
                s.played.published[:n][ticks],
                s.played.posterior[:n][ticks],
            )
        )
    truth, said, published, posterior = zip(*parts, strict=True)
    return (
        np.concatenate(truth),
        np.concatenate(said),
        np.concatenate(published),
        np.concatenate(posterior),
    )


def _sit_error(truth: States, said: States) -> float:
    labelled = int((truth == SIT).sum())
    return abs(int((said == SIT).sum()) - labelled) / labelled if labelled else 0.0


def _curve(confidence: Floats, right: Any) -> list[dict[str, float]]:
    """Return how often a confidence is right, by bins of it."""
    rows = []
    edges = (0.25, *CALIBRATION_BINS)
    for low, high in pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            rows.append(
                {
                    "from": low,
                    "to": high,
                    "share": float(inside.mean()),
                    "said": float(confidence[inside].mean()),
                    "right": float(right[inside].mean()),
                }
            )
    return rows
