"""`lumbar up` compacts the history once a day, beside measuring."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading

import pytest

from ingest.records import PostureState, Second
from ingest.settings import StoreSettings
from ingest.store import sqlite_care
from ingest.store.base import Entry
from tui.tables import Config, WearerSettings
from tui.wiring.compaction import compact_daily
from tui.wiring.services import Household

START_S = 1_700_000_400  # the beginning of an hour
DAY_S = 86_400


class Clock:
    """A wall clock that moves only when somebody sleeps, and ends what it drives."""

    def __init__(self, *, days: float) -> None:
        self.now_s = float(START_S)
        self.until_s = START_S + days * DAY_S

    def now(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        if self.now_s > self.until_s:
            raise asyncio.CancelledError
        await asyncio.sleep(0)


def second(t_s: int) -> Second:
    return Second(
        t_s=t_s,
        session=1,
        rule="r1",
        calibration=None,
        state=PostureState.SITTING,
        confidence=1.0,
        sagittal_deg=None,
        frontal_deg=None,
        up=(0.0, 0.0, 1.0),
        acc_sd_ms2=0.1,
        gyro_rms_rads=None,
        travel_m=0.0,
        log_odds=(0.0, -1.0, -1.0, -1.0),
        coverage=1.0,
    )


@pytest.fixture
def home(tmp_path):
    store = StoreSettings(keep_seconds_days=2)
    return Household(config=Config(wearer=WearerSettings(id="me"), store=store), data_dir=tmp_path)


def fill(home, times):
    with contextlib.closing(home.open_store()) as store:
        store.write([Entry("me", second(t_s)) for t_s in times])


def seconds_left(home):
    with contextlib.closing(home.read_store()) as store:
        return [s.t_s for s in store.seconds("me", "lumbar", (0, 2 * START_S))]


async def run(home, clock):
    with contextlib.suppress(asyncio.CancelledError):
        await compact_daily(home, now=clock.now, sleep=clock.sleep)


async def test_seconds_older_than_the_setting_become_minutes_and_totals_stay(home):
    old, new = START_S - 3 * DAY_S, START_S - DAY_S
    fill(home, [*range(old, old + 120), *range(new, new + 60)])
    await run(home, Clock(days=0.5))
    assert seconds_left(home) == list(range(new, new + 60))
    with contextlib.closing(home.read_store()) as store:
        totals = store.totals("me", "lumbar", [(old, old + 120)])[0]
    assert totals.seconds["sitting"] == 120


async def test_it_happens_once_a_day(home, monkeypatch):
    asked = []
    fill(home, [START_S])
    monkeypatch.setattr(
        sqlite_care, "compact", lambda path, before_s, **_: asked.append(before_s) or 0
    )
    await run(home, Clock(days=3.5))
    first = asked[0]
    assert first == START_S + 300 - 2 * DAY_S
    assert [round((before_s - first) / DAY_S, 2) for before_s in asked] == [0, 1, 2, 3]


async def test_a_store_that_is_in_use_is_compacted_the_next_day(home, caplog, monkeypatch):
    old = START_S - 3 * DAY_S
    fill(home, range(old, old + 60))
    monkeypatch.setattr(sqlite_care, "BUSY_TIMEOUT_S", 0.01)
    clock = Clock(days=1.5)
    blocker = sqlite3.connect(home.data_dir / "history.sqlite", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    sleep = clock.sleep

    async def sleeping(seconds: float) -> None:
        await sleep(seconds)
        if clock.now_s > START_S + DAY_S / 2 and blocker.in_transaction:
            blocker.execute("ROLLBACK")

    clock.sleep = sleeping
    await run(home, clock)
    blocker.close()
    assert "was not compacted" in caplog.text
    assert seconds_left(home) == []


async def test_measuring_goes_on_meanwhile_and_ends_it(home, monkeypatch):
    fill(home, [START_S])
    inside, going_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(path, before_s, *, progress, shrink):
        inside.set()
        assert not shrink  # it would make the recorder wait
        assert going_on.wait(10)
        try:
            for day in range(1000):
                ended.wait(0.01)
                progress(day, 1000)
        finally:
            ended.set()
        raise AssertionError("it was not stopped")

    monkeypatch.setattr(sqlite_care, "compact", slow)
    clock = Clock(days=2)
    task = asyncio.create_task(compact_daily(home, now=clock.now, sleep=clock.sleep))
    assert await asyncio.to_thread(inside.wait, 10)
    going_on.set()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 10)


async def test_a_history_that_is_not_there_yet_is_not_made(home):
    await run(home, Clock(days=1.5))
    assert list(home.data_dir.iterdir()) == []


@pytest.mark.parametrize("kind", ["influx", "none"])
async def test_another_store_is_left_alone(home, kind):
    old = START_S - 3 * DAY_S  # a file of before the wearer chose another store
    fill(home, [old])
    store = StoreSettings(kind=kind, keep_seconds_days=2)
    config = Config(wearer=home.config.wearer, store=store)
    await run(Household(config=config, data_dir=home.data_dir), Clock(days=1.5))
    assert seconds_left(home) == [old]
