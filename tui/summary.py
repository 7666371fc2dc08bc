"""Days in words and as plain data, for the command line; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from ingest.records import TOTAL_KEYS, PostureState
from tui import phrases
from tui.happenings import happenings
from tui.past import day_figures, trend_figures, up_s, valid
from tui.readings import local

if TYPE_CHECKING:
    from ingest.past.figures import Figures
    from ingest.past.history import Day, DaySummary
    from ingest.store.base import Totals

LONGEST_FIRST: Final = 5
WEEK_HEAD: Final = (
    "day",
    "sitting",
    "on feet",
    "over 30 min",
    "longest",
    "breaks",
    "worn",
    "known",
)


def day_lines(day: Day, zone: ZoneInfo) -> list[str]:
    """Return a day for a person: figures, then what happened."""
    lines = [f"{day.date:%A, %d %B %Y}"]
    if day.totals.worn_s <= 0:
        return [*lines, "  the strap was not worn"]
    figures = day_figures(day)
    width = max(len(name) for name, _ in figures)
    lines += [f"  {name:<{width}}  {value}" for name, value in figures]
    sitting = [bout for bout in day.bouts if bout.state is PostureState.SITTING]
    longest = sorted(sitting, key=lambda bout: bout.start_ms - bout.end_ms)[:LONGEST_FIRST]
    if longest:
        lines += ["", "Longest sitting:"]
        lines += [
            f"  {local(b.start_ms / 1000, zone):%H:%M} to {local(b.end_ms / 1000, zone):%H:%M}"
            f"  {phrases.duration((b.end_ms - b.start_ms) / 1000)}"
            for b in sorted(longest, key=lambda bout: bout.start_ms)
        ]
    told = happenings(day.events)
    if told:
        lines += ["", "What happened:"]
        lines += [f"  {local(item.t_s, zone):%H:%M}  {item.words}" for item in reversed(told)]
    return lines


def day_data(day: Day) -> dict[str, Any]:
    """Return a day for a script."""
    return {
        "date": day.date.isoformat(),
        **totals_data(day.totals),
        "longest_sitting_s": day.longest_sitting_s,
        "long_sitting_s": day.long_sitting_s,
        "mean_sitting_s": day.mean_sitting_s,
        "breaks": sum(stored.event.kind == "break" for stored in day.events),
        "nudges": sum(stored.event.kind == "nudge" for stored in day.events),
        "bouts": [
            {"state": b.state.value, "start_ms": b.start_ms, "end_ms": b.end_ms} for b in day.bouts
        ],
        "events": [
            {"kind": s.event.kind, "t_ms": s.event.t_ms, "data": s.event.data} for s in day.events
        ],
    }


def figures_data(found: Figures) -> Mapping[str, Any]:
    """Return the figures of single seconds for a script, with what they rest on."""
    per = found.variety.per_15_min()
    return {
        "worn_s": found.worn_s,
        "known_share": found.known_share,
        "rules": found.rules,
        "up_share": found.up_share,
        "breaks": found.breaks,
        "break_credit": found.break_credit,
        "long_standing_s": found.long_standing_s,
        "shifts_per_15_min": None if per is None else per[0],
        "fidgets_per_15_min": None if per is None else per[1],
        "slumps": found.slumps,
        "slumped_s": found.slumped_s,
        "peak_end_range_load": found.peak_load,
        "seated_s_by_5_deg": found.angles_s,
        "seated_s_by_5_deg_before_marks": found.marked_angles_s,
    }


def totals_data(totals: Totals) -> Mapping[str, Any]:
    """Return totals for a script; the seconds add up to those of the stretch."""
    return {
        "seconds_by_state": {key: totals.seconds[key] for key in TOTAL_KEYS},
        "worn_s": totals.worn_s,
        "known_share": totals.known_share,
        "sagittal_mean_deg": totals.sagittal_mean_deg,
    }


def week_lines(days: Sequence[DaySummary]) -> list[str]:
    """Return days as a table with their means below."""
    rows = [WEEK_HEAD, *(_week_row(day) for day in days)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(WEEK_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in rows]  # fmt: skip
    if any(day.totals.worn_s > 0 and not valid(day) for day in days):
        lines.append("* worn for less than 5 h: not part of the means")
    return [*lines, "", *(f"{name}: {value}" for name, value in trend_figures(days))]


def _week_row(day: DaySummary) -> tuple[str, ...]:
    name = f"{day.date:%a %d %b}"
    if day.totals.worn_s <= 0:
        return (name, *["—"] * (len(WEEK_HEAD) - 1))
    return (
        name,
        phrases.duration(day.totals.seconds[PostureState.SITTING]),
        phrases.duration(up_s(day.totals)),
        phrases.duration(day.long_sitting_s),
        phrases.duration(day.longest_sitting_s),
        str(day.breaks),
        phrases.duration(day.totals.worn_s) + ("" if valid(day) else " *"),
        phrases.percent(day.totals.known_share),
    )


def week_data(days: Sequence[DaySummary]) -> list[dict[str, Any]]:
    """Return days for a script."""
    return [
        {
            "date": day.date.isoformat(),
            **totals_data(day.totals),
            "longest_sitting_s": day.longest_sitting_s,
            "long_sitting_s": day.long_sitting_s,
            "breaks": day.breaks,
            "nudges": day.nudges,
            "valid": valid(day),
        }
        for day in days
    ]
