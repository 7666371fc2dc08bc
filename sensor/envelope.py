"""The lower envelope of radio delay: where a strap's clock lies on the Timeline.

Bluetooth only ever adds delay, so of all (arrival - device time) of a while the smallest is the
truest. Buckets of two seconds keep their smallest; a robust line through the buckets follows the
drift between the two clocks.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sensor.sample import Floats

REFITS = 2


@dataclass(frozen=True, slots=True)
class EnvelopeParams:
    """Tunables; the defaults are those that the simulation of docs/clock.md was run with.

    Attributes:
        bucket_s: device seconds of which the smallest delay is kept.
        buckets: how many buckets the line is fitted to (two minutes).
        largest_slope: bound of the drift, as a ratio: 300e-6 for a strap with a crystal.
        young: with fewer closed buckets than this the slope stays at its prior.
    """

    largest_slope: float
    bucket_s: float = 2.0
    buckets: int = 60
    young: int = 5


@dataclass(slots=True)
class _Bucket:
    index: int
    at_s: float
    delay_s: float


class Envelope:
    """Estimates the offset from device time to Timeline time; add it to device time."""

    def __init__(self, params: EnvelopeParams, *, prior_slope: float = 0.0) -> None:
        self._params = params
        self._buckets: deque[_Bucket] = deque(maxlen=params.buckets)
        self._open: _Bucket | None = None
        self._at_s = 0.0
        self._offset_s = 0.0
        self._excess_s: dict[int, Floats] = {}  # since the last fit
        self.slope = prior_slope

    @property
    def closed(self) -> int:
        """How many buckets stand behind the line."""
        return len(self._buckets)

    @property
    def empty(self) -> bool:
        """Whether nothing was fed yet."""
        return self._open is None

    def feed(self, device_s: float, arrival_s: float) -> None:
        """Take the device time of a packet's last sample and the packet's arrival."""
        delay_s = arrival_s - device_s
        index = int(device_s // self._params.bucket_s)
        if self._open is None or index > self._open.index:
            self._turn_over(_Bucket(index, device_s, delay_s))
        elif delay_s < self._open.delay_s:
            self._open.at_s, self._open.delay_s = device_s, delay_s
            if self.closed < self._params.young:
                self._fit()

    def offset_s(self, device_s: float) -> float:
        """Return the offset at a device time."""
        return self._offset_s + self.slope * (device_s - self._at_s)

    def excess_s(self, count: int) -> Floats:
        """Return how far the newest `count` closed buckets lie above the line, oldest first."""
        if count not in self._excess_s:
            newest = list(self._buckets)[-count:]
            self._excess_s[count] = np.array([b.delay_s - self.offset_s(b.at_s) for b in newest])
        return self._excess_s[count]

    def lift(self, count: int, shift_s: float) -> None:
        """Move the newest `count` closed buckets to the device time that lost samples make."""
        for bucket in [*list(self._buckets)[-count:], self._open]:
            if bucket is not None:
                bucket.at_s += shift_s
                bucket.delay_s -= shift_s
                bucket.index = int(bucket.at_s // self._params.bucket_s)
        self._fit()

    def _turn_over(self, fresh: _Bucket) -> None:
        if self._open is not None:
            self._buckets.append(self._open)
        self._open = fresh
        self._fit()

    def _fit(self) -> None:
        self._excess_s.clear()
        buckets = list(self._buckets)
        if len(buckets) < self._params.young and self._open is not None:
            buckets.append(self._open)
        at = np.array([b.at_s for b in buckets])
        delay = np.array([b.delay_s for b in buckets])
        self._at_s = float(at[-1])
        if len(self._buckets) >= self._params.young:
            self.slope = _robust_slope(at - at[-1], delay, self._params.largest_slope)
        residual = delay - self.slope * (at - at[-1])
        self._offset_s = float(np.min(residual))


def _robust_slope(at: Floats, delay: Floats, most: float) -> float:
    """Return the slope of the line through the lower points: hull first, then refitted."""
    slope = min(most, max(-most, _hull_slope(at, delay)))
    for _ in range(REFITS):
        residual = delay - slope * at
        keep = residual <= np.median(residual)
        centred = at[keep] - at[keep].mean()
        spread = float(centred @ centred)
        if spread == 0.0:
            break
        slope = min(most, max(-most, float(centred @ delay[keep]) / spread))
    return slope


def _hull_slope(at: Floats, delay: Floats) -> float:
    """Return the slope of the line below all points that lies closest to them.

    It is the edge of their lower convex hull above or below their mean abscissa: of all lines
    that no point undercuts, that edge has the smallest sum of distances.
    """
    middle = float(at.mean())
    hull: list[tuple[float, float]] = []
    for point in zip(at.tolist(), delay.tolist(), strict=True):
        while len(hull) > 1 and _turns_down(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    for (x0, y0), (x1, y1) in pairwise(hull):
        if x1 >= middle:
            return (y1 - y0) / (x1 - x0)
    return 0.0


def _turns_down(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) <= (b[1] - a[1]) * (c[0] - a[0])
