"""What a stretch of seconds amounts to: slumps, end-range load, breaks, time up.

Pure figures over decided seconds; definitions, sources and evidence grades are in docs/metrics.md.
Every figure comes with the seconds that it rests on, so that coverage can stand beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

from ingest.records import PostureState, Second
from ingest.store.base import Window

UP: Final = frozenset({PostureState.STANDING, PostureState.MOVING})


@dataclass(frozen=True, slots=True)
class ExposureParams:
    """Thresholds; each with its reason.

    Attributes:
        slump_enter_percent, slump_leave_percent: of the own range; apart so that one slump is one
            event.
        slump_enter_s, slump_leave_s: how long above and below.
        load_from_percent: end-range load charges above this share of the own range.
        load_tau_s: time constant of creep under full flexion, 9.4 min (McGill & Brown 1992).
        load_half_s: half recovers within 2 min upright (the same).
        break_half_s, break_half_until_s, break_full_s: so long up is half a break, rising from the
            second to a full one at the third: the monitor's defaults (product convention).
        long_standing_s: standing so long at a stretch counts as long.
    """

    slump_enter_percent: float = 60.0
    slump_leave_percent: float = 45.0
    slump_enter_s: int = 120
    slump_leave_s: int = 10
    load_from_percent: float = 80.0
    load_tau_s: float = 9.4 * 60
    load_half_s: float = 120.0
    break_half_s: float = 60.0
    break_half_until_s: float = 120.0
    break_full_s: float = 300.0
    long_standing_s: int = 50 * 60


PARAMS: Final = ExposureParams()


@dataclass(frozen=True, slots=True)
class Range:
    """The wearer's own seated range in degrees, from calibration."""

    lean_back_deg: float
    slump_deg: float

    def percent(self, sagittal_deg: float) -> float:
        """Return where an angle lies: 0 upright-most, 100 slumped."""
        return 100 * (sagittal_deg - self.lean_back_deg) / (self.slump_deg - self.lean_back_deg)


@dataclass(frozen=True, slots=True)
class Slump:
    """One slump [from_s, to_s)."""

    from_s: int
    to_s: int


def slumps(seconds: Sequence[Second], own: Range, params: ExposureParams = PARAMS) -> list[Slump]:
    """Return the slumps of sitting, with hysteresis and minimum time: one slump, one event."""
    found: list[Slump] = []
    begin: int | None = None
    slumped_to: int | None = None
    for second in seconds:
        percent = _percent(second, own)
        sunk = percent is not None and percent > params.slump_enter_percent
        if begin is None:
            begin, slumped_to = (second.t_s, second.t_s + 1) if sunk else (None, None)
        elif percent is not None and percent >= params.slump_leave_percent:
            slumped_to = second.t_s + 1
        elif slumped_to is not None and second.t_s + 1 - slumped_to >= params.slump_leave_s:
            found += _long_enough(begin, slumped_to, params)
            begin = slumped_to = None
    if begin is not None and slumped_to is not None:
        found += _long_enough(begin, slumped_to, params)
    return found


def _long_enough(begin: int, end: int, params: ExposureParams) -> list[Slump]:
    return [Slump(begin, end)] if end - begin >= params.slump_enter_s else []


def _percent(second: Second, own: Range) -> float | None:
    if second.state is not PostureState.SITTING or second.sagittal_deg is None:
        return None
    return own.percent(second.sagittal_deg)


def end_range_load(
    seconds: Sequence[Second], own: Range, *, start: float = 0.0, params: ExposureParams = PARAMS
) -> float:
    """Return the end-range load, 0..1, at the end of some seconds (experimental)."""
    return [start, *loads(seconds, own, start=start, params=params)][-1]


def loads(
    seconds: Sequence[Second], own: Range, *, start: float = 0.0, params: ExposureParams = PARAMS
) -> Iterator[float]:
    """Yield the end-range load after each second.

    It charges with 1 - exp(-t/tau) while seated above `load_from_percent` of the own range, and
    halves every `load_half_s` otherwise; a silence recovers too, since nobody saw a load.
    """
    load = start
    charge = exp(-1 / params.load_tau_s)
    recover = exp(-log(2) / params.load_half_s)
    last_s: int | None = None
    for second in seconds:
        silent_s = 0 if last_s is None else second.t_s - last_s - 1
        load *= recover**silent_s
        percent = _percent(second, own)
        loaded = percent is not None and percent > params.load_from_percent
        load = 1 - (1 - load) * charge if loaded else load * recover
        last_s = second.t_s
        yield load


def up_share(seconds: Sequence[Second]) -> float | None:
    """Return the share of known worn seconds that were standing or moving; None without any."""
    known = [s for s in seconds if s.state not in (PostureState.UNKNOWN, PostureState.OFF_BODY)]
    return sum(s.state in UP for s in known) / len(known) if known else None


@dataclass(frozen=True, slots=True)
class Break:
    """An uninterrupted stretch up, between sitting, and its credit of a full break, 0 to 1."""

    from_s: int
    to_s: int
    credit: float


def breaks(seconds: Sequence[Second], params: ExposureParams = PARAMS) -> list[Break]:
    """Return the breaks from sitting: standing and moving, seen without a gap.

    Unknown, off-body and missing seconds are no break and end one.
    """
    return [
        Break(from_s, to_s, credit)
        for from_s, to_s in _stretches(seconds, UP)
        if (credit := break_credit(to_s - from_s, params)) > 0
    ]


def break_credit(up_s: float, params: ExposureParams = PARAMS) -> float:
    """Return the credit of so long up: none, half or full, rising in between."""
    if up_s < params.break_half_s:
        return 0.0
    beyond = max(0.0, up_s - params.break_half_until_s)
    return min(1.0, 0.5 + 0.5 * beyond / (params.break_full_s - params.break_half_until_s))


def long_standing_s(seconds: Sequence[Second], params: ExposureParams = PARAMS) -> int:
    """Return the seconds of stretches of standing that lasted `long_standing_s` or more."""
    lengths = [to - begin for begin, to in _stretches(seconds, {PostureState.STANDING})]
    return sum(length for length in lengths if length >= params.long_standing_s)


def _stretches(seconds: Sequence[Second], states: Collection[PostureState]) -> list[Window]:
    """Return [from, to) of each stretch of consecutive seconds in some states."""
    found: list[Window] = []
    for second in seconds:
        if second.state not in states:
            continue
        if found and found[-1][1] == second.t_s:
            found[-1] = (found[-1][0], second.t_s + 1)
        else:
            found.append((second.t_s, second.t_s + 1))
    return found
