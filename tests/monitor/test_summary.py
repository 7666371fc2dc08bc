"""Summaries say what changed, with coverage, and compare only days that count."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ingest.past.history import DaySummary
from ingest.records import TOTAL_KEYS, Event
from ingest.store.base import Totals
from monitor import safety
from monitor.drills.journal import Practice
from monitor.goals import goal_h
from monitor.summary import (
    change_line,
    figures,
    period_lines,
    physio_page,
    response_rates,
)

START = date(2026, 3, 2)


def day(i: int, *, worn_h: float = 8, unknown_h: float = 1, long_min: float = 90, breaks: int = 8):
    sitting = (worn_h - unknown_h) * 0.75 * 3600
    up = (worn_h - unknown_h) * 0.25 * 3600
    seconds = dict.fromkeys(TOTAL_KEYS, 0.0)
    seconds |= {"sitting": sitting, "standing": up / 2, "moving": up / 2}
    seconds |= {"unknown": unknown_h * 3600, "no_data": (24 - worn_h) * 3600}
    totals = Totals(0, 86_400, seconds, 5.0)
    return DaySummary(START + timedelta(days=i), totals, 3600.0, long_min * 60, breaks, 6)


def response(after_s: float | None, rung: str = "nudge") -> Event:
    data = {"nudge": "n", "rung": rung, "topic": "sitting", "stood_up": after_s is not None}
    extra = {} if after_s is None else {"after_s": after_s}
    return Event(kind="response", t_ms=0, data={**data, **extra, "now_s": 0.0})


def test_responses_are_measured_within_one_three_and_five_minutes():
    events = [response(s) for s in (30, 100, 200, None)] + [response(10, "hint")]
    rates = response_rates(events)
    assert rates.prompts == 4
    assert rates.within == (0.25, 0.5, 0.75)
    assert response_rates([]).within is None
    standing = response(10)
    standing.data["topic"] = "standing"
    assert response_rates([standing]).prompts == 0


def test_days_under_five_worn_hours_do_not_count():
    counted = figures([day(0), day(1, worn_h=4, long_min=999)])
    assert counted is not None and counted.days == 1 and counted.long_sitting_min == 90
    assert figures([day(0, worn_h=4)]) is None


def test_a_period_says_what_changed_or_that_nothing_did():
    before, days = (
        [day(i) for i in range(7)],
        [day(i, long_min=70, breaks=11) for i in range(7, 14)],
    )
    assert change_line(days, before) == (
        "Compared with the 7 days before: 20 fewer minutes in long bouts, 3 more breaks."
    )
    assert change_line(before, before).endswith("much the same.")


@pytest.mark.parametrize(("now", "then", "said"), [(3, 3, True), (2, 7, False), (7, 2, False)])
def test_means_of_fewer_than_three_days_are_not_compared(now, then, said):
    short = [day(9, worn_h=1)]
    line = change_line([day(i) for i in range(now)] + short, [day(i) for i in range(then)] + short)
    assert bool(line) is said


def test_a_period_names_coverage_the_published_reference_and_days_practised():
    days = [day(i) for i in range(7)]
    journal = [Practice(START + timedelta(days=i), "walk") for i in (2, 2, 6, 7, -1)]
    text = "\n".join(period_lines(days, [response(30), response(None)], journal))
    assert "7 of 7 days count; 88 % of their worn time is known." in text
    assert "in 50 % / 50 % / 50 %; published for others: 14 % / 22 % / 30 %" in text
    assert "Practised on 2 of 7 days." in text
    assert period_lines([day(0, worn_h=1)], [], []) == ["No day of these 1 was worn for 5 h yet."]


def test_the_goal_rises_after_a_week_that_reached_it_not_during_it():
    short, enough = ([day(i, unknown_h=unknown_h) for i in range(7)] for unknown_h in (1, 0))
    assert goal_h([*short, *enough]) == 2.0
    assert goal_h([*short, *enough, *short]) == pytest.approx(2.2)


def test_the_physio_page_has_methods_coverage_limits_and_the_red_flags():
    marks = [
        Event(kind="mark", t_ms=0, data={"from_s": 0.0, "to_s": 0.0, "now_s": 0.0, **angle})
        for angle in (
            {"sagittal_mean_deg": 8.0},
            {"sagittal_mean_deg": 12.0},
            {"sagittal_mean_deg": 20.0},
            {},
        )
    ]
    journal = [Practice(START, "plank", "sharp")]
    page = physio_page([day(i) for i in range(28)], marks, journal)
    for part in (safety.ABOUT, *safety.LIMITS, *safety.RED_FLAGS, "88 %", "How it is measured"):
        assert part in page
    assert "8 to 20 degrees, 12 in the middle (3 marks" in page
    assert "ended with sharp pain: 1" in page
    assert "simulated" in physio_page([day(0)], [], [], simulated=True)


@pytest.mark.parametrize(
    "word", ["legs", "bladder", "weakness", "fall", "fever", "weight loss", "urgent"]
)
def test_the_red_flag_notice_is_complete(word):
    assert word in safety.red_flag_notice()
