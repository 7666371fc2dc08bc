"""The simulated weeks behind the demo."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import closing
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ingest.records import TOTAL_KEYS
from monitor.drills.journal import journal_of
from monitor.kinds import EVENT_KINDS
from monitor.nudge import NudgeInputs, decide
from tui.wiring.demo_past import PAST_DAYS, make_past
from tui.wiring.simulated import demo_household, demo_start_s

VIENNA = ZoneInfo("Europe/Vienna")
NOW_S = dt.datetime(2026, 11, 21, 3, tzinfo=VIENNA).timestamp()  # a Saturday night


@pytest.fixture
def home(tmp_path):
    home = demo_household(tmp_path, zone=VIENNA)
    start_s = demo_start_s(NOW_S, VIENNA)
    make_past(home, before_s=start_s, until_s=start_s - 1800, seed=7)
    return home


def test_the_demo_starts_on_a_working_morning():
    start = dt.datetime.fromtimestamp(demo_start_s(NOW_S, VIENNA), VIENNA)
    assert (start.weekday(), start.hour) == (4, 10)
    assert start.timestamp() <= NOW_S


def test_every_working_day_of_four_weeks_was_worn_and_adds_up(home):
    today = dt.date(2026, 11, 20)
    with closing(home.open_history()) as history:
        days = history.days(today, PAST_DAYS + 1)
    working = [day for day in days if day.date.weekday() < 5]
    assert all(day.totals.worn_s > 0 for day in working)
    assert all(day.breaks >= 1 for day in working[:-1])
    for day in days:
        assert sum(day.totals.seconds.values()) == day.totals.to_s - day.totals.from_s
        assert set(day.totals.seconds) == set(TOTAL_KEYS)


def test_every_past_event_keeps_to_its_kind_and_every_nudge_recomputes(home):
    with closing(home.open_history()) as history:
        events = history.events(0, 2_000_000_000)
    kinds = {stored.event.kind for stored in events}
    assert kinds == {"break", "nudge", "response", "drill"}
    for stored in events:
        assert EVENT_KINDS[stored.event.kind].violation(stored.event.data) is None
        if stored.event.kind == "nudge":
            data = {k: stored.event.data[k] for k in NudgeInputs.__struct_fields__}
            verdict = decide(msgspec.convert(data, NudgeInputs))
            assert (verdict.prompts, verdict.rung) == (True, stored.event.data["rung"])


def test_drills_were_done_on_most_working_days_while_the_wearer_was_up(home):
    with closing(home.open_history()) as history:
        events = [stored.event for stored in history.events(0, 2_000_000_000, ("drill",))]
        bouts = history.bouts(0, 2_000_000_000)
    journal = journal_of(events, VIENNA)
    assert 10 <= len({entry.day for entry in journal}) <= PAST_DAYS
    assert {entry.rating for entry in journal} == {"fine", "mild"}
    for event in events:
        during = [b for b in bouts if b.start_ms <= event.data["start_s"] * 1000 < b.end_ms]
        assert [b.state in ("standing", "moving") for b in during] == [True]
        assert event.t_ms <= during[0].end_ms


def test_it_takes_no_longer_than_a_person_waits(tmp_path):
    home = demo_household(tmp_path, zone=VIENNA)
    start_s = demo_start_s(NOW_S, VIENNA)
    began = time.process_time()
    make_past(home, before_s=start_s, until_s=start_s, seed=1)
    assert time.process_time() - began <= 3.0
