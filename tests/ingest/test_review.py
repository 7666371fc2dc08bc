"""A day that is over is judged again from the store alone, once, and no second is lost."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

import ingest.past.review
from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.mqtt import MqttClient
from ingest.delivery.publisher import Publisher
from ingest.delivery.recorder import Recorder
from ingest.errors import StoreUnavailableError
from ingest.event_kinds import EVENT_KINDS
from ingest.measurement.pipeline import Pipeline
from ingest.messages import RevisionMessage
from ingest.past.correction import Wish, correct
from ingest.past.history import History
from ingest.past.review import DailyReview
from ingest.records import Bout, Event, PostureState, Record, Revision, Second
from ingest.store.base import Entry
from ingest.store.minutes import Minute
from ingest.store.sqlite import SqliteStore
from sensor.sample import ImuBatch
from sensor.virtual.day import PERSONAS, SimulatedDay, random_day

BERLIN = ZoneInfo("Europe/Berlin")
CHANGE = dt.date(2023, 10, 29)  # the clocks go back: a day of 25 hours
START_S = int(dt.datetime(2023, 10, 29, 9, tzinfo=BERLIN).timestamp())
LATER_S = float(START_S + 2 * 86_400)


@pytest.fixture(scope="module")
def heard() -> tuple[SimulatedDay, list[Record]]:
    wearer = PERSONAS["upright"]
    day = SimulatedDay(
        random_day(1.0, seed=21, persona=wearer), seed=21, persona=wearer, start_s=START_S
    )
    pipeline = Pipeline(session_ms=1, live_trace=False)
    records: list[Record] = []
    for batch in day.batches(25):
        if isinstance(batch, ImuBatch):
            records += pipeline.feed(batch).records
    return day, [*records, *pipeline.finish().records]


@pytest.fixture
def store(tmp_path: Path, heard: tuple[SimulatedDay, list[Record]]) -> Iterator[SqliteStore]:
    with contextlib.closing(SqliteStore(tmp_path / "history.sqlite")) as opened:
        opened.write(
            [
                Entry("w1", record, event_id=str(n) if isinstance(record, Event) else None)
                for n, record in enumerate(heard[1])
            ]
        )
        yield opened


@pytest.fixture
def review() -> DailyReview:
    return reviewer()


def reviewer(first: int = 10) -> DailyReview:
    numbers = iter(range(first, first + 100))
    return DailyReview(wearer="w1", timezone=BERLIN, rev=lambda: next(numbers))


class Calendar:
    """Says when everything is stored, and knows when the reviewer is through with a round."""

    def __init__(self) -> None:
        self.looks = 0
        self.looked_twice = asyncio.Event()

    def look(self) -> float:
        self.looks += 1
        if self.looks == 2:
            self.looked_twice.set()
        return LATER_S


def publish(store: SqliteStore, revisions: list[Revision]) -> None:
    for revision in revisions:
        fields = {name: getattr(revision, name) for name in revision.__struct_fields__}
        store.write([Entry("w1", RevisionMessage(origin="o", epoch="e", seq=1, **fields))])


def kept(store: SqliteStore) -> list[Second]:
    return store.seconds("w1", "lumbar", (START_S - 86_400, START_S + 86_400))


def right(day: SimulatedDay, seconds: list[Second]) -> int:
    truth = {
        t: segment.state
        for segment in day.truth
        for t in range(round(segment.from_s), round(segment.to_s))
    }
    return sum(truth.get(s.t_s) == s.state for s in seconds)


def test_a_day_judged_again_is_no_worse_and_adds_up(
    store: SqliteStore, review: DailyReview, heard: tuple[SimulatedDay, list[Record]]
) -> None:
    before = kept(store)
    revisions = review.judge(store, CHANGE, LATER_S)
    assert len(revisions) == 1
    publish(store, revisions)
    after = kept(store)
    assert [s.t_s for s in after] == [s.t_s for s in before]
    assert right(heard[0], after) >= right(heard[0], before)
    day = History(store, wearer="w1", timezone=BERLIN).day(CHANGE)
    assert sum(day.totals.seconds.values()) == 25 * 3600
    ends: list[Bout] = day.bouts
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(ends))


def test_a_day_is_judged_once_even_after_a_restart(store: SqliteStore, review: DailyReview) -> None:
    publish(store, review.judge(store, CHANGE, LATER_S))
    assert CHANGE not in review.due(LATER_S)
    assert CHANGE in reviewer().due(LATER_S)
    assert reviewer(50).judge(store, CHANGE, LATER_S) == []


def test_a_day_that_could_not_be_read_is_tried_again(
    store: SqliteStore, review: DailyReview, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> list[Second]:
        raise StoreUnavailableError("the disk is away", "wait")

    with monkeypatch.context() as away:
        away.setattr(store, "seconds", gone)
        with pytest.raises(StoreUnavailableError):
            review.judge(store, CHANGE, LATER_S)
    assert CHANGE in review.due(LATER_S)
    assert review.judge(store, CHANGE, LATER_S) != []


async def test_a_day_is_judged_again_through_outbox_broker_and_recorder_once(
    store: SqliteStore, open_outbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ingest.past.review, "LOOK_EVERY_S", 0.01)
    before, outbox = kept(store), open_outbox()
    opened = partial(SqliteStore, store.path, read_only=True)
    async with (
        EmbeddedBroker(token="t" * 32) as broker,
        Recorder(
            broker.connection,
            lambda: SqliteStore(store.path),
            EVENT_KINDS,
            name="r1",
            dead_letters=tmp_path / "dead.jsonl",
        ) as recorder,
        MqttClient(broker.connection, client_id="gateway") as mqtt,
        asyncio.timeout(60),
    ):
        assert await mqtt.wait_connected(30)
        publisher = Publisher(outbox, mqtt, wearer="w1")
        for reviewed in (reviewer(), reviewer(50)):  # the second as after a restart
            numbered, calendar = outbox.last_seq, Calendar()
            helpers = [
                asyncio.create_task(publisher.run()),
                asyncio.create_task(reviewed.run(opened, calendar.look, outbox.append)),
            ]
            await calendar.looked_twice.wait()
            await publisher.drained()
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        assert outbox.last_seq == numbered
        assert recorder.stats.dead_letters == 0
    after = kept(store)
    assert [s.t_s for s in after] == [s.t_s for s in before]
    assert {s.rule for s in after} == {"r1h"}
    day = History(store, wearer="w1", timezone=BERLIN).day(CHANGE)
    assert sum(day.totals.seconds.values()) == 25 * 3600


def test_only_days_that_are_over_and_stored_are_due(review: DailyReview) -> None:
    midnight_s = dt.datetime(2023, 10, 30, tzinfo=BERLIN).timestamp()
    assert CHANGE not in review.due(midnight_s - 1)
    assert review.due(midnight_s)[-1] == CHANGE


def test_what_the_wearer_said_stays_and_has_the_day_judged_again(
    store: SqliteStore, review: DailyReview
) -> None:
    publish(store, review.judge(store, CHANGE, LATER_S))
    wish = Wish(START_S + 600, START_S + 900, PostureState.LYING)
    publish(store, [correct(store, "w1", "lumbar", wish, rev=30)])
    again = reviewer(40)
    again.corrected((wish.from_s, wish.to_s))
    assert CHANGE in again.due(LATER_S)
    publish(store, again.judge(store, CHANGE, LATER_S))
    assert CHANGE not in again.due(LATER_S)
    said = [s for s in kept(store) if wish.from_s <= s.t_s < wish.to_s]
    assert {(s.state, s.rule) for s in said} == {(PostureState.LYING, "wearer")}


def test_a_correction_of_all_that_is_known_has_the_day_judged_again_too(
    store: SqliteStore, review: DailyReview
) -> None:
    publish(store, review.judge(store, CHANGE, LATER_S))
    judged = kept(store)
    wish = Wish(judged[0].t_s, judged[-1].t_s + 1, PostureState.LYING)
    publish(store, [correct(store, "w1", "lumbar", wish, rev=30)])
    assert review.judge(store, CHANGE, LATER_S) == []  # nobody asked
    review.corrected((wish.from_s, wish.to_s))
    assert len(review.judge(store, CHANGE, LATER_S)) == 1


def test_a_day_under_a_calibration_that_is_not_kept_is_left_alone(
    tmp_path: Path, heard: tuple[SimulatedDay, list[Record]], review: DailyReview
) -> None:
    with contextlib.closing(SqliteStore(tmp_path / "other.sqlite")) as bare:
        bare.write([Entry("w1", r) for r in heard[1] if not isinstance(r, Event)])
        elsewhere = [replace(r, position="t12") for r in heard[1] if isinstance(r, Event)]
        bare.write([Entry("w1", r, event_id=str(n)) for n, r in enumerate(elsewhere)])
        assert review.judge(bare, CHANGE, LATER_S) == []


def test_a_day_of_which_a_part_is_kept_in_minutes_only_is_left_alone(
    store: SqliteStore, review: DailyReview
) -> None:
    store.load_minutes([Minute(wearer="w1", t_s=START_S - 60, sitting=60)])
    assert review.judge(store, CHANGE, LATER_S) == []


def test_a_bout_over_midnight_keeps_the_day_waiting_until_it_has_ended(
    tmp_path: Path, second, review: DailyReview
) -> None:
    midnight_s = int(dt.datetime(2023, 10, 30, tzinfo=BERLIN).timestamp())
    with contextlib.closing(SqliteStore(tmp_path / "night.sqlite")) as night:
        night.write(
            [Entry("w1", second(0, t_s=t)) for t in range(midnight_s - 60, midnight_s + 60)]
        )
        assert review.judge(night, CHANGE, midnight_s + 600.0) == []
        assert CHANGE in review.due(midnight_s + 600.0)
        assert review.judge(night, CHANGE, midnight_s + 13 * 3600.0) != []


def test_a_day_that_ends_in_silence_waits_for_no_bout(
    tmp_path: Path, second, review: DailyReview
) -> None:
    midnight_s = int(dt.datetime(2023, 10, 30, tzinfo=BERLIN).timestamp())
    with contextlib.closing(SqliteStore(tmp_path / "night.sqlite")) as night:
        night.write([Entry("w1", second(0, t_s=t)) for t in range(midnight_s - 60, midnight_s)])
        assert review.judge(night, CHANGE, midnight_s + 600.0) != []
