"""Every figure of one stretch of the past, with the seconds and the rules that all of them rest on.

Definitions, sources and evidence grades are in docs/metrics.md. Only single seconds can say this
much: where a store keeps no more than minutes of a stretch, they are missing from `known_s`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.past.exposure import (
    Range,
    breaks,
    loads,
    long_standing_s,
    slumps,
    up_share,
)
from ingest.past.variety import Variety, variety
from ingest.records import Event, PostureState, Second
from ingest.store.base import Window

BIN_DEG: Final = 5
BEFORE_MARK_S: Final = 600  # what is kept with a mark, see docs/monitor.md


@dataclass(frozen=True, slots=True)
class Figures:
    """What a stretch [from_s, to_s) amounted to.

    Attributes:
        worn_s, known_s: single seconds on the body, and those of a known state.
        rules: versions of the rules that judged them.
        up_share: standing and moving, of the known worn seconds; None without any.
        breaks, break_credit: breaks from sitting, and their credits added up.
        long_standing_s: seconds of standing in stretches of 50 min and more.
        variety: shifts and fidgets, with the seated seconds.
        slumps, slumped_s: number and seconds of slumps; None without an own range.
        load, peak_load: end-range load at the end and at most, 0..1; None without an own range.
        angles_s: seated seconds by sagittal inclination, from the lower edge of each 5° bin.
        marked_angles_s: the same of the ten minutes before each mark of the wearer's pain.
    """

    from_s: int
    to_s: int
    worn_s: int
    known_s: int
    rules: tuple[str, ...]
    up_share: float | None
    breaks: int
    break_credit: float
    long_standing_s: int
    variety: Variety
    slumps: int | None
    slumped_s: int | None
    load: float | None
    peak_load: float | None
    angles_s: Mapping[int, int]
    marked_angles_s: Mapping[int, int]

    @property
    def known_share(self) -> float:
        """Known share of the wall seconds."""
        return self.known_s / (self.to_s - self.from_s)


def figures_of(
    seconds: Sequence[Second],
    window: Window,
    ranges: Mapping[str, Range],
    marks_s: Sequence[int] = (),
) -> Figures:
    """Return the figures of a window.

    Args:
        seconds: all single seconds of the window, in order.
        window: its ends, one second apart at least.
        ranges: own ranges by calibration id; that of the last second which has one counts.
        marks_s: when the wearer marked pain.
    """
    worn = [s for s in seconds if s.state is not PostureState.OFF_BODY]
    credited = breaks(seconds)
    own = own_range(seconds, ranges)
    slumped = None if own is None else slumps(seconds, own)
    load = [] if own is None else list(loads(seconds, own))
    return Figures(
        from_s=window[0],
        to_s=window[1],
        worn_s=len(worn),
        known_s=sum(s.state is not PostureState.UNKNOWN for s in worn),
        rules=tuple(sorted({s.rule for s in seconds})),
        up_share=up_share(seconds),
        breaks=len(credited),
        break_credit=sum(each.credit for each in credited),
        long_standing_s=long_standing_s(seconds),
        variety=variety(seconds),
        slumps=None if slumped is None else len(slumped),
        slumped_s=None if slumped is None else sum(each.to_s - each.from_s for each in slumped),
        load=load[-1] if load else None,
        peak_load=max(load, default=None),
        angles_s=angles_s(seconds),
        marked_angles_s=angles_s([s for s in seconds if _before_one(s.t_s, marks_s)]),
    )


def angles_s(seconds: Sequence[Second]) -> dict[int, int]:
    """Return the seated seconds by inclination, in order of the bins' lower edges in degrees."""
    found = Counter(
        int(s.sagittal_deg // BIN_DEG) * BIN_DEG
        for s in seconds
        if s.state is PostureState.SITTING and s.sagittal_deg is not None
    )
    return dict(sorted(found.items()))


def _before_one(t_s: int, marks_s: Sequence[int]) -> bool:
    return any(mark_s - BEFORE_MARK_S <= t_s < mark_s for mark_s in marks_s)


def own_range(seconds: Sequence[Second], ranges: Mapping[str, Range]) -> Range | None:
    """Return the own range of the last second whose calibration has one, or None."""
    return next((r for s in reversed(seconds) if (r := ranges.get(s.calibration or ""))), None)


def ranges_of(events: Sequence[Event]) -> dict[str, Range]:
    """Return the own range of every calibration that has one."""
    found = {}
    for event in events:
        back, slump = event.data.get("lean_back_deg"), event.data.get("slump_deg")
        if event.kind == "calibration" and back is not None and slump is not None and back != slump:
            found[str(event.data["id"])] = Range(float(back), float(slump))
    return found
