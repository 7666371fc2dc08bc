"""What people ask of the past: local days, also where clocks change."""

from __future__ import annotations

import datetime as dt
import time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ingest.past.history import History, local_day
from ingest.records import NO_DATA, PostureState
from ingest.store.base import Entry
from ingest.store.minutes import Minute
from ingest.store.sqlite import SqliteStore

BERLIN = ZoneInfo("Europe/Berlin")


def utc_s(*fields, zone=BERLIN):
    return int(dt.datetime(*fields, tzinfo=zone).timestamp())


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore(tmp_path / "history.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def history(store):
    return History(store, wearer="ada", timezone=BERLIN)


@pytest.mark.parametrize(
    ("zone", "date", "hours", "cells"),
    [
        ("Europe/Berlin", dt.date(2026, 1, 5), 24, 288),
        ("Europe/Berlin", dt.date(2026, 3, 29), 23, 276),
        ("Europe/Berlin", dt.date(2026, 10, 25), 25, 300),
        ("America/Santiago", dt.date(2026, 9, 6), 23, 276),  # clocks jump over midnight
        ("Australia/Lord_Howe", dt.date(2026, 4, 5), 24.5, 294),
        ("Asia/Kathmandu", dt.date(2026, 1, 5), 24, 288),
    ],
)
def test_a_local_day_is_as_long_as_the_clocks_make_it(store, zone, date, hours, cells):
    day = History(store, wearer="ada", timezone=ZoneInfo(zone)).day(date)
    assert day.totals.to_s - day.totals.from_s == hours * 3600
    assert day.totals.seconds[NO_DATA] == hours * 3600
    assert len(day.cells) == cells
    assert (day.cells[0].from_s, day.cells[-1].to_s) == (day.totals.from_s, day.totals.to_s)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Pacific/Apia"])
def test_days_of_a_year_adjoin(zone):
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=i) for i in range(365)]
    windows = [local_day(day, ZoneInfo(zone)) for day in days]
    assert all(a[1] == b[0] for a, b in pairwise(windows))


def test_a_bout_across_midnight_counts_in_each_day_for_its_part(store, history, records):
    bout = records.bout(utc_s(2026, 1, 5, 23, 50), utc_s(2026, 1, 6, 0, 40))
    short = records.bout(utc_s(2026, 1, 6, 9), utc_s(2026, 1, 6, 9, 30))  # not over half an hour
    standing = records.bout(utc_s(2026, 1, 6, 10), utc_s(2026, 1, 6, 12), PostureState.STANDING)
    store.write(records.entries([bout, short, standing]))
    before, after = history.day(dt.date(2026, 1, 5)), history.day(dt.date(2026, 1, 6))
    assert (before.longest_sitting_s, before.long_sitting_s) == (600, 600)
    assert (after.longest_sitting_s, after.long_sitting_s) == (2400, 2400)
    assert after.mean_sitting_s == (2400 + 1800) / 2
    assert after.bouts == [bout, short, standing]
    summaries = history.days(dt.date(2026, 1, 7), 3)
    assert [s.long_sitting_s for s in summaries] == [600, 2400, 0]
    assert [s.longest_sitting_s for s in summaries] == [600, 2400, 0]


def test_cells_add_up_to_the_day_and_days_to_the_span(store, history, records):
    from_s = utc_s(2026, 10, 24, 20)
    store.write(records.entries(records.seconds(from_s, from_s + 9 * 3600)))
    day = history.day(dt.date(2026, 10, 25))
    for key in day.totals.seconds:
        assert sum(cell.seconds[key] for cell in day.cells) == day.totals.seconds[key]
    summaries = history.days(dt.date(2026, 10, 26), 4)
    assert sum(s.totals.seconds["sitting"] for s in summaries) == 9 * 3600
    assert [s.date.day for s in summaries] == [23, 24, 25, 26]


def test_nudges_and_breaks_are_counted_on_their_local_day(store, history, records):
    late = records.event(1)
    store.write([late, records.event(2, "break"), records.event(3, "break"), records.event(4)])
    [summary] = history.days(dt.date(2026, 1, 5), 1)
    assert (summary.nudges, summary.breaks) == (2, 2)
    assert [e.event.kind for e in history.day(summary.date).events] == [
        "nudge",
        "break",
        "break",
        "nudge",
    ]


def test_trace_gives_the_single_seconds(store, history, records):
    written = records.seconds(records.start_s, records.start_s + 30)
    store.write(records.entries(written))
    assert history.trace(records.start_s + 10, records.start_s + 20) == written[10:20]


def test_no_days_is_an_empty_list(history):
    assert history.days(dt.date(2026, 1, 5), 0) == []


def test_views_of_a_long_history_are_quick(store, history, records):
    start = utc_s(2025, 1, 6, 8) // 60 * 60
    minutes = [
        Minute(wearer="ada", t_s=start + day * 86_400 + i * 60, sitting=40, moving=20)
        for day in range(365)
        for i in range(0, 600, 4)
    ]
    store.load_minutes(minutes)
    bouts = [
        Entry(
            "ada",
            records.bout(start + day * 86_400 + i * 900, start + day * 86_400 + i * 900 + 800),
        )
        for day in range(365)
        for i in range(32)
    ]
    store.write(bouts)
    last = dt.date(2026, 1, 5)
    started = time.process_time()
    history.day(last)
    history.days(last, 7)
    history.days(last, 28)
    assert time.process_time() - started < 3 * 0.1  # the goal for each of the three
