"""Put a strap's samples on the Timeline: unwrap, repair, find what was lost.

Pure: fed with decoded batches and their arrival times. The method and its figures are in
docs/clock.md; the offset itself comes from `sensor.envelope`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sensor.envelope import Envelope, EnvelopeParams
from sensor.gatt import ClockSpec, RawBatch
from sensor.sample import Floats, ImuBatch
from sensor.ticks import TickUnwrapper

# Two poor crystals, a strap's and a laptop's, drift by no more than 300 ppm.
WITH_CLOCK = EnvelopeParams(largest_slope=300e-6)
# A strap without a clock samples at its nominal rate within 5 %: too far off to wait before its
# drift is fitted. Its packets may beat with the connection interval for minutes, which only a
# longer look tells from drift.
WITHOUT_CLOCK = EnvelopeParams(largest_slope=0.05, buckets=300, young=1)
SLEW_S = 0.002  # per packet, so that a correction never looks like movement
YOUNG_SLEW = 0.2  # of a packet's length, while the first buckets fill
YOUNG_BUCKETS = 10
LEAST_STEP_S = 1e-6
REBOOT_BACK_S = 1.0  # a device clock this far ahead of its arrival cannot be the old one
REBOOT_AHEAD_S = 10.0  # a packet this late was not delayed by the radio: its clock stood still
STEP_BUCKETS = 5  # ten seconds of raised delay are lost samples, not a busy radio
MOVED_S = 0.5  # no strap's queue holds back every packet for ten seconds
LEAST_LOSS_S = 0.05
LEAST_LOSS_PERIODS = 3.0
GAP_PERIODS = 1.5
WHOLE_BITS = 32


@dataclass(slots=True)
class ClockCounts:
    """What the clock found; summed over all connections to the strap."""

    samples: int = 0
    lost: int = 0
    gaps: int = 0
    duplicates: int = 0
    reboots: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples that are missing and that a strap's buffer may still hold.

    Attributes:
        first_seq: the strap's counter of the first missing sample.
        count: how many are missing.
        from_s: Timeline seconds of the last sample before the gap.
        to_s: Timeline seconds of the first sample after it.
    """

    first_seq: int
    count: int
    from_s: float
    to_s: float


