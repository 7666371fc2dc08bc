"""Sitting credit as a table, and the run form against the streaming form."""

import random

import pytest

from ingest.records import PostureState as P
from monitor.body import sitting_params
from monitor.credit import Ledger, paid_share
from monitor.settings import NudgeSettings


@pytest.mark.parametrize(
    ("relief_s", "share"),
    [(0, 0), (59, 0), (60, 0.5), (90, 0.5), (120, 0.5), (210, 0.75), (300, 1), (4000, 1)],
)
def test_a_break_pays_back_in_grades(relief_s, share):
    assert paid_share(relief_s, half_s=60, full_s=300) == share


def ledger() -> Ledger:
    return Ledger(sitting_params(NudgeSettings()))


@pytest.mark.parametrize(
    ("story", "load_s"),
    [
        ([(P.SITTING, 1200)], 1200),
        ([(P.SITTING, 1200), (P.STANDING, 59), (P.SITTING, 30)], 1230),
        ([(P.SITTING, 1200), (P.STANDING, 60), (P.SITTING, 30)], 630),
        ([(P.SITTING, 1200), (P.MOVING, 30), (P.STANDING, 30), (P.SITTING, 30)], 630),
        ([(P.SITTING, 1200), (P.MOVING, 210), (P.SITTING, 30)], 330),
        ([(P.SITTING, 1200), (P.MOVING, 300), (P.SITTING, 30)], 30),
        # coming back from a short break after a very long bout leaves half of the nudge's 30 min
        ([(P.SITTING, 7200), (P.STANDING, 61), (P.SITTING, 30)], 930),
        # 20 s on the chair inside a break do not end it; 21 s do
        ([(P.SITTING, 1200), (P.STANDING, 50), (P.SITTING, 20), (P.STANDING, 10)], 620),
        ([(P.SITTING, 1200), (P.STANDING, 50), (P.SITTING, 21), (P.STANDING, 10)], 1221),
        # neither sitting nor break
        ([(P.SITTING, 1200), (P.UNKNOWN, 900), (P.OFF_BODY, 900), (P.LYING, 900)], 1200),
        ([(P.SITTING, 1200), (None, 1800), (P.SITTING, 10)], 1210),
        # an hour without any sitting starts afresh
        ([(P.SITTING, 1200), (None, 3590), (P.SITTING, 10)], 1210),
        ([(P.SITTING, 1200), (None, 3610), (P.SITTING, 10)], 10),
        ([(P.SITTING, 1200), (P.LYING, 3700), (P.SITTING, 10)], 10),
    ],
)
def test_the_load_after_a_story(story, load_s):
    book, now_s = ledger(), 1000
    for state, seconds in story:
        for t_s in range(now_s, now_s + seconds):
            if state is not None:
                book.feed(t_s, state)
        now_s += seconds
    assert book.load_s == load_s


def test_a_run_counts_like_its_seconds():
    rng = random.Random(4)
    for _ in range(60):
        runs, streamed, now_s = ledger(), ledger(), 0
        for _ in range(25):
            state, n = rng.choice([*P, None]), rng.choice([5, 19, 21, 59, 61, 130, 300, 900, 3700])
            if state is not None:
                once = runs.feed(now_s, state, seconds=n)
                each = [streamed.feed(t, state) for t in range(now_s, now_s + n)]
                ends = [(c.end_s, c.relief_s, c.share) for c in each if c]
                assert ends == ([(once.end_s, once.relief_s, once.share)] if once else [])
                assert runs.load_s == pytest.approx(streamed.load_s)
            now_s += n


def test_a_late_or_doubled_second_changes_nothing():
    book = ledger()
    for t_s in (*range(100), 50, 99, 3):
        book.feed(t_s, P.SITTING)
    assert book.load_s == 100
