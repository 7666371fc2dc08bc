"""Whatever happens to samples and clocks, the states and no-data add up to the wall seconds."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.delivery.outbox import Outbox
from ingest.past.history import History, local_day
from ingest.records import NO_DATA, Bout, Record, Second
from ingest.session import Session, pipelines
from ingest.settings import OutboxSettings
from ingest.store.base import Entry, Totals
from ingest.store.sqlite import SqliteStore
from sensor.sample import Floats, ImuBatch
from sensor.timeline import Timeline
from sensor.virtual.day import SimulatedDay, Step

# A moment before each local clock does something: midnight, an hour lost, an hour or half an hour
# won, an hour lost at midnight, a date left out by a whole country.
PLACES = {
    "Europe/London": dt.datetime(2026, 1, 6, 0, 0, 0, tzinfo=dt.UTC),
    "Asia/Kathmandu": dt.datetime(2026, 1, 5, 18, 15, 0, tzinfo=dt.UTC),
    "Europe/Berlin": dt.datetime(2026, 3, 29, 1, 0, 0, tzinfo=dt.UTC),
    "America/New_York": dt.datetime(2026, 11, 1, 6, 0, 0, tzinfo=dt.UTC),
    "Australia/Lord_Howe": dt.datetime(2026, 4, 4, 15, 0, 0, tzinfo=dt.UTC),
    "America/Santiago": dt.datetime(2026, 9, 6, 4, 0, 0, tzinfo=dt.UTC),
    "Pacific/Apia": dt.datetime(2011, 12, 30, 10, 0, 0, tzinfo=dt.UTC),
}
BEFORE_S = 12
ABROAD = ZoneInfo("America/Los_Angeles")


@lru_cache
def worn() -> tuple[Floats, Floats]:
    """Return acceleration and turning of somebody who walks and sits down, at 50 Hz."""
    day = SimulatedDay((Step("walk", 14.0), Step("sit", 20.0)), seed=6, start_s=0.0)
    batches = [b for b in day.batches(500) if isinstance(b, ImuBatch)]
    gyro = np.concatenate([b.gyro for b in batches if b.gyro is not None])
    return np.concatenate([b.acc for b in batches]), gyro


@dataclass
class World:
    """A strap, a computer whose clock can be set, and what the session made of them."""

    start_s: float
    folder: Path
    monotonic_s: float = 0.0
    stepped_s: float = 0.0
    played: int = 0
    sampled_s: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.timeline = Timeline.live(monotonic=lambda: self.monotonic_s, wall=self.wall)
        self.outbox = Outbox(
            self.folder / "outbox.sqlite", origin="o", settings=OutboxSettings(), epoch="e"
        )
        make = pipelines("lumbar", live_trace=False)
        self.session = Session(self.timeline, self.outbox, make, restore=False)

    def wall(self) -> float:
        return self.start_s + self.monotonic_s + self.stepped_s

    def wear(self, seconds: int, rate_hz: float, fault: str) -> None:
        """Let samples arrive in batches of a second, some of them twice or in another order."""
        batches = [self._second(rate_hz) for _ in range(seconds)]
        if fault == "reordered":
            batches[-2:] = batches[:-3:-1]
        for batch in batches:
            self.session.feed(batch)
            if fault == "doubled":
                self.session.feed(batch)

    def _second(self, rate_hz: float) -> ImuBatch:
        acc, gyro = worn()
        t = self.timeline.now() + np.arange(int(rate_hz)) * self.timeline.rate / rate_hz
        at = (self.played + np.arange(len(t)) * 50.0 / rate_hz).astype(int) % len(acc)
        self.played = int(at[-1]) + 1
        self.sampled_s.update(np.floor(t + 1e-6).astype(int).tolist())
        self.monotonic_s += 1.0
        return ImuBatch(t, acc[at], gyro[at])

    def silence(self, seconds: int) -> None:
        self.monotonic_s += seconds
        self.session.advance(self.timeline.now())

    def step(self, seconds: float) -> None:
        self.stepped_s += seconds
        self.session.follow_clock()

    def told(self) -> list[Record]:
        self.session.finish()
        self.session.keep()
        items = [item for _, item in self.outbox.read(after=0, limit=10_000)]
        return [item for item in items if isinstance(item, Second | Bout)]


Incident = tuple[str, tuple[float, ...] | tuple[int, float, str]]
wears = st.tuples(
    st.integers(2, 12),
    st.sampled_from([13.0, 26.0, 50.0, 104.0]),
    st.sampled_from(["", "", "doubled", "reordered"]),
)
incidents = st.lists(
    st.one_of(
        st.tuples(st.just("wear"), wears),
        st.tuples(st.just("silence"), st.tuples(st.sampled_from([1, 3, 20, 70, 4000]))),
        st.tuples(
            st.just("step"),
            st.tuples(st.sampled_from([0.7, 40.0, 3600.0, 86_400.0, -0.7, -30.0, -400.0, -7200.0])),
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(place=st.sampled_from(sorted(PLACES)), happened=incidents, seed=st.integers(0, 99))
@example("Europe/Berlin", [("wear", (12, 50.0, "")), ("wear", (12, 26.0, ""))], 0)
@example("Europe/London", [("wear", (9, 50.0, "")), ("step", (-400.0,))], 1)
@example("Pacific/Apia", [("wear", (9, 50.0, "doubled")), ("step", (86_400.0,))], 1)
def test_the_seconds_of_every_local_day_add_up(
    place: str, happened: Sequence[Incident], seed: int
) -> None:
    start_s = PLACES[place].timestamp() - BEFORE_S
    with tempfile.TemporaryDirectory() as name:
        world = World(start_s, Path(name))
        for what, how in [("wear", (9, 50.0, "")), *happened, ("wear", (6, 50.0, ""))]:
            getattr(world, what)(*how)
        records = world.told()
        world.outbox.close()
        with closing(SqliteStore(Path(name) / "history.sqlite")) as store:
            for part in as_delivered(records, seed):
                store.write(part)
            check(store, records, world.sampled_s, place)


def as_delivered(records: Sequence[Record], seed: int) -> Iterator[list[Entry]]:
    """Yield records in another order and some of them twice, as a broker may."""
    rng = random.Random(seed)
    entries = [Entry("w1", record) for record in records]
    entries += rng.choices(entries, k=len(entries) // 3) if entries else []
    rng.shuffle(entries)
    for at in range(0, len(entries), 40):
        yield entries[at : at + 40]


def check(store: SqliteStore, records: Sequence[Record], sampled_s: set[int], place: str) -> None:
    seconds = [r for r in records if isinstance(r, Second)]
    assert len({(s.session, s.t_s) for s in seconds}) == len(seconds)
    measured = {s.t_s for s in seconds}
    assert measured <= sampled_s
    newest = {s.t_s: s.state.value for s in sorted(seconds, key=lambda s: s.session)}
    zone = ZoneInfo(place)
    history = History(store, wearer="w1", timezone=zone)
    days = [history.day(date) for date in dates(measured, zone)]
    for day in days:
        totals = day.totals
        assert (totals.from_s, totals.to_s) == local_day(day.date, zone)
        assert sum(totals.seconds.values()) == totals.to_s - totals.from_s
        inside = [state for t_s, state in newest.items() if totals.from_s <= t_s < totals.to_s]
        for state, told_s in totals.seconds.items():
            assert state == NO_DATA or told_s == inside.count(state)
            assert sum(cell.seconds[state] for cell in day.cells) == told_s
    assert sum(known_s(day.totals) for day in days) == len(measured)
    # a journey: the same past, asked for abroad
    abroad = History(store, wearer="w1", timezone=ABROAD)
    there = dates(measured, ABROAD)
    assert sum(known_s(s.totals) for s in abroad.days(there[-1], len(there))) == len(measured)
    for session in {s.session for s in seconds}:
        bouts = [r for r in records if isinstance(r, Bout) and r.session == session]
        assert all(a.end_ms <= b.start_ms for a, b in pairwise(bouts))


def known_s(totals: Totals) -> float:
    return totals.to_s - totals.from_s - totals.seconds[NO_DATA]


def dates(measured: set[int], zone: ZoneInfo) -> list[dt.date]:
    """Return every local date from the first to the last second."""
    first, last = (dt.datetime.fromtimestamp(f(measured), zone).date() for f in (min, max))
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
