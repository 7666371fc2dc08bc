"""The wearer says what it was, and the store then says so too."""

import contextlib

import pytest
from msgspec.structs import replace

from ingest.messages import RevisionMessage
from ingest.past.correction import (
    MAX_LENGTH_S,
    RULE,
    RefusedError,
    Wish,
    correct,
    whole_bouts,
    wish_of,
)
from ingest.records import Bout, PostureState
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore
from ingest.store.sqlite_care import compact

FROM_S = 1_700_000_000


@pytest.fixture
def store(tmp_path, second):
    opened = SqliteStore(tmp_path / "history.sqlite")
    opened.write([Entry("w1", second(n)) for n in range(600)])
    sitting = Bout(
        start_ms=FROM_S * 1000,
        end_ms=(FROM_S + 600) * 1000,
        session=FROM_S * 1000,
        state=PostureState.SITTING,
        rule="r1",
    )
    opened.write([Entry("w1", sitting)])
    with contextlib.closing(opened):
        yield opened


def wish(from_n, to_n, state=PostureState.STANDING):
    return Wish(FROM_S + from_n, FROM_S + to_n, state)


def store_revision(store, revision):
    fields = {name: getattr(revision, name) for name in revision.__struct_fields__}
    message = RevisionMessage(origin="o", epoch="e", seq=1, **fields)
    store.write([Entry("w1", message)])


def test_a_corrected_stretch_has_the_new_state_and_the_rest_keeps_its_own(store, second):
    store_revision(store, correct(store, "w1", "lumbar", wish(200, 400), rev=1))
    kept = store.seconds("w1", "lumbar", (FROM_S, FROM_S + 600))
    states = [str(s.state) for s in kept]
    assert states == ["sitting"] * 200 + ["standing"] * 200 + ["sitting"] * 200
    assert {s.rule for s in kept[200:400]} == {RULE}
    assert kept[100] == second(100)


def test_the_bouts_follow_and_none_is_left_cut(store):
    store_revision(store, correct(store, "w1", "lumbar", wish(200, 400), rev=1))
    bouts = store.bouts("w1", "lumbar", (FROM_S, FROM_S + 600))
    spans = [(b.start_ms // 1000 - FROM_S, b.end_ms // 1000 - FROM_S, str(b.state)) for b in bouts]
    assert spans == [(0, 200, "sitting"), (200, 400, "standing"), (400, 600, "sitting")]


def test_a_window_is_widened_to_whole_seconds_around_whole_bouts():
    bout = Bout(start_ms=1500, end_ms=9500, session=1, state=PostureState.SITTING, rule="r1")
    assert whole_bouts([bout], (5, 7)) == (1, 10)
    assert whole_bouts([bout], (0, 20)) == (0, 20)
    assert whole_bouts([], (5, 7)) == (5, 7)


def test_what_was_measured_stays(store, second):
    revision = correct(store, "w1", "lumbar", wish(0, 600), rev=1)
    changed = {"state", "confidence", "rule"}
    for n, judged in enumerate(revision.seconds):
        for name in set(judged.__struct_fields__) - changed:
            assert getattr(judged, name) == getattr(second(n), name)


def test_nothing_can_be_said_of_a_time_without_measurement(store):
    with pytest.raises(RefusedError, match="nothing was measured"):
        correct(store, "w1", "lumbar", wish(5000, 5100), rev=1)


def test_minutes_that_are_kept_without_seconds_are_not_forgotten_for_a_correction(store, tmp_path):
    hour_s = FROM_S // 3600 * 3600 + 3600
    long = Bout(
        start_ms=FROM_S * 1000,
        end_ms=(hour_s + 600) * 1000,
        session=FROM_S * 1000,
        state=PostureState.SITTING,
        rule="r1",
    )
    store.write([Entry("w1", long)])
    store.write([Entry("w1", replace(s, t_s=hour_s + n)) for n, s in enumerate(seconds_of(store))])
    compact(tmp_path / "history.sqlite", hour_s)
    wished = Wish(hour_s + 100, hour_s + 200, PostureState.STANDING)
    with pytest.raises(RefusedError, match="no longer kept"):
        correct(store, "w1", "lumbar", wished, rev=1)


def seconds_of(store):
    return store.seconds("w1", "lumbar", (FROM_S, FROM_S + 600))


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({"from_s": 10, "to_s": 10, "state": "sitting"}, "before"),
        ({"from_s": True, "to_s": 10, "state": "sitting"}, "whole seconds"),
        ({"to_s": 10, "state": "sitting"}, "whole seconds"),
        ({"from_s": 0, "to_s": MAX_LENGTH_S + 1, "state": "sitting"}, "twelve hours"),
        ({"from_s": 10, "to_s": 99_990, "state": "sitting"}, "twelve hours"),
        ({"from_s": 99_000, "to_s": 100_001, "state": "sitting"}, "not all stored"),
        ({"from_s": 10, "to_s": 20, "state": "no_data"}, "a state is one of"),
        ({"from_s": 10, "to_s": 20}, "a state is one of"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_with_the_reason(args, why):
    with pytest.raises(RefusedError, match=why):
        wish_of(args, stored_until_s=100_000)


def test_a_wish_is_taken_as_it_was_said():
    args = {"from_s": 10, "to_s": 20, "state": "lying"}
    assert wish_of(args, stored_until_s=20) == Wish(10, 20, PostureState.LYING)
