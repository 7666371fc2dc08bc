"""Scores rises: found, falsely found, and how late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.accuracy.played import play
from benchmarks.accuracy.recordings import Recording
from benchmarks.accuracy.states import Session

LABEL_TOLERANCE_S = 3.0
SEATPLATE_TOLERANCE_S = 2.0

Pairs = Sequence[tuple[Sequence[float], Sequence[float]]]


def labelled(played: Sequence[Session]) -> dict[str, Any]:
    """Return the figures of sessions with labelled rises."""
    return score([(s.rises, s.played.rises) for s in played], LABEL_TOLERANCE_S)


def seatplate(recordings: Sequence[Recording]) -> dict[str, Any]:
    """Return the figures of recordings in which the seat itself knows who sits on it."""
    pairs = [(left_seat(r), play(r).rises) for r in recordings]
    return score(pairs, SEATPLATE_TOLERANCE_S)


def left_seat(recording: Recording) -> list[float]:
    """Return the seconds at which the seat was left."""
    seated = np.asarray(recording.answers["seated"], bool).astype(int)
    return [float(i) / recording.rate_hz for i in np.flatnonzero(np.diff(seated) == -1) + 1]


def score(pairs: Pairs, tolerance_s: float) -> dict[str, Any]:
    """Return sensitivity, positive predictive value and the median distance of what matched."""
    true = sum(len(t) for t, _ in pairs)
    found = sum(len(f) for _, f in pairs)
    apart = [d for t, f in pairs for d in match(t, f, tolerance_s)]
    return {
        "sensitivity": len(apart) / true if true else None,
        "ppv": len(apart) / found if found else None,
        "median_abs_s": float(np.median(np.abs(apart))) if apart else None,
        "true": true,
        "found": found,
    }


def match(true: Sequence[float], found: Sequence[float], tolerance_s: float) -> list[float]:
    """Return found minus true in seconds of the closest pairs, each used once."""
    candidates = sorted(
        (abs(f - t), i, j)
        for i, t in enumerate(true)
        for j, f in enumerate(found)
        if abs(f - t) <= tolerance_s
    )
    used_true: set[int] = set()
    used_found: set[int] = set()
    apart = []
    for _, i, j in candidates:
        if i not in used_true and j not in used_found:
            used_true.add(i)
            used_found.add(j)
            apart.append(found[j] - true[i])
    return apart
