"""Scores the inclination against optical references, with whole and with faulty data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.accuracy.recordings import BATCH, START_S, Recording
from ingest.measurement.attitude import offline_up, up_of
from ingest.measurement.orientation import Orientation
from sensor.clock import SampleClock
from sensor.gatt import ClockSpec, RawBatch
from sensor.sample import Floats, ImuBatch

LOST_SHARE = 0.01
RATE_ERROR = 0.013
RADIO_JITTER_S = 0.008  # mean of the delay that varies from packet to packet


def score(recordings: Sequence[Recording]) -> dict[str, float]:
    """Return RMSE in degrees on moving samples, mean over trials, for each condition."""
    trials = {"live": _whole, "lossy": _lossy, "wrong_rate": _wrong_rate}
    figures = {
        f"{name}_rmse_deg": float(np.mean([_live(r, make(r)) for r in recordings]))
        for name, make in trials.items()
    }
    figures["history_rmse_deg"] = float(np.mean([_history(r) for r in recordings]))
    return figures


def per_trial(recordings: Sequence[Recording]) -> list[tuple[str, float]]:
    """Return the live RMSE of each trial in degrees."""
    return [(r.name, _live(r, _whole(r))) for r in recordings]


Numbered = Iterable[tuple[int, ImuBatch]]


def _live(recording: Recording, batches: Numbered) -> float:
    """Return the RMSE of the streaming filter; batches come with their first sample's number."""
    reference = up_of(np.asarray(recording.answers["quat_wxyz"], float))
    moving = np.asarray(recording.answers["moving"], bool)
    orientation = Orientation()
    errors = []
    for first, batch in batches:
        runs = orientation.feed(batch.t, batch.acc, batch.gyro)
        up = np.concatenate([run.up for run in runs])
        part = slice(first, first + len(batch))
        errors.append(_error_deg(up, reference[part])[moving[part]])
    return _rms(np.concatenate(errors))


def _history(recording: Recording) -> float:
    assert recording.gyro is not None
    up = offline_up(recording.acc, recording.gyro, 1 / recording.rate_hz)
    reference = up_of(np.asarray(recording.answers["quat_wxyz"], float))
    return _rms(_error_deg(up, reference)[np.asarray(recording.answers["moving"], bool)])


def _whole(recording: Recording) -> Numbered:
    return ((i * BATCH, batch) for i, batch in enumerate(recording.batches()))


def _lossy(recording: Recording) -> Numbered:
    rng = np.random.default_rng(len(recording.t))
    return (numbered for numbered in _whole(recording) if rng.random() >= LOST_SHARE)


def _wrong_rate(recording: Recording) -> Numbered:
    """The strap believes in a rate that is too high; arrivals are all that tells the truth."""
    rng = np.random.default_rng(len(recording.t))
    clock = SampleClock(
        ClockSpec(tick_s=None, bits=None, nominal_hz=recording.rate_hz * (1 + RATE_ERROR))
    )
    arrival = START_S
    for i, batch in _whole(recording):
        delay = 0.005 + rng.exponential(RADIO_JITTER_S)
        arrival = max(arrival + 1e-4, float(batch.t[-1]) + delay)
        raw = RawBatch(batch.acc, batch.gyro, None, None, 16, arrival)
        stamped = clock.feed(raw)
        if stamped is not None:
            yield i, stamped


def _error_deg(up: Floats, reference: Floats) -> Floats:
    known = np.isfinite(reference).all(axis=1)
    cosine = np.clip(np.einsum("ij,ij->i", up, np.nan_to_num(reference)), -1, 1)
    return np.where(known, np.degrees(np.arccos(cosine)), np.nan)


def _rms(errors: Floats) -> float:
    return float(np.sqrt(np.nanmean(errors**2)))
