"""Two periods side by side: figures where there are days enough, and else what is missing."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from ingest.past.history import DaySummary
from ingest.records import NO_DATA, TOTAL_KEYS
from tui.past import valid
from tui.weeks import Compared, compared

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
