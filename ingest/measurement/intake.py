"""From batches to measured seconds: each wall second once, in order, whatever the batches were."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import floor
from typing import Any, Final

import numpy as np

from ingest.measurement.bridging import Samples
from ingest.measurement.features import ROUNDING_S, Measured, measure
from ingest.measurement.orientation import START_S, Orientation, Oriented
from sensor.sample import Floats, ImuBatch

MIN_COVERAGE: Final = 0.5  # a second with less gives no record
GRACE_S: Final = 1.0  # a live second may still receive samples this long after its end
LONG_GAP_S: Final = 60  # a longer silence is told as one gap, not second by second
CHUNK_SAMPLES: Final = 6000  # without a live trace batches are merged up to this

Closed = tuple[int, Measured | None]
"""A second of the wall clock and what was measured in it; None where too little was."""


class Intake:
    """Orients samples as they come and closes seconds.

    Args:
        bias: (3,) gyroscope bias of the strap's last session in rad/s, or None.
        live_trace: whether every batch is oriented at once; merged batches are cheaper and give
            the same seconds.
    """

    def __init__(self, *, bias: Floats | None, live_trace: bool) -> None:
        self.orientation = Orientation(bias=bias)
        self.newest: Oriented | None = None
        self.live_trace = live_trace
        self._raw: list[ImuBatch] = []
        self._raw_samples = 0
        self._pieces: list[Oriented] = []
        self._open_s: int | None = None

    @property
    def open_s(self) -> int | None:
        """The second that still receives samples, or None before the first sample."""
        return self._open_s

    def feed(self, batch: ImuBatch) -> list[Closed]:
        """Take a batch and return the seconds that it closes."""
        if self.live_trace and self.orientation.period_s and not self._raw:
            return self._oriented(batch.t, batch.acc, batch.gyro)
        self._raw.append(batch)
        self._raw_samples += len(batch)
        if not self.orientation.period_s and batch.t[-1] - self._raw[0].t[0] < START_S:
            return []
        if self.live_trace or self._raw_samples >= CHUNK_SAMPLES:
            return self.orient()
        return []

    def advance(self, now_s: float) -> list[Closed]:
        """Return the seconds that can receive no more samples at `now_s`."""
        closed_s = floor(now_s - GRACE_S)
        closed = []
        if self._raw and self._raw[0].t[0] < closed_s:
            closed = self.orient()
        if self._open_s is not None and closed_s > self._open_s:
            closed += self._until(closed_s)
        return closed

    def finish(self) -> list[Closed]:
        """Return every second that has samples."""
        closed = self.orient()
        if self._pieces:
            closed += self._until(_second_of(self._pieces[-1].t.item(-1)) + 1)
        return closed

    def orient(self) -> list[Closed]:
        """Run the filter over what has arrived and return the seconds that are complete."""
        if not self._raw:
            return []
        batches, self._raw, self._raw_samples = self._raw, [], 0
        return self._oriented(*_joined(batches))

    def _oriented(self, t: Floats, acc: Floats, gyro: Floats | None) -> list[Closed]:
        closed: list[Closed] = []
        for piece in self.orientation.feed(t, acc, gyro):
            closed += self._add(piece)
        return closed

    def _add(self, piece: Oriented) -> list[Closed]:
        first, last = piece.t.item(0), piece.t.item(-1)
        if self._open_s is None:
            self._open_s = _second_of(first)
        if first < self._open_s - ROUNDING_S:
            late = int(np.searchsorted(piece.t, self._open_s - ROUNDING_S))
            if late == piece.t.shape[0]:
                return []
            piece = piece.part(late, piece.t.shape[0])
        self._pieces.append(piece)
        self.newest = piece
        newest_s = _second_of(last)
        return self._until(newest_s) if newest_s > self._open_s else []

    def _until(self, end_s: int) -> list[Closed]:
        """Close every second before `end_s`; a long silence is left out."""
        open_s = self._open_s
        if open_s is None:
            return []
        measured = {m.t_s: m for m in self._take(end_s) if m.coverage >= MIN_COVERAGE}
        self._open_s = end_s
        return list(_without_silence(measured, open_s, end_s))

    def _take(self, end_s: int) -> list[Measured]:
        """Measure the collected samples before `end_s`."""
        end = end_s - ROUNDING_S
        before, after = [], []
        for piece in self._pieces:
            if piece.t.item(-1) < end:
                before.append(piece)
            elif piece.t.item(0) >= end:
                after.append(piece)
            else:
                cut = int(piece.t.searchsorted(end))
                before.append(piece.part(0, cut))
                after.append(piece.part(cut, piece.t.shape[0]))
        self._pieces = after
        return measure(before, self.orientation.period_s) if before else []

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values; oriented samples of the open second are not kept."""
        return {
            "open_s": self._open_s,
            "orientation": self.orientation.checkpoint(),
            "raw": Samples(*_joined(self._raw)).plain() if self._raw else None,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint; seconds before it are never told again."""
        self._open_s = saved["open_s"]
        self.orientation = Orientation.restored(saved["orientation"])
        if saved["raw"] is not None:
            raw = Samples.of(saved["raw"])
            self._raw, self._raw_samples = [ImuBatch(raw.t, raw.acc, raw.gyro)], raw.t.shape[0]

    def share(self, other: Intake) -> None:
        """Take over the samples of another's open second, which a checkpoint does not keep."""
        self._raw, self._raw_samples = list(other._raw), other._raw_samples
        self._pieces = list(other._pieces)


def _without_silence(measured: dict[int, Measured], open_s: int, end_s: int) -> Iterator[Closed]:
    """Yield the seconds of [open_s, end_s) without those inside a long silence.

    Of a long silence the first `LONG_GAP_S` seconds are told, so that everybody notices.
    """
    told_s = open_s
    for t_s in [*sorted(measured), end_s]:
        for silent_s in range(told_s, min(t_s, told_s + LONG_GAP_S + 1)):
            yield silent_s, None
        if t_s < end_s:
            yield t_s, measured[t_s]
        told_s = t_s + 1


def _second_of(t: float) -> int:
    return floor(t + ROUNDING_S)


def _joined(batches: list[ImuBatch]) -> tuple[Floats, Floats, Floats | None]:
    """Return the samples of some batches in one piece; what is not newer is left out."""
    if len(batches) == 1:
        return batches[0].t, batches[0].acc, batches[0].gyro
    gyros = [b.gyro for b in batches if b.gyro is not None]
    t = np.concatenate([b.t for b in batches])
    acc = np.concatenate([b.acc for b in batches])
    gyro = np.concatenate(gyros) if len(gyros) == len(batches) else None
    if all(before.t.item(-1) < after.t.item(0) for before, after in pairwise(batches)):
        return t, acc, gyro
    newer = np.diff(np.maximum.accumulate(t), prepend=-np.inf) > 0
    return t[newer], acc[newer], None if gyro is None else gyro[newer]
