"""What a report says of a stretch of days; pure. `report_html` and `report_markdown` write it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ingest.records import TOTAL_KEYS, Event, PostureState
from monitor import safety
from monitor.summary import (
    REFERENCE,
    REFERENCE_SOURCE,
    WINDOWS_S,
    ResponseRates,
    response_rates,
)
from tui import phrases
from tui.past import day_figures, trend_figures, up_s, valid
from tui.readings import local
from tui.ribbons import main_state
from tui.weeks import angle_histogram

if TYPE_CHECKING:
    from ingest.past.history import Day, DaySummary

BOUT_EDGES_MIN: Final = (10, 20, 30, 60)
TABLE_HEAD: Final = (
    "Day",
    "Sitting",
    "On feet",
    "In bouts over 30 min",
    "Longest",
    "Breaks",
    "Nudges",
    "Worn",
    "Known",
)

METHODS: Final = (
    "One motion sensor at the lower back, 50 samples a second or what the strap can do. Its "
    "samples are reduced to seconds: inclination of the lower back to gravity against the "
    "wearer's own upright, movement, and the vertical travel of rises. States are decided from "
    "these, with a confidence; what cannot be decided is counted as not known.",
    "A bout is an uninterrupted stretch of one state. Minutes in bouts over 30 minutes follow the "
    "convention of activPAL for prolonged sitting. A break is credited by time on the feet: half "
    "from one minute, all from five.",
    "Days with at least five worn hours count in the means. Every figure is over the time that is "
    "known; the share that is known stands beside it.",
)
LIMITS: Final = (
    safety.ABOUT,
    *safety.LIMITS,
    "The thresholds are preferences. No guideline sets a number of minutes for sitting.",
    f"{safety.RED_FLAGS_TITLE}: {'; '.join(safety.RED_FLAGS)}. {safety.RED_FLAGS_ACTION}",
)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says, in the order in which it is said.

    Attributes:
        title: what it is about.
        made: when it was made, local time.
        figures: (name, value) of the whole stretch.
        rows: one per day, below TABLE_HEAD.
        ribbons: (day, main state of every 5 minutes from midnight).
        shares: (day, seconds by state).
        bouts: (range of minutes, number, hours) of the sitting bouts.
        angles: worn hours per bin of `tui.weeks`, by mean inclination over 5 minutes.
        responses: how prompts were answered by the body.
        marks: (moment, words) of what the wearer marked.
        practised: (drill, times).
        rules: versions of the rules that judged the bouts.
    """

    title: str
    made: str
    figures: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    ribbons: tuple[tuple[str, tuple[str, ...]], ...]
    shares: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
    bouts: tuple[tuple[str, int, float], ...]
    angles: tuple[float, ...]
    responses: ResponseRates
    marks: tuple[tuple[str, str], ...]
    practised: tuple[tuple[str, int], ...]
    rules: tuple[str, ...]


def report_of(
    days: Sequence[Day],
    summaries: Sequence[DaySummary],
    *,
    wearer: str,
    zone: ZoneInfo,
    made_s: float,
) -> Report:
    """Return the report of consecutive days; `made_s` is when it is made, UTC seconds."""
    events = [stored.event for day in days for stored in day.events]
    cells = [cell for day in days for cell in day.cells]
    return Report(
        title=f"{wearer}: {_period(days)}",
        made=f"{local(made_s, zone):%Y-%m-%d %H:%M} ({zone.key})",
        figures=day_figures(days[0]) if len(days) == 1 else trend_figures(summaries),
        rows=tuple(_row(summary) for summary in summaries),
        ribbons=tuple(
            (_name(day), tuple(main_state(cell.seconds) for cell in day.cells)) for day in days
        ),
        shares=tuple(
            (_name(day), tuple((key, day.totals.seconds[key]) for key in TOTAL_KEYS))
            for day in days
        ),
        bouts=_bouts(days),
        angles=angle_histogram(cells),
        responses=response_rates(events),
        marks=_marks(events, zone),
        practised=tuple(
            sorted(Counter(str(e.data.get("drill")) for e in events if e.kind == "drill").items())
        ),
        rules=tuple(sorted({bout.rule for day in days for bout in day.bouts})),
    )


def response_words(rate: ResponseRates) -> str:
    """Return the response rate in one sentence beside the published one."""
    if rate.within is None:
        return "No prompt was answered or left unanswered in this time."
    shares = ", ".join(
        f"{phrases.percent(share)} within {window_s / 60:.0f} min"
        for share, window_s in zip(rate.within, WINDOWS_S, strict=True)
    )
    published = "/".join(f"{share * 100:.0f}" for share in REFERENCE)
    return (
        f"{rate.prompts} prompts; stood up: {shares}. "
        f"For comparison: {published} % ({REFERENCE_SOURCE})."
    )


def _period(days: Sequence[Day]) -> str:
    first, last = days[0].date, days[-1].date
    if first == last:
        return f"{first:%A}, {first.day} {first:%B %Y}"
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"


def _name(day: Day | DaySummary) -> str:
    return f"{day.date:%a %d %b}"


def _row(day: DaySummary) -> tuple[str, ...]:
    if day.totals.worn_s <= 0:
        return (_name(day), *["—"] * (len(TABLE_HEAD) - 1))
    return (
        _name(day),
        phrases.duration(day.totals.seconds[PostureState.SITTING]),
        phrases.duration(up_s(day.totals)),
        phrases.duration(day.long_sitting_s),
        phrases.duration(day.longest_sitting_s),
        str(day.breaks),
        str(day.nudges),
        phrases.duration(day.totals.worn_s) + ("" if valid(day) else " (short)"),
        phrases.percent(day.totals.known_share),
    )


def _bouts(days: Sequence[Day]) -> tuple[tuple[str, int, float], ...]:
    lengths = {
        (bout.start_ms, (bout.end_ms - bout.start_ms) / 60_000)
        for day in days
        for bout in day.bouts
        if bout.state is PostureState.SITTING
    }
    edges = (0, *BOUT_EDGES_MIN, float("inf"))
    rows = []
    for low, high in pairwise(edges):
        inside = [minutes for _, minutes in lengths if low <= minutes < high]
        name = f"over {low} min" if high == float("inf") else f"{low} to {high:.0f} min"
        rows.append((name, len(inside), sum(inside) / 60))
    return tuple(rows)


def _marks(events: Sequence[Event], zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            f"{local(event.t_ms / 1000, zone):%a %d %b %H:%M}",
            str(event.data.get("note") or "hurts now"),
        )
        for event in events
        if event.kind == "mark"
    )