class SampleClock:
    """Stamps batches of one strap with Timeline seconds; one object per strap, kept over losses.

    Args:
        spec: the strap's clock and nominal rate.
        time_scale: Timeline seconds per wall second, 1 when live; a demo that runs sixty times
            faster sees radio delays sixty times longer.
    """

    def __init__(self, spec: ClockSpec, *, time_scale: float = 1.0) -> None:
        self.counts = ClockCounts()
        self._spec = spec
        self._period_s = 1 / spec.nominal_hz
        self._scale = max(1.0, time_scale)
        self._params = WITHOUT_CLOCK if spec.tick_s is None else WITH_CLOCK
        self._envelope = Envelope(self._params)
        self._ticks = None if spec.tick_s is None else TickUnwrapper(spec.tick_s, spec.bits)
        self._index = 0
        self._offset_s: float | None = None
        self._device_s: float | None = None
        self._last_t: float | None = None
        self._next_seq: int | None = None
        self._pending_lost = 0
        self._broken = False
        self._gaps: list[Gap] = []

    @property
    def drift_ppm(self) -> float:
        """How much slower the strap's clock runs than the Timeline, in parts per million."""
        return self._envelope.slope * 1e6

    def take_gaps(self) -> list[Gap]:
        """Return the gaps found since the last call, of straps that count their samples."""
        gaps, self._gaps = self._gaps, []
        return gaps

    def link_broken(self) -> None:
        """Take note that the link was lost: the next batch may come after a gap of any length."""
        self._broken = True

    def feed(self, raw: RawBatch) -> ImuBatch | None:
        """Return the batch on the Timeline, or None when all of it came twice.

        Raises ValueError for a batch without acceleration: pair the streams first.
        """
        if raw.acc is None:
            raise ValueError("a stream without acceleration must be paired first")
        device_s = self._device_seconds(raw)
        fresh = self._fresh(raw, device_s)
        if fresh == 0:
            self.counts.duplicates += 1
            return None
        if fresh < device_s.shape[0]:
            device_s = device_s[-fresh:]
        self._envelope.feed(device_s.item(-1), raw.arrival_s)
        t = self._stamp(device_s)
        lost = self._lost(raw, device_s, t, fresh)
        self._remember(raw, device_s, t, lost)
        gyro = None if raw.gyro is None else raw.gyro[-fresh:]
        return ImuBatch(t=t, acc=raw.acc[-fresh:], gyro=gyro, lost=lost)

    def feed_past(self, raw: RawBatch, gap: Gap) -> ImuBatch | None:
        """Return the buffered samples that the gap lacks, spread evenly over it, or None."""
        if raw.acc is None or raw.seq is None:
            return None
        index = _signed(raw.seq - gap.first_seq, raw.seq_bits) + np.arange(raw.acc.shape[0])
        inside = (index >= 0) & (index < gap.count)
        if not inside.any():
            return None
        t = gap.from_s + (gap.to_s - gap.from_s) * (index[inside] + 1) / (gap.count + 1)
        gyro = None if raw.gyro is None else raw.gyro[inside]
        return ImuBatch(t=t, acc=raw.acc[inside], gyro=gyro, backfill=True)

    def _device_seconds(self, raw: RawBatch) -> Floats:
        assert raw.acc is not None  # noqa: S101 - narrows the type; feed() has refused it
        if self._ticks is None or raw.ticks is None:
            return self._counted_seconds(raw, raw.acc.shape[0])
        device_s = self._ticks.feed(raw.ticks, raw.arrival_s)
        if self._rebooted(device_s, raw.arrival_s):
            self._restart()
            device_s = self._ticks.feed(raw.ticks, raw.arrival_s)
        return device_s

    def _counted_seconds(self, raw: RawBatch, count: int) -> Floats:
        if self._broken and raw.seq is None and self._device_s is not None:
            self._skip_to(raw.arrival_s, count)
        elif raw.seq is not None and self._next_seq is not None:
            self._index += max(0, _signed(raw.seq - self._next_seq, raw.seq_bits))
        first = self._index
        self._index += count
        return np.arange(first, first + count, dtype=np.float64) * self._period_s

    def _skip_to(self, arrival_s: float, count: int) -> None:
        """Advance the sample counter over a link loss by what the arrival says."""
        at_s = self._index * self._period_s
        passed_s = arrival_s - at_s - self._envelope.offset_s(at_s)
        at_s += passed_s / (1 + self._envelope.slope)
        self._index = max(self._index, round(at_s / self._period_s) - count + 1)

    def _rebooted(self, device_s: Floats, arrival_s: float) -> bool:
        if self._device_s is None or self._envelope.empty:
            return False
        last_s = device_s.item(-1)
        late_s = arrival_s - last_s - self._envelope.offset_s(last_s)
        if not -REBOOT_BACK_S * self._scale <= late_s <= REBOOT_AHEAD_S * self._scale:
            return True
        # Some straps without a counter start their clock anew at every connection.
        return self._broken and self._next_seq is None and last_s <= self._device_s

    def _restart(self) -> None:
        self.counts.reboots += 1
        self._envelope = Envelope(self._params, prior_slope=self._envelope.slope)
        if self._ticks is not None:
            self._ticks.forget()
        self._offset_s = self._device_s = self._next_seq = None

    def _fresh(self, raw: RawBatch, device_s: Floats) -> int:
        """Return how many of the batch's last samples were not seen before."""
        count = len(device_s)
        if self._ticks is not None and self._device_s is not None:
            seen_s = self._device_s + self._period_s / 2
            return count if device_s.item(0) > seen_s else int(np.count_nonzero(device_s > seen_s))
        if raw.seq is not None and self._next_seq is not None:
            ahead = _signed(raw.seq - self._next_seq, raw.seq_bits)
            return max(0, min(count, count + ahead))
        return count

    def _stamp(self, device_s: Floats) -> Floats:
        last_s = device_s.item(-1)
        self._offset_s = self._slewed(last_s, len(device_s))
        slope = self._envelope.slope
        t = device_s + self._offset_s + slope * (device_s - last_s)
        if self._last_t is not None and t[0] <= self._last_t:
            behind = self._last_t + LEAST_STEP_S - t.item(0)
            t = t + behind
            self._offset_s += behind
        return t

    def _slewed(self, device_s: float, count: int) -> float:
        target = self._envelope.offset_s(device_s)
        if self._offset_s is None or self._device_s is None or self._broken:
            return target
        predicted = self._offset_s + self._envelope.slope * (device_s - self._device_s)
        most = SLEW_S * self._scale
        if self._envelope.closed <= YOUNG_BUCKETS:
            most = max(most, YOUNG_SLEW * count * self._period_s)
        return predicted + min(most, max(-most, target - predicted))

    def _lost(self, raw: RawBatch, device_s: Floats, t: Floats, fresh: int) -> int:
        lost, self._pending_lost = self._pending_lost, 0
        if self._last_t is None:
            return lost
        periods = (t.item(0) - self._last_t) / self._period_s
        if raw.seq is not None and self._next_seq is not None:
            first = raw.seq + len(device_s) - fresh
            return lost + self._counted_loss(first - self._next_seq, raw.seq_bits, periods)
        if self._ticks is None and not self._broken:
            return lost  # counted samples have no gaps but those that were found
        return lost + (round(periods) - 1 if periods > GAP_PERIODS else 0)

    def _counted_loss(self, difference: int, bits: int, periods: float) -> int:
        short = difference % (1 << bits)
        counted = short + round((periods - 1 - short) / (1 << bits)) * (1 << bits)
        # A counter that stands before the time that has passed began anew: the clock decides.
        return counted if counted >= 0 else max(0, round(periods) - 1)

    def _remember(self, raw: RawBatch, device_s: Floats, t: Floats, lost: int) -> None:
        self.counts.samples += t.shape[0]
        self.counts.lost += lost
        self.counts.gaps += lost > 0
        if raw.seq is not None:
            self._count_on(raw, t, lost)
        self._device_s = device_s.item(-1)
        self._last_t = t.item(-1)
        self._broken = False
        if self._ticks is None and raw.seq is None:
            self._find_silent_loss()
        elif self._timeline_moved():
            self._envelope = Envelope(self._params, prior_slope=self._envelope.slope)

    def _count_on(self, raw: RawBatch, t: Floats, lost: int) -> None:
        """Follow the strap's counter, unwrapped, and note what its buffer may still hold."""
        assert raw.acc is not None and raw.seq is not None  # noqa: S101 - narrows types
        end = raw.seq + raw.acc.shape[0]
        first_lost, self._next_seq = self._next_seq, end
        if first_lost is None:
            return
        expected = first_lost + lost + t.shape[0]
        began_anew = _signed(end - expected, raw.seq_bits)
        self._next_seq = expected + began_anew
        # A counter that wraps within the day does not tell which samples a buffer holds.
        if lost and not began_anew and raw.seq_bits >= WHOLE_BITS and self._last_t is not None:
            self._gaps.append(Gap(first_lost, lost, self._last_t, t.item(0)))

    def _timeline_moved(self) -> bool:
        """Tell whether the Timeline was put ahead, as after the computer slept for some seconds."""
        if self._envelope.closed <= STEP_BUCKETS:
            return False
        least_s: float = min(self._envelope.excess_s(STEP_BUCKETS).tolist())
        return least_s > MOVED_S * self._scale

    def _find_silent_loss(self) -> None:
        """Find samples that a strap without clock or counter dropped in its own queue."""
        if self._envelope.closed <= 2 * STEP_BUCKETS:
            return
        step_s = float(np.min(self._envelope.excess_s(STEP_BUCKETS)))
        least = max(LEAST_LOSS_S, LEAST_LOSS_PERIODS * self._period_s) * self._scale
        if step_s <= least:
            return
        lost = round(step_s / self._period_s)
        self._index += lost
        self._pending_lost += lost
        self._envelope.lift(STEP_BUCKETS, lost * self._period_s)
        if self._device_s is not None:
            self._device_s += lost * self._period_s
            self._offset_s = self._envelope.offset_s(self._device_s)


def _signed(difference: int, bits: int) -> int:
    """Return a difference of two wrapping counters in its smallest magnitude."""
    half = 1 << (bits - 1)
    return (difference + half) % (1 << bits) - half
