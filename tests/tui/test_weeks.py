"""Weeks as a whole: hours, angles, and two periods side by side where there are days enough."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import ModuleType

import pytest

from ingest.past.history import DaySummary
from ingest.records import NO_DATA, TOTAL_KEYS
from ingest.store.base import Totals
from tui.past import valid
from tui.weeks import Compared, angle_histogram, bin_words, compared, sitting_by_hour

MEANS = ("sitting", "on your feet", "in bouts over 30 min", "longest sitting", "breaks")


@pytest.fixture
def day(scenes: ModuleType) -> DaySummary:
    """A day that was worn."""
    found: list[DaySummary] = scenes.ScriptedHistory().days(scenes.NOW.date(), 7)
    return next(day for day in found if valid(day))


def compare(day: DaySummary, *, before: int, now: int) -> dict[str, Compared]:
    """Compare 28 days with 28, of which so many were worn."""
    nothing = dict.fromkeys(TOTAL_KEYS, 0.0) | {NO_DATA: 86_400.0}
    away = replace(day, totals=replace(day.totals, seconds=nothing))
    days = [day if i < worn else away for worn in (before, now) for i in range(28)]
    return {row.name: row for row in compared(days)}


@pytest.mark.parametrize(
    ("before", "now", "missing"),
    [(3, 3, []), (1, 28, ["before"]), (28, 2, ["now"]), (0, 0, ["now", "before"])],
)
def test_what_was_before_stands_there_only_where_it_can_be_compared(
    day: DaySummary, before: int, now: int, missing: list[str]
) -> None:
    rows = compare(day, before=before, now=now)
    said = [when for when in ("now", "before") if f"too few worn days {when}" in rows]
    assert said == missing
    for name in MEANS:
        assert (rows[name].now == "—") is (now == 0), name
        assert (rows[name].before == "—") is bool(missing), name
    assert rows["sitting"].change == ("" if missing else "same")
    worn = rows["days worn 5 h or more"]
    assert (worn.now, worn.before) == (str(now), str(before))


def test_hours_hardly_known_stay_empty(scenes: ModuleType) -> None:
    zone = scenes.ZONE
    monday = int(dt.datetime(2024, 3, 11, 9, tzinfo=zone).timestamp())
    seconds = dict.fromkeys(TOTAL_KEYS, 0.0) | {"sitting": 100.0, "no_data": 3500.0}
    hour = Totals(from_s=monday, to_s=monday + 3600, seconds=seconds, sagittal_mean_deg=None)
    assert sitting_by_hour([hour], zone)[0][9] is None


def test_the_histogram_keeps_every_worn_hour() -> None:
    cells = [
        Totals(from_s=0, to_s=3600, seconds=dict.fromkeys(TOTAL_KEYS, 0.0) | {"sitting": 3600.0},
               sagittal_mean_deg=angle)
        for angle in (-80.0, 12.0, 12.0, 89.0)
    ]  # fmt: skip
    hours = angle_histogram(cells)
    assert sum(hours) == 4.0
    assert [bin_words(i) for i, h in enumerate(hours) if h] == [
        "below \N{MINUS SIGN}40°",
        "+10° to +15°",
        "from +55°",
    ]


def test_a_comparison_needs_days_in_both_periods(scenes: ModuleType) -> None:
    days = scenes.ScriptedHistory().days(scenes.NOW.date(), 56)
    rows = {row.name: row for row in compared(days)}
    assert rows["in bouts over 30 min"].change == "\N{MINUS SIGN}56 min"
    assert rows["sitting"].change == "same"
