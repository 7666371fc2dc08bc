"""A simulated wearer's day: samples of the strap, link changes and the truth behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sensor.sample import Floats, ImuBatch
from sensor.source import LinkState, LinkStatus
from sensor.virtual.day_catalogue import DEMO_PREAMBLE, demo_script, random_day, scripted_day
from sensor.virtual.day_plan import Planner
from sensor.virtual.day_script import Activity, DayScript, Step, TruthSegment
from sensor.virtual.personas import OFFICE, PERSONAS, Persona
from sensor.virtual.wearer import draw_wearer
from sensor.virtual.wearer_body import Body
from sensor.virtual.wearer_sensor import Faults, WornSensor, random_rotation

__all__ = [
    "PERSONAS",
    "Activity",
    "DayScript",
    "SimulatedDay",
    "SimulatedSource",
    "Step",
    "TruthSegment",
    "demo_day",
    "random_day",
    "scripted_day",
]

BLOCK_S = 60.0
"""How much is synthesised at once: long enough for NumPy, short enough for the memory."""

SIMULATED_PROFILE = "simulated"
OUT_OF_RANGE = "The simulated strap is out of range."

Flags = NDArray[np.bool_]


class SimulatedDay:
    """One wearer playing one script; the same arguments give the same samples.

    Attributes:
        truth: what was true from `start_s` to `end_s`, without gaps.
        preamble: what was true before `start_s`, when the day began earlier.
        upright: (3,) the up direction in the sensor's frame when this wearer stands quietly.
        forward: (3,) the forward direction in the sensor's frame.
    """

    def __init__(
        self,
        script: DayScript,
        *,
        seed: int,
        persona: Persona = OFFICE,
        start_s: float,
        rate_hz: float = 50.0,
        preamble: DayScript = (),
        mounting: Floats | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.start_s = start_s
        self.rate_hz = rate_hz
        self.persona = persona
        self.serial = f"SIM-{persona.key}-{seed}"
        self._seed = seed
        self._faults = faults or Faults()
        wearer_rng, plan_rng, mount_rng = np.random.default_rng(seed).spawn(3)
        self._plan = Planner(draw_wearer(persona, wearer_rng), plan_rng).play(preamble + script)
        preamble_s = self._preamble_s(preamble)
        self._origin_s = start_s - preamble_s
        self._mounting = random_rotation(mount_rng) if mounting is None else mounting
        segments = [self._placed(segment) for segment in self._plan.truth]
        self.preamble = tuple(_clipped(segments, self._origin_s, start_s))
        self.end_s = self._origin_s + self._plan.end_s
        self.truth = tuple(_clipped(segments, start_s, self.end_s))
        self.upright: Floats = self._mounting[2].copy()
        self.forward: Floats = self._mounting[0].copy()

    def batches(
        self, batch_size: int = 10, *, buffered: bool = False
    ) -> Iterator[ImuBatch | LinkStatus]:
        """Yield the day from `start_s` in batches of at most `batch_size` samples.

        With `buffered` the samples of a link loss come too, between its two link changes: what the
        strap measures while nobody hears it.
        """
        return self._events(batch_size, from_s=self.start_s, to_s=self.end_s, buffered=buffered)

    def preamble_batches(self, batch_size: int = 10) -> Iterator[ImuBatch | LinkStatus]:
        """Yield what the strap measured before `start_s`, for whoever wants to catch up."""
        return self._events(batch_size, from_s=self._origin_s, to_s=self.start_s)

    def inclinations(self) -> Iterator[tuple[Floats, Floats]]:
        """Yield UTC seconds (n,) and the true sagittal and frontal inclination (n, 2) in degrees.

        Sagittal is + forward, frontal + right, both from the wearer's own standing; a belt that
        slips does not change them. Covers the day from `start_s`, in blocks.
        """
        body, total = self._body(), self._number(self.end_s)
        size = max(1, round(BLOCK_S * self.rate_hz))
        for first in range(0, total, size):
            count = min(size, total - first)
            degrees = np.degrees(body.take(first, count).inclination)
            t = self._times(first, count)
            skipped = max(0, self._number(self.start_s) - first)
            if skipped < count:
                yield t[skipped:], degrees[skipped:]

    def _number(self, at_s: float) -> int:
        return round((at_s - self._origin_s) * self.rate_hz)

    def _times(self, first: int, count: int) -> Floats:
        return np.asarray(self._origin_s + np.arange(first, first + count) / self.rate_hz)

    def _body(self) -> Body:
        return Body(self._plan, self._rngs()[0], rate_hz=self.rate_hz)

    def _rngs(self) -> list[np.random.Generator]:
        """Return the generators of body and sensor: the same ones each time it is asked."""
        return np.random.default_rng([self._seed, 1]).spawn(2)

    def _preamble_s(self, preamble: DayScript) -> float:
        return float(sum(step.duration_s for step in preamble))

    def _placed(self, segment: TruthSegment) -> TruthSegment:
        return TruthSegment(
            segment.state,
            self._origin_s + segment.from_s,
            self._origin_s + segment.to_s,
            segment.activity,
        )

    def _status(self, at_s: float, state: LinkState, reason: str = "") -> LinkStatus:
        return LinkStatus(
            at_s=at_s,
            state=state,
            device=f"Simulated {self.persona.title.lower()}",
            serial=self.serial,
            profile=SIMULATED_PROFILE,
            battery_percent=87,
            rssi_dbm=-58 if state is LinkState.CONNECTED else None,
            reason=reason,
        )

    def _events(
        self, batch_size: int, *, from_s: float, to_s: float, buffered: bool = False
    ) -> Iterator[ImuBatch | LinkStatus]:
        yield self._status(from_s, LinkState.CONNECTED)
        lost = 0
        for t, acc, gyro in self._blocks(from_s, to_s):
            heard = self._heard(t - self._origin_s)
            for begin, end in _runs(heard, batch_size):
                if heard[begin]:
                    if lost:
                        yield self._status(float(t[begin]), LinkState.CONNECTED)
                    yield ImuBatch(t[begin:end], acc[begin:end], gyro[begin:end], lost)
                    lost = 0
                    continue
                if not lost:
                    yield self._status(float(t[begin]), LinkState.SEARCHING, OUT_OF_RANGE)
                if buffered:
                    yield ImuBatch(t[begin:end], acc[begin:end], gyro[begin:end])
                lost += end - begin

    def _heard(self, t: Floats) -> Flags:
        heard = np.ones(len(t), dtype=np.bool_)
        for begin, end in self._plan.silences:
            heard &= (t < begin) | (t >= end)
        return heard

    def _blocks(self, from_s: float, to_s: float) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Yield times, acc and gyro; what lies before `from_s` is lived but not told."""
        body = self._body()
        sensor = WornSensor(
            self._rngs()[1], rate_hz=self.rate_hz, mounting=self._mounting, faults=self._faults
        )
        begin, total = self._number(from_s), self._number(to_s)
        size = max(1, round(BLOCK_S * self.rate_hz))
        for first in range(0, total, size):
            felt = body.take(first, min(size, total - first))
            acc, gyro = sensor.measure(first, felt.force, felt.rate)
            t = self._times(first, len(acc))
            skipped = max(0, begin - first)
            if skipped < len(t):
                yield t[skipped:], acc[skipped:], gyro[skipped:]


