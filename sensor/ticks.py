"""Unwrap a strap's tick counter."""

from __future__ import annotations

import numpy as np

from sensor.sample import Floats


class TickUnwrapper:
    """Turns the strap's wrapping tick counter into seconds that only grow."""

    def __init__(self, tick_s: float, bits: int | None) -> None:
        self._tick_s = tick_s
        self._span = None if bits is None else float(2**bits)
        self._last: float | None = None
        self._arrival_s = 0.0

    def feed(self, ticks: Floats, arrival_s: float) -> Floats:
        """Return device seconds of a batch that arrived at `arrival_s`.

        The number of wraps since the last batch is the one that fits the time between arrivals.
        """
        raw = self._within(ticks)
        if self._span is not None and self._last is not None:
            expected = self._last + (arrival_s - self._arrival_s) / self._tick_s
            wraps = round((expected - raw.item(0)) / self._span)
            raw = raw + self._span * wraps if wraps else raw
        self._last = raw.item(-1)
        self._arrival_s = arrival_s
        return raw * self._tick_s

    def forget(self) -> None:
        """Start again, after the strap restarted its counter."""
        self._last = None

    def _within(self, ticks: Floats) -> Floats:
        # Inside one packet the counter may wrap as well.
        if self._span is None or ticks[0] <= ticks[-1]:
            return ticks
        return np.asarray(ticks[0] + (ticks - ticks[0]) % self._span, dtype=np.float64)
