"""The lower envelope of radio delay: where a strap's clock lies on the Timeline.

Bluetooth only ever adds delay, so of all (arrival - device time) of a while the smallest are the
truest. The lower convex hull of these points holds all that they say about offset and drift; it is
kept in buckets of two seconds, so that old ones can be forgotten and late ones moved.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sensor.sample import Floats

LOOK_BACK_S = (
    150.0  # longer than a beat of 80 ppm; straps that warm up on the body change in minutes
)

Point = tuple[float, float]
"""Device seconds of a packet's last sample, and arrival minus device time."""


@dataclass(frozen=True, slots=True)
class EnvelopeParams:
    """Tunables; the defaults are those that the simulation of docs/clock.md was run with.

    Attributes:
        largest_slope: bound of the drift, as a ratio: 300e-6 for a strap with a crystal.
        bucket_s: device seconds of one bucket.
        buckets: how many buckets are remembered (two minutes).
        young: with fewer closed buckets than this the slope stays at its prior.
    """

    largest_slope: float
    bucket_s: float = 2.0
    buckets: int = 60
    young: int = 5


@dataclass(slots=True)
class _Bucket:
    index: int
    hull: list[Point]


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
        point = (device_s, arrival_s - device_s)
        index = int(device_s // self._params.bucket_s)
        if self._open is None or index > self._open.index:
            self._turn_over(_Bucket(index, [point]))
            return
        _extend(self._open.hull, point)
        if point[1] < self.offset_s(device_s):
            self._fit()

    def offset_s(self, device_s: float) -> float:
        """Return the offset at a device time."""
        return self._offset_s + self.slope * (device_s - self._at_s)

    def excess_s(self, count: int) -> Floats:
        """Return how far the newest `count` closed buckets lie above the line, oldest first."""
        if count not in self._excess_s:
            newest = list(self._buckets)[-count:]
            self._excess_s[count] = np.array([self._above(b.hull) for b in newest])
        return self._excess_s[count]

    def lift(self, count: int, shift_s: float) -> None:
        """Move the newest `count` closed buckets to the device time that lost samples make."""
        for bucket in [*list(self._buckets)[-count:], self._open]:
            if bucket is not None:
                bucket.hull = [(at_s + shift_s, delay - shift_s) for at_s, delay in bucket.hull]
                bucket.index = int(bucket.hull[-1][0] // self._params.bucket_s)
        self._fit()

    def _turn_over(self, fresh: _Bucket) -> None:
        if self._open is not None:
            self._buckets.append(self._open)
        self._open = fresh
        self._fit()

    def _fit(self) -> None:
        self._excess_s.clear()
        hull = self._hull()
        self._at_s = hull[-1][0]
        if self.closed >= self._params.young:
            most = self._params.largest_slope
            self.slope = min(most, max(-most, _slope(hull)))
        self._offset_s = 0.0
        self._offset_s = self._above(hull)

    def _hull(self) -> list[Point]:
        hull: list[Point] = []
        for bucket in [*self._buckets, self._open]:
            for point in bucket.hull if bucket is not None else ():
                _extend(hull, point)
        return hull

    def _above(self, hull: list[Point]) -> float:
        """Return how far a hull lies above the line."""
        return min(delay_s - self.offset_s(at_s) for at_s, delay_s in hull)


def _slope(hull: list[Point]) -> float:
    """Return the slope of the line below all points that lies closest to the recent ones.

    Of all lines that no point undercuts, the hull's edge above an abscissa is the highest there:
    the middle of the points, or `LOOK_BACK_S` back where they reach further.
    """
    first_s, last_s = hull[0][0], hull[-1][0]
    middle_s = max((first_s + last_s) / 2, last_s - LOOK_BACK_S)
    for (x0, y0), (x1, y1) in pairwise(hull):
        if x1 >= middle_s:
            return (y1 - y0) / (x1 - x0)
    return 0.0


def _extend(hull: list[Point], point: Point) -> None:
    """Add a later point to a lower convex hull."""
    while len(hull) > 1 and _turns_down(hull[-2], hull[-1], point):
        hull.pop()
    hull.append(point)


def _turns_down(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) <= (b[1] - a[1]) * (c[0] - a[0])
