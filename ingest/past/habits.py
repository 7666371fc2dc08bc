"""What corrections teach: at which tilt this wearer sits and stands.

Each correction to sitting or standing is one labelled sample, the tilt from upright that was held,
and is kept as a `labelled` event. The estimator's assumption of people is one of a few samples
more; the wearer's own move it. Its own decisions are never learned from: in simulation they taught
it its mistakes (docs/accuracy.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import acos, cos, degrees, radians, sqrt
from statistics import median
from typing import Final

from ingest.measurement.evidence import PARAMS, PostureParams
from ingest.past.correction import Wish
from ingest.records import Event, PostureState, Second
from ingest.store.base import Store

LABELLED: Final = "labelled"
TAUGHT: Final = (PostureState.SITTING, PostureState.STANDING)
LEAST_S: Final = 10  # still seconds that make a sample
MOST_DEG: Final = 60.0  # who is tilted further rather lies, whatever it is called
KEPT_S: Final = 400 * 86_400  # people change: older samples are not counted
PEOPLE: Final = 3.0  # so many samples of this wearer count as much as what holds for people
LEAST_SITTING_SD_DEG: Final = 4.0  # bouts of the steadiest sitters differ by this much
LEAST_STANDING_SD_DEG: Final = 3.0  # a strap's neutral is not known any better


def sample(
    wish: Wish, seconds: Sequence[Second], made_s: float, params: PostureParams = PARAMS
) -> Event | None:
    """Return what a correction made at `made_s` teaches.

    None where it is of another state, was rather lying, or hardly still or calibrated at all.
    """
    tilts = [
        _tilt_deg(s.sagittal_deg, s.frontal_deg)
        for s in seconds
        if wish.from_s <= s.t_s < wish.to_s
        and s.acc_sd_ms2 < params.settled_sd_ms2
        and s.sagittal_deg is not None
        and s.frontal_deg is not None
    ]
    if wish.state not in TAUGHT or len(tilts) < LEAST_S or median(tilts) > MOST_DEG:
        return None
    return Event(
        kind=LABELLED,
        t_ms=round(made_s * 1000),
        position=seconds[0].position,
        data={
            "state": wish.state.value,
            "tilt_deg": round(median(tilts), 1),
            "from_s": wish.from_s,
            "to_s": wish.to_s,
        },
    )


def habits(
    store: Store,
    wearer: str,
    position: str,
    now_s: float,
    *,
    base: PostureParams = PARAMS,
    made: Sequence[Event] = (),
) -> PostureParams:
    """Return `base` as the wearer's samples change it: those in a store, and those being `made`."""
    window = (max(0, round(now_s) - KEPT_S), round(now_s) + 1)
    stored = [e.event for e in store.events(wearer, window, (LABELLED,))]
    return taught([e for e in [*stored, *made] if e.position == position], base)


def taught(events: Sequence[Event], base: PostureParams = PARAMS) -> PostureParams:
    """Return the parameters for the wearer of some `labelled` events, in the order they were made.

    Where corrections overlap, the newest counts.
    """
    counted: list[Event] = []
    for event in events:
        counted = [old for old in counted if not _overlap(old, event)] + [event]
    sitting, standing = (
        [float(e.data["tilt_deg"] or 0.0) for e in counted if e.data["state"] == state]
        for state in TAUGHT
    )
    if not sitting and not standing:
        return base
    weight = PEOPLE + len(sitting)
    mean = (PEOPLE * base.sitting_deg + sum(sitting)) / weight
    spread = PEOPLE * base.sitting_sd_deg**2 + sum((tilt - mean) ** 2 for tilt in sitting)
    sway = PEOPLE * base.standing_sd_deg**2 + sum(tilt**2 for tilt in standing)
    return replace(
        base,
        sitting_deg=mean,
        sitting_sd_deg=max(LEAST_SITTING_SD_DEG, sqrt(spread / weight)),
        standing_sd_deg=max(LEAST_STANDING_SD_DEG, sqrt(sway / (PEOPLE + len(standing)))),
    )


def _overlap(a: Event, b: Event) -> bool:
    return max(_span(a)[0], _span(b)[0]) < min(_span(a)[1], _span(b)[1])


def _span(event: Event) -> tuple[int, int]:
    return int(event.data["from_s"] or 0), int(event.data["to_s"] or 0)


def _tilt_deg(sagittal_deg: float, frontal_deg: float) -> float:
    return degrees(acos(cos(radians(sagittal_deg)) * cos(radians(frontal_deg))))
