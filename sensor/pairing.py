"""Pair the acceleration and the rotation of straps that send them as separate streams."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sensor.gatt import ClockSpec, RawBatch
from sensor.sample import Floats
from sensor.ticks import TickUnwrapper

HOLD_PERIODS = 2.0  # how far beyond its last sample the gyroscope is believed
PATIENCE_BATCHES = 16  # acceleration that waits longer than this goes on without its partner
MOST_ROTATIONS = 1024  # samples that wait for an acceleration: ten seconds at 100 Hz


class PairAligner:
    """Interpolates the gyroscope linearly onto the accelerometer's sample times.

    Feed it batches that carry one of the two; it returns batches that carry both, on the
    accelerometer's ticks. Without ticks, the samples of both streams are counted and matched by
    number. Acceleration without any rotation within two periods is left out, so that a strap's
    clock sees a gap; rotation without acceleration is dropped.
    """

    def __init__(self, spec: ClockSpec) -> None:
        self._spec = spec
        self.reset()

    def reset(self) -> None:
        """Forget both streams; called at every new connection."""
        self._acc: deque[tuple[Floats, RawBatch]] = deque(maxlen=PATIENCE_BATCHES)
        spec = self._spec
        self._ticks = None if spec.tick_s is None else TickUnwrapper(spec.tick_s, spec.bits)
        self._count = {True: 0, False: 0}
        self._gyro_s = np.empty(0)
        self._gyro = np.empty((0, 3))

    def feed(self, raw: RawBatch) -> list[RawBatch]:
        """Return the paired batches that this one completes."""
        if raw.acc is not None and raw.gyro is not None:
            return [raw]
        is_acc = raw.acc is not None
        samples = raw.acc if is_acc else raw.gyro
        if samples is None:
            return []
        seconds = self._seconds(raw, samples.shape[0], is_acc=is_acc)
        if is_acc:
            self._acc.append((seconds, raw))
        else:
            self._gyro_s = np.concatenate([self._gyro_s, seconds])[-MOST_ROTATIONS:]
            self._gyro = np.concatenate([self._gyro, samples])[-MOST_ROTATIONS:]
        return self._ready()

    def _seconds(self, raw: RawBatch, count: int, *, is_acc: bool) -> Floats:
        if self._ticks is not None and raw.ticks is not None:
            return self._ticks.feed(raw.ticks, raw.arrival_s)
        first = self._count[is_acc]
        self._count[is_acc] = first + count
        return np.arange(first, first + count) / self._spec.nominal_hz

    def _ready(self) -> list[RawBatch]:
        paired = []
        while self._acc and self._gyro_s.size:
            seconds, raw = self._acc[0]
            if seconds[-1] > self._gyro_s[-1] and len(self._acc) < PATIENCE_BATCHES:
                break
            self._acc.popleft()
            whole = self._pair(seconds, raw)
            if whole is not None:
                paired.append(whole)
            self._forget_before(float(seconds[-1]))
        return paired

    def _pair(self, seconds: Floats, raw: RawBatch) -> RawBatch | None:
        keep = self._near_gyro(seconds)
        if raw.acc is None or not keep.any():
            return None
        gyro = np.column_stack(
            [np.interp(seconds[keep], self._gyro_s, self._gyro[:, axis]) for axis in range(3)]
        )
        first = int(np.argmax(keep))
        return replace(
            raw,
            acc=raw.acc[keep],
            gyro=gyro,
            ticks=None if raw.ticks is None else raw.ticks[keep],
            seq=None if raw.seq is None else raw.seq + first,
        )

    def _near_gyro(self, seconds: Floats) -> NDArray[np.bool_]:
        after = np.searchsorted(self._gyro_s, seconds)
        last = self._gyro_s.size - 1
        before_s = np.abs(seconds - self._gyro_s[np.clip(after - 1, 0, last)])
        after_s = np.abs(seconds - self._gyro_s[np.clip(after, 0, last)])
        near: NDArray[np.bool_] = (
            np.minimum(before_s, after_s) <= HOLD_PERIODS / self._spec.nominal_hz
        )
        return near

    def _forget_before(self, second: float) -> None:
        # One older sample stays: the next acceleration lies between it and its successor.
        first = max(0, int(np.searchsorted(self._gyro_s, second)) - 1)
        self._gyro_s, self._gyro = self._gyro_s[first:], self._gyro[first:]
