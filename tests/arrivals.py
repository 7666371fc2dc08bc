"""The arrival model: when the packets of a strap arrive over a radio that retries and stalls.

Packets leave at connection events; 5 % are sent again at the next one, everything stands still for
0.2 to 1.2 s every 45 s, and the host takes its own time. Order is kept, nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sensor.gatt import ClockSpec, RawBatch
from sensor.sample import Floats

START_S = 1_700_000_000.0
RETRY_SHARE = 0.05
STALL_EVERY_S = 45.0
HOST_DELAY_S = 0.0015


@dataclass(frozen=True)
class Strap:
    """A simulated strap and its connection; the figures are those of the arrival model."""

    rate_hz: float
    per_packet: int
    interval_s: float
    drift_ppm: float = 0.0
    tick_s: float | None = None
    bits: int | None = None
    first_tick: int = 0
    counter: bool = False
    rate_error: float = 0.0
    minutes: float = 8.0
    reboot_s: float | None = None

    @property
    def spec(self) -> ClockSpec:
        return ClockSpec(tick_s=self.tick_s, bits=self.bits, nominal_hz=self.rate_hz)

    def truth(self) -> Floats:
        rate_hz = self.rate_hz * (1 + self.rate_error)
        packets = int(self.minutes * 60 * rate_hz) // self.per_packet
        return START_S + 0.003 + np.arange(packets * self.per_packet) / rate_hz

    def ticks(self, truth: Floats) -> Floats | None:
        if self.tick_s is None:
            return None
        device_s = (truth - START_S) * (1 + self.drift_ppm * 1e-6)
        ticks = np.floor(device_s / self.tick_s) + self.first_tick
        if self.reboot_s is not None:
            after = int(self.reboot_s * self.rate_hz) // self.per_packet * self.per_packet
            ticks[after:] -= ticks[after] - 5
        return ticks if self.bits is None else ticks % 2.0**self.bits


def arrivals(ready: Floats, interval_s: float, rng: np.random.Generator) -> Floats:
    """Return when packets arrive: at connection events, with retries and stalls, in order."""
    retries = rng.geometric(1 - RETRY_SHARE, len(ready)) - 1
    phase = rng.uniform(0, interval_s)
    event = np.ceil((ready - phase) / interval_s) * interval_s + phase + retries * interval_s
    at = ready[0] + rng.exponential(STALL_EVERY_S)
    while at < ready[-1]:
        until = at + rng.uniform(0.2, 1.2)
        event = np.where((ready > at) & (event < until), until, event)
        at = until + rng.exponential(STALL_EVERY_S)
    return np.maximum.accumulate(event)


def packets(strap: Strap, seed: int) -> tuple[Floats, list[RawBatch]]:
    rng = np.random.default_rng(seed)
    truth = strap.truth()
    size = strap.per_packet
    arrived = arrivals(truth[size - 1 :: size], strap.interval_s, rng)
    arrived = np.maximum.accumulate(arrived + rng.exponential(HOST_DELAY_S, len(arrived)))
    ticks = strap.ticks(truth)
    acc = np.zeros((size, 3))
    return truth, [
        RawBatch(
            acc=acc,
            gyro=None,
            ticks=None if ticks is None else ticks[i * size : (i + 1) * size],
            seq=(i * size) % 65536 if strap.counter else None,
            seq_bits=16,
            arrival_s=float(arrival),
        )
        for i, arrival in enumerate(arrived)
    ]
