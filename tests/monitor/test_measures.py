"""Trends, the baseline proposal, holidays, and half-days read from a real store."""

from __future__ import annotations

import json
import random
import sys
import types
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ingest.past.export import export_rows
from ingest.past.export_tables import TABLES
from ingest.past.history import History
from ingest.records import Bout, Event
from ingest.records import PostureState as P
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore
from monitor.baseline import propose
from monitor.drills.journal import Practice, journal_of
from monitor.drills.trend import trend
from monitor.experiment import Experiment
from monitor.goals import pro_rata_h, up_goal_h
from monitor.holidays import holiday_rule
from monitor.trials import half_days

START = date(2026, 3, 2)
BERLIN = ZoneInfo("Europe/Berlin")


def sessions(slope_per_week: float, *, n: int, seed: int, first: float = 0.0):
    rng = random.Random(seed)
    days = [START + timedelta(days=2 * i) for i in range(n)]
    values = [5 + slope_per_week * 2 * i / 7 + rng.gauss(0, 0.3) for i in range(n)]
    values[0] += first
    return list(zip(days, values, strict=True))


def test_a_known_improvement_is_recovered_and_the_first_session_named_apart():
    found = trend(sessions(-0.5, n=20, seed=1, first=3))
    assert found is not None and found.says == "getting smaller"
    assert found.low <= -0.5 <= found.high
    assert abs(found.per_week + 0.5) < 0.15
    assert found.practice_effect < -2


def test_noise_is_no_progress():
    verdicts = [trend(sessions(0, n=20, seed=seed)).says for seed in range(200)]
    assert sum(says != "no clear change" for says in verdicts) <= 16


def test_few_sessions_say_nothing():
    assert trend(sessions(0, n=1, seed=1)) is None
    assert trend(sessions(-1, n=5, seed=1)).says == "not enough sessions yet"


@pytest.mark.parametrize(
    ("bouts_min", "nudge_min"),
    [
        ([10, 20, 30, 40, 50, 60], 45),
        ([10, 12, 24, 26, 30, 30], 30),
        ([6, 7, 8, 9, 10], 20),
        ([1, 2, 3, 4, 60, 61], None),
    ],
)
def test_the_baseline_day_proposes_and_sets_nothing(bouts_min, nudge_min):
    proposal = propose([60.0 * minutes for minutes in bouts_min])
    assert (None if proposal is None else proposal.nudge_min) == nudge_min


def test_holidays_come_from_the_package_where_it_is_installed(monkeypatch, caplog):
    assert not holiday_rule("")(START)
    monkeypatch.setitem(sys.modules, "holidays", None)
    assert not holiday_rule("DE")(START)
    assert "pip install" in caplog.text
    asked = []

    def country_holidays(country, subdiv=None):
        asked.append((country, subdiv))
        if country == "XX":
            raise NotImplementedError("no such country")
        return {START: "Founders' day"}

    package = types.SimpleNamespace(country_holidays=country_holidays)
    monkeypatch.setitem(sys.modules, "holidays", package)
    rule = holiday_rule("DE-BY")
    assert rule(START) and not rule(START + timedelta(days=1))
    assert not holiday_rule("XX")(START)
    assert asked == [("DE", "BY"), ("XX", None)]


def test_half_days_are_read_from_the_history(tmp_path, second):
    store = SqliteStore(tmp_path / "h.sqlite")
    noon = int(datetime(2026, 3, 2, 12, tzinfo=BERLIN).timestamp())
    store.write([Entry("me", second(noon - 7200 + i, P.SITTING)) for i in range(9000)])
    spans = [(noon - 7200, noon - 3600), (noon - 3000, noon + 600), (noon + 900, noon + 1800)]
    bouts = [
        Bout(start_ms=a * 1000, end_ms=b * 1000, session=1, state=P.SITTING, rule="r")
        for a, b in spans
    ]
    store.write([Entry("me", bout) for bout in bouts])
    history = History(store, wearer="me", timezone=BERLIN)
    experiment = Experiment("e", "nudge_min", ("30", "20"), START, 10)
    morning, afternoon, *rest = half_days(history, experiment, START + timedelta(days=2), BERLIN)
    history.close()
    assert (morning.half, morning.worn_h, morning.long_sitting_min) == ("am", 2.0, 110.0)
    assert (afternoon.half, afternoon.worn_h, afternoon.long_sitting_min) == ("pm", 0.5, 10.0)
    assert [half.worn_h for half in rest] == [0, 0]


def test_rule_13_the_journal_outlives_a_restart_and_is_exported(tmp_path):
    now_s = int(datetime(2026, 3, 2, 12, tzinfo=BERLIN).timestamp())
    data = {
        "drill": "plank", "now_s": float(now_s), "start_s": now_s - 60.0, "duration_s": 30.0,
        "hold_s": 29.5, "sets": 1, "rating": "mild", "note": "after lunch",
    }  # fmt: skip
    done = Event(kind="drill", t_ms=now_s * 1000, data=data)
    store = SqliteStore(tmp_path / "h.sqlite")
    store.write([Entry("me", done, event_id="a" * 32)])
    store.close()
    again = SqliteStore(tmp_path / "h.sqlite")
    window = (now_s - 3600, now_s + 3600)
    events = [item.event for item in History(again, wearer="me", timezone=BERLIN).events(*window)]
    assert journal_of(events, BERLIN) == (Practice(START, "plank", "mild"),)
    rows = export_rows(again, TABLES["events"], wearer="me", position="lumbar", window=window)
    assert [json.loads(row[-1]) for row in rows] == [data]
    again.close()


def test_the_up_time_goal_rises_by_a_tenth_a_week_from_two_to_four_hours():
    assert up_goal_h([]) == 2
    assert up_goal_h([1.5, 1.9]) == 2
    assert up_goal_h([2.0, 2.0]) == pytest.approx(2.2)
    assert up_goal_h([5.0] * 30) == 4
    goals = [up_goal_h([5.0] * weeks) for weeks in range(12)]
    assert all(b <= 1.1 * a + 1e-9 for a, b in pairwise(goals))
    assert pro_rata_h(2.0, 4.0) == 1.0 and pro_rata_h(2.0, 11.0) == 2.0
