"""Scores walking against everything else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy.played import TICK_S, States, play
from benchmarks.accuracy.recordings import Recording
from benchmarks.accuracy.states import Session, f1
from ingest.measurement.posture import MOVE


def labelled(played: Sequence[Session]) -> float:
    """Return the F1 of walking on sessions with labels of all states."""
    truth = np.concatenate([s.truth for s in played])
    said = np.concatenate([_cut(s.played.likeliest, len(s.truth)) for s in played])
    scored = truth >= 0
    return f1(truth[scored], said[scored], MOVE)


def flagged(recordings: Sequence[Recording]) -> float:
    """Return the F1 of walking where every sample says whether it is walking."""
    truth, said = [], []
    for recording in recordings:
        walking = np.asarray(recording.answers["walking"], bool)
        heard = play(recording).likeliest
        ticks = np.arange(len(heard)) * TICK_S
        sample = np.minimum((ticks * recording.rate_hz).round().astype(int), len(walking) - 1)
        truth.append(np.where(walking[sample], MOVE, 0))
        said.append(heard)
    return f1(np.concatenate(truth), np.concatenate(said), MOVE)


def _cut(values: States, n: int) -> States:
    return np.concatenate((values[:n], np.full(max(0, n - len(values)), -1)))
