"""What the strap kept during a link loss becomes part of the history, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from ingest.measurement.pipeline import Pipeline
from ingest.messages import RevisionMessage
from ingest.output import Output
from ingest.past.backfill import AFTERMATH_S, MOST_GAPS, PATIENCE_S, Backfill, mended
from ingest.past.correction import Wish, correct
from ingest.records import NO_DATA, Bout, PostureState, Record, Revision, Second
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore
from sensor.sample import ImuBatch
from sensor.virtual.day import SimulatedDay, Step

START_S = 1_700_000_000.0
SESSION_MS = round(START_S * 1000)
LATE_AFTER_S = 2.0  # the strap sends new samples first
DAY = (
    Step("stand", 40.0),
    Step("sit", 300.0),
    Step("stand", 60.0),
    Step("walk", 40.0),
    Step("sit", 240.0),
    Step("walk", 60.0),
)


def day_batches() -> list[ImuBatch]:
    day = SimulatedDay(DAY, seed=3, start_s=START_S)
    return [item for item in day.batches(10) if isinstance(item, ImuBatch)]


def split(
    batches: Sequence[ImuBatch], from_s: float, to_s: float
) -> tuple[list[ImuBatch], list[ImuBatch]]:
    """Return the live batches, the first after the loss announcing it, and those that are late."""
    late = [replace(b, backfill=True) for b in batches if from_s <= b.t[0] - START_S < to_s]
    live = [b for b in batches if not from_s <= b.t[0] - START_S < to_s]
    lost = sum(map(len, late))
    first = next(i for i, b in enumerate(live) if b.t[0] - START_S >= to_s)
    live[first] = replace(live[first], lost=lost)
    return live, late


class Told:
    """Runs a live pipeline with its backfill as a session does, second by second."""

    def __init__(self, live: Sequence[ImuBatch], late: Sequence[ImuBatch], to_s: float) -> None:
        self.records: list[Record] = []
        self.revisions: list[Revision] = []
        self.backfill = Backfill("lumbar")
        pipeline = Pipeline(session_ms=SESSION_MS, live_trace=False)
        arrivals = [(float(b.t[-1]), b) for b in live]
        arrivals += [(START_S + to_s + LATE_AFTER_S + i * 1e-3, b) for i, b in enumerate(late)]
        tick_s = START_S
        for at_s, batch in sorted(arrivals, key=lambda pair: pair[0]):
            while tick_s + 1 < at_s:
                tick_s += 1
                self._tick(pipeline, tick_s)
            if batch.backfill:
                self.backfill.late(batch, at_s)
                continue
            self.backfill.live(batch, pipeline)
            self._take(pipeline.feed(batch).records)
        self._take(pipeline.finish().records)
        self.end_s = tick_s

    def _tick(self, pipeline: Pipeline, now_s: float) -> None:
        self.backfill.advancing(now_s, pipeline)
        self._take(pipeline.advance(now_s).records)
        self.revisions += self.backfill.take(now_s, 1 + len(self.revisions))

    def _take(self, records: Sequence[Record]) -> None:
        self.records += records
        self.backfill.recorded(records)


def alone(batches: Sequence[ImuBatch]) -> list[Record]:
    pipeline = Pipeline(session_ms=SESSION_MS, live_trace=False)
    records = [r for b in batches for r in pipeline.feed(b).records]
    return [*records, *pipeline.finish().records]


def seconds(records: Sequence[Record]) -> dict[int, Second]:
    return {r.t_s: r for r in records if isinstance(r, Second)}


def bouts(records: Sequence[Record]) -> list[Bout]:
    return [r for r in records if isinstance(r, Bout)]


@pytest.fixture(scope="module")
def batches() -> list[ImuBatch]:
    return day_batches()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "history.sqlite")
    yield made
    made.close()


def keep(store: SqliteStore, told: Told, *, mend: bool) -> None:
    lasting = [r for r in told.records if isinstance(r, Second | Bout)]
    store.write([Entry("w", r, None) for r in lasting])
    store.write([Entry("w", message(r), None) for r in told.revisions])
    for window in told.backfill.take_whole(told.end_s + 1e9) if mend else ():
        revision = mended(store, "w", "lumbar", window, rev=100)
        if revision is not None:
            store.write([Entry("w", message(revision), None)])


def message(revision: Revision) -> RevisionMessage:
    fields = {name: getattr(revision, name) for name in revision.__struct_fields__}
    return RevisionMessage(origin="o", epoch="e", seq=1, **fields)


def test_late_samples_change_no_live_record(batches: list[ImuBatch]):
    live, late = split(batches, 120.0, 220.0)
    assert Told(live, late, 220.0).records == Told(live, [], 220.0).records


@pytest.mark.parametrize(("from_s", "to_s"), [(120.0, 220.0), (100.3, 130.7), (330.0, 450.0)])
def test_one_revision_holds_exactly_the_seconds_that_were_missed(
    batches: list[ImuBatch], from_s: float, to_s: float
):
    live, late = split(batches, from_s, to_s)
    told = Told(live, late, to_s)
    (revision,) = told.revisions
    known = seconds(told.records)
    assert not known.keys() & {s.t_s for s in revision.seconds}
    everything = sorted([*known, *(s.t_s for s in revision.seconds)])
    assert everything == list(range(everything[0], everything[-1] + 1))


@pytest.mark.parametrize(("from_s", "to_s"), [(120.0, 220.0), (330.0, 450.0)])
def test_the_gap_is_judged_as_if_it_had_never_been(
    batches: list[ImuBatch], from_s: float, to_s: float
):
    live, late = split(batches, from_s, to_s)
    (revision,) = Told(live, late, to_s).revisions
    whole = seconds(alone(batches))
    same = [s.state is whole[s.t_s].state for s in revision.seconds]
    assert np.mean(same) > 0.99
    up = np.array([s.up for s in revision.seconds])
    truth = np.array([whole[s.t_s].up for s in revision.seconds])
    assert float(np.degrees(np.arccos(np.clip((up * truth).sum(1), -1, 1))).max()) < 0.1


def test_the_history_shows_no_gap_and_the_bouts_of_an_unbroken_day(
    batches: list[ImuBatch], store: SqliteStore
):
    live, late = split(batches, 120.0, 220.0)
    told = Told(live, late, 220.0)
    keep(store, told, mend=True)
    window = (int(START_S) + 5, int(START_S) + 600)
    (total,) = store.totals("w", "lumbar", [window])
    assert total.seconds[NO_DATA] == 0
    assert sum(total.seconds.values()) == window[1] - window[0]
    assert [s.t_s for s in store.seconds("w", "lumbar", window)] == list(range(*window))
    wanted = [(b.start_ms, b.end_ms, b.state) for b in bouts(alone(batches))]
    assert [(b.start_ms, b.end_ms, b.state) for b in bouts(told.records)] != wanted
    found = store.bouts("w", "lumbar", (int(START_S), int(START_S) + 2000))
    assert [(b.start_ms, b.end_ms, b.state) for b in found] == wanted


def test_what_the_wearer_corrected_meanwhile_stands(batches: list[ImuBatch], store: SqliteStore):
    live, late = split(batches, 120.0, 220.0)
    told = Told(live, late, 220.0)
    keep(store, told, mend=False)
    assert told.backfill.take_whole(START_S + 230.0) == []  # not all of it is stored
    (stretch,) = told.backfill.take_whole(told.end_s + 1e9)
    better = sorted(stretch.better)
    wish = Wish(better[2], better[8], PostureState.LYING)
    store.write([Entry("w", message(correct(store, "w", "lumbar", wish, rev=50)), None)])
    revision = mended(store, "w", "lumbar", stretch, rev=100)
    assert revision is not None
    said = {s.state for s in revision.seconds if wish.from_s <= s.t_s < wish.to_s}
    assert said == {PostureState.LYING}
    store.write([Entry("w", message(revision), None)])
    assert mended(store, "w", "lumbar", stretch, rev=101) is None


def test_revisions_in_any_order_give_the_same_history(batches: list[ImuBatch], store: SqliteStore):
    live, late = split(batches, 120.0, 220.0)
    told = Told(live, late, 220.0)
    store.write([Entry("w", message(r), None) for r in told.revisions])
    lasting = [r for r in told.records if isinstance(r, Second | Bout)]
    store.write([Entry("w", r, None) for r in reversed(lasting)])
    (total,) = store.totals("w", "lumbar", [(int(START_S) + 5, int(START_S) + 600)])
    assert total.seconds[NO_DATA] == 0


def test_what_the_strap_no_longer_has_stays_a_gap(batches: list[ImuBatch]):
    live, late = split(batches, 120.0, 220.0)
    half = late[len(late) // 2 :]
    (revision,) = Told(live, half, 220.0).revisions
    known = {s.t_s for s in revision.seconds}
    assert int(START_S) + 125 not in known
    assert int(START_S) + 215 in known


def test_a_gap_for_which_nothing_comes_is_given_up_silently(batches: list[ImuBatch]):
    live, _ = split(batches, 120.0, 220.0)
    told = Told(live, [], 220.0)
    assert told.revisions == []
    assert told.backfill.take(told.end_s + PATIENCE_S + AFTERMATH_S, 1) == []


def test_a_clock_that_was_set_gives_up_open_gaps(batches: list[ImuBatch]):
    live, late = split(batches, 120.0, 220.0)
    pipeline, backfill = Pipeline(session_ms=SESSION_MS, live_trace=False), Backfill("lumbar")
    for batch in live:
        backfill.live(batch, pipeline)
        backfill.recorded(pipeline.feed(batch).records)
    backfill.forget()
    for batch in late:
        backfill.late(batch, START_S + 600)
    assert backfill.take(START_S + 1e6, 1) == []


class Scripted:
    """A pipeline that decides nothing; its fork is itself."""

    def fork(self) -> Self:
        return self

    def feed(self, batch: ImuBatch) -> Output:
        return Output()

    def advance(self, now_s: float) -> Output:
        return Output()


def two_samples(at_s: float, *, lost: int = 0) -> ImuBatch:
    return ImuBatch(np.array([at_s, at_s + 0.02]), np.full((2, 3), 9.8), None, lost=lost)


def test_only_a_loss_that_the_strap_tells_of_is_a_gap_and_few_of_them_are_kept():
    backfill, pipeline = Backfill("lumbar"), Scripted()
    for n in range(3):
        backfill.live(two_samples(10.0 * n), pipeline)
    assert backfill._gaps == []
    for n in range(3, 3 + 2 * MOST_GAPS):
        backfill.live(two_samples(10.0 * n, lost=450), pipeline)
    assert [gap.to_s for gap in backfill._gaps] == [
        10.0 * n for n in range(3 + MOST_GAPS, 3 + 2 * MOST_GAPS)
    ]


def test_a_gap_is_not_given_up_while_its_samples_trickle_in(second):
    backfill, pipeline = Backfill("lumbar"), Scripted()
    backfill.live(two_samples(100.0), pipeline)
    backfill.live(two_samples(200.0, lost=5000), pipeline)
    backfill.live(two_samples(200.0 + AFTERMATH_S), pipeline)
    backfill.recorded([second(0, t_s=201)])
    for n in range(1, 5):
        backfill.late(two_samples(110.0 + n), 200.0 + n * PATIENCE_S)
        backfill.take(201.0 + n * PATIENCE_S, 1)
        assert len(backfill._gaps) == 1
    backfill.take(202.0 + 5 * PATIENCE_S, 1)
    assert backfill._gaps == []


def test_a_gap_that_is_filled_to_its_end_waits_for_nothing_more(second):
    backfill, pipeline = Backfill("lumbar"), Scripted()
    backfill.live(two_samples(100.0), pipeline)
    backfill.live(two_samples(200.0, lost=5000), pipeline)
    backfill.live(two_samples(200.0 + AFTERMATH_S), pipeline)
    backfill.recorded([second(0, t_s=201)])
    backfill.late(two_samples(199.96), 210.0)
    backfill.take(210.0, 1)
    assert backfill._gaps == []
