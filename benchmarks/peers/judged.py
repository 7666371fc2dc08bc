"""Judges what peers and we said about the same recordings, with the same code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.accuracy import rises, states, tilt, walking
from benchmarks.accuracy.played import TICK_S, States
from benchmarks.accuracy.recordings import Recording
from benchmarks.accuracy.states import Session
from ingest.measurement.posture import MOVE

Said = Mapping[str, Mapping[str, Any]]
"""What each peer said, by the name of the recording and then of the peer."""


def orientation(recordings: Sequence[Recording], said: Said) -> dict[str, float]:
    """Return the mean RMSE in degrees by filter, ours being the live one."""
    peers = {
        peer: float(np.mean([said[r.name][peer] for r in recordings]))
        for peer in said[recordings[0].name]
    }
    return peers | {"lumbar live": tilt.score(recordings)["live_rmse_deg"]}


def risen(sessions: Sequence[Session], said: Said) -> dict[str, dict[str, Any]]:
    """Return sensitivity and positive predictive value of rises by detector."""
    peers = {peer for answers in said.values() for peer in answers}
    figures = {
        peer: rises.score(
            [(s.rises, said[s.recording.name][peer]) for s in sessions],
            rises.LABEL_TOLERANCE_S,
        )
        for peer in sorted(peers)
    }
    return figures | {"lumbar": rises.labelled(sessions)}


def walked(sessions: Sequence[Session], said: Said) -> dict[str, float]:
    """Return the F1 of walking by detector on labelled sessions."""
    truth = np.concatenate([s.truth for s in sessions])
    scored = truth >= 0
    peers = {peer for answers in said.values() for peer in answers}
    figures = {}
    for peer in sorted(peers):
        told = np.concatenate(
            [_ticks(said[s.recording.name][peer], len(s.truth)) for s in sessions]
        )
        figures[peer] = states.f1(truth[scored], told[scored], MOVE)
    return figures | {"lumbar": walking.labelled(sessions)}


def _ticks(bouts: Sequence[Sequence[float]], count: int) -> States:
    """Return MOVE at every tick inside a bout and 0 elsewhere."""
    ticks = np.zeros(count, dtype=np.int64)
    at_s = np.arange(count) * TICK_S
    for begin_s, end_s in bouts:
        ticks[(at_s >= begin_s) & (at_s < end_s)] = MOVE
    return ticks