class SimulatedSource:
    """A simulated day as a source of samples, without any radio.

    With `buffered` the samples of a link loss follow late, as from a strap that keeps them.
    """

    def __init__(self, day: SimulatedDay, *, batch_size: int = 10, buffered: bool = False) -> None:
        self.day = day
        self._batch_size = batch_size
        self._buffered = buffered

    async def events(self) -> AsyncIterator[ImuBatch | LinkStatus]:
        """Yield the day's batches and link changes, unpaced."""
        away, kept = False, list[ImuBatch]()
        for event in self.day.batches(self._batch_size, buffered=self._buffered):
            if isinstance(event, LinkStatus):
                away = event.state is not LinkState.CONNECTED
            elif away:
                kept.append(replace(event, backfill=True))
                continue
            yield event
            if not away and isinstance(event, ImuBatch):
                for late in kept:
                    yield late
                kept.clear()


def _runs(heard: Flags, batch_size: int) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of stretches that are heard or missed as a whole and not too long."""
    changes = np.flatnonzero(np.diff(heard)) + 1
    bounds = [0, *changes.tolist(), len(heard)]
    for begin, end in pairwise(bounds):
        for at in range(begin, end, batch_size):
            yield at, min(at + batch_size, end)


def _clipped(segments: list[TruthSegment], from_s: float, to_s: float) -> Iterator[TruthSegment]:
    for segment in segments:
        begin, end = max(segment.from_s, from_s), min(segment.to_s, to_s)
        if end > begin:
            yield TruthSegment(segment.state, begin, end, segment.activity)


def demo_day(
    *,
    start_s: float,
    seed: int = 7,
    hours: float = 8.0,
    rate_hz: float = 50.0,
    persona: Persona = OFFICE,
) -> SimulatedDay:
    """Return the demo's day: it begins after 27 min of sitting, which `preamble` holds.

    At 20 times the speed the first minute shows sitting, a slump, a nudge coming due, a rise and a
    walk of 7 min; later come lying, the strap on a desk and a link loss.
    """
    return SimulatedDay(
        demo_script(hours, seed=seed),
        seed=seed,
        persona=persona,
        start_s=start_s,
        rate_hz=rate_hz,
        preamble=DEMO_PREAMBLE,
    )
