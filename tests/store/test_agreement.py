"""Both stores agree with a plain model on random histories written in random order."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from ingest.records import NO_DATA, TOTAL_KEYS, PostureState
from ingest.store import influx_totals
from ingest.store.base import Entry
from ingest.store.influx import InfluxStore
from ingest.store.influx_server import Address
from ingest.store.sqlite import SqliteStore

STATES = list(PostureState)
SPAN_S = 480


@dataclass
class Model:
    """The rules of docs/storage.md, written as plainly as possible."""

    originals: dict = field(default_factory=dict)  # (t_s, session) -> second
    bouts: list = field(default_factory=list)
    revisions: list = field(default_factory=list)

    def owner(self, t_s):
        covering = [r for r in self.revisions if r.from_s <= t_s < r.to_s]
        return max(covering, key=lambda r: r.rev, default=None)

    def second(self, t_s):
        owner = self.owner(t_s)
        pool = self.originals.values() if owner is None else owner.seconds
        return max((s for s in pool if s.t_s == t_s), key=lambda s: s.session, default=None)

    def seconds(self, from_s, to_s):
        found = (self.second(t_s) for t_s in range(from_s, to_s))
        return [second for second in found if second is not None]

    def bouts_in(self, from_s, to_s):
        starts = {}
        for owner, bout in [(None, b) for b in self.bouts] + [
            (r, b) for r in self.revisions for b in r.bouts
        ]:
            if self.owner(bout.start_ms // 1000) is not owner:
                continue
            known = starts.get(bout.start_ms)
            if known is None or bout.session > known.session:
                starts[bout.start_ms] = bout
        inside = [
            b for b in starts.values() if b.start_ms < to_s * 1000 and b.end_ms > from_s * 1000
        ]
        return sorted(inside, key=lambda b: b.start_ms)


def random_history(records, rng):
    """Return a model and its documents in random order, some of them twice."""
    model, documents = Model(), []
    t = records.start_s
    for session in (records.session, records.session + 7):
        from_s = t + rng.randrange(SPAN_S // 2)
        for t_s in range(from_s, from_s + rng.randrange(1, SPAN_S // 2)):
            if rng.random() < 0.9:
                angle = rng.choice([None, float(rng.randrange(-30, 60))])
                second = records.second(
                    t_s, rng.choice(STATES), session=session, sagittal_deg=angle
                )
                model.originals[t_s, session] = second
        model.bouts += [records.bout(from_s, from_s + rng.randrange(1, 300), session=session)]
    for rev in range(1, rng.randrange(1, 6)):
        from_s = t + rng.randrange(SPAN_S - 100)
        to_s = from_s + rng.randrange(1, 200)
        seconds = [
            records.second(t_s, rng.choice(STATES), session=records.session + extra)
            for t_s in range(from_s, to_s)
            for extra in rng.choice([(), (0,), (0,), (9, 3)])
        ]
        bouts = [records.bout(rng.randrange(from_s, to_s), to_s + 5, rng.choice(STATES))]
        model.revisions.append(records.revision(from_s, to_s, rev, seconds, bouts))
    documents = [*model.originals.values(), *model.bouts, *model.revisions]
    documents += rng.choices(documents, k=len(documents) // 5)
    rng.shuffle(documents)
    return model, documents


def random_windows(records, rng):
    starts = [records.start_s + rng.randrange(-100, SPAN_S) for _ in range(6)]
    return [
        (records.start_s - 3600, records.start_s + 7200),
        *((start, start + rng.randrange(1, 400)) for start in starts),
        *((start // 60 * 60, start // 60 * 60 + 300) for start in starts[:2]),
    ]


def check(store, model, records, windows):
    for (from_s, to_s), totals in zip(
        windows, store.totals(records.wearer, "lumbar", windows), strict=True
    ):
        seconds = model.seconds(from_s, to_s)
        expected = {key: sum(s.state.value == key for s in seconds) for key in TOTAL_KEYS}
        expected[NO_DATA] = to_s - from_s - len(seconds)
        assert totals.seconds == expected
        angles = [s.sagittal_deg for s in seconds if s.sagittal_deg is not None]
        mean = sum(angles) / len(angles) if angles else None
        assert totals.sagittal_mean_deg == (mean if mean is None else pytest.approx(mean))
        assert store.seconds(records.wearer, "lumbar", (from_s, to_s)) == seconds
        found = store.bouts(records.wearer, "lumbar", (from_s, to_s))
        assert found == model.bouts_in(from_s, to_s)


@pytest.mark.parametrize("seed", range(3))
def test_sqlite_and_influxdb_agree_with_the_model(
    records, influx, dead_letters, tmp_path, seed, monkeypatch
):
    if seed % 2:  # revisions are summed by the server instead of fetched
        monkeypatch.setattr(influx_totals, "LONG_REVISION_S", 1)
    rng = random.Random(seed)
    model, documents = random_history(records, rng)
    windows = random_windows(records, rng)
    address = Address(influx.url, influx.org, "history", "all-access")
    stores = [
        SqliteStore(tmp_path / "history.sqlite"),
        InfluxStore(address, dead_letter=dead_letters.take),
    ]
    for start in range(0, len(documents), 100):
        entries = [Entry(records.wearer, item) for item in documents[start : start + 100]]
        for store in stores:
            store.write(entries)
    for store in stores:
        check(store, model, records, windows)
        store.close()
    assert dead_letters == []
