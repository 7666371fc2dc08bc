"""Records and stores for the contract that every store keeps."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).with_name("influx2")))

from ingest.messages import RevisionMessage
from ingest.records import Bout, Event, PostureState, Second, event_id
from ingest.store.base import Entry, Store
from ingest.store.influx import InfluxStore
from ingest.store.influx_server import Address
from ingest.store.sqlite import SqliteStore

MONDAY_S = 1_767_600_000  # 2026-01-05T08:00:00Z, the start of an hour
WEARER = "ada"
SESSION = MONDAY_S * 1000


class Records:
    """Makes records with plausible values; the same arguments give equal records."""

    start_s = MONDAY_S
    wearer = WEARER
    session = SESSION

    def second(
        self,
        t_s: int,
        state: PostureState = PostureState.SITTING,
        *,
        session: int = SESSION,
        sagittal_deg: float | None = 12.5,
        position: str = "lumbar",
    ) -> Second:
        rng = random.Random(t_s * 31 + session)
        return Second(
            t_s=t_s,
            session=session,
            position=position,
            rule="r1",
            calibration=None if sagittal_deg is None else "c1",
            state=state,
            confidence=round(rng.random(), 3),
            sagittal_deg=sagittal_deg,
            frontal_deg=None if sagittal_deg is None else -1.25,
            up=(0.96, round(rng.uniform(-0.2, 0.2), 4), 0.1),
            acc_sd_ms2=round(rng.random(), 4),
            gyro_rms_rads=None if t_s % 7 == 0 else 0.02,
            travel_m=0.0,
            log_odds=(0.0, -1.5, -3.25, -9.0),
            coverage=1.0,
        )

    def seconds(self, from_s: int, to_s: int, **values: object) -> list[Second]:
        return [self.second(t_s, **values) for t_s in range(from_s, to_s)]  # type: ignore[arg-type]

    def bout(
        self,
        start_s: float,
        end_s: float,
        state: PostureState = PostureState.SITTING,
        *,
        session: int = SESSION,
    ) -> Bout:
        return Bout(
            start_ms=round(start_s * 1000),
            end_ms=round(end_s * 1000),
            session=session,
            state=state,
            interruptions=1,
            interrupted_s=4.5,
            mean_sagittal_deg=11.0,
            rule="r1",
        )

    def revision(
        self, from_s: int, to_s: int, rev: int, seconds: list[Second], bouts: list[Bout]
    ) -> RevisionMessage:
        return RevisionMessage(
            origin="o",
            epoch="e",
            seq=rev,
            from_s=from_s,
            to_s=to_s,
            rev=rev,
            reason="test",
            seconds=seconds,
            bouts=bouts,
        )

    def event(self, seq: int, kind: str = "nudge", **data: object) -> Entry:
        event = Event(kind=kind, t_ms=MONDAY_S * 1000 + seq, data=data)  # type: ignore[arg-type]
        return Entry(WEARER, event, event_id("monitor", "e1", seq))

    def entries(self, items: list[Second] | list[Bout] | list[RevisionMessage]) -> list[Entry]:
        return [Entry(WEARER, item) for item in items]


@pytest.fixture
def records() -> Records:
    return Records()


class DeadLetters(list[tuple[str, str]]):
    """Keeps what an InfluxStore gives up."""

    def take(self, line: str, reason: str) -> None:
        self.append((line, reason))


@pytest.fixture
def dead_letters() -> DeadLetters:
    return DeadLetters()


@pytest.fixture
def influx() -> Iterator[object]:
    from influx_double import InfluxDouble

    with InfluxDouble() as double:
        yield double


def address_of(double: object) -> Address:
    return Address(double.url, double.org, "history", "all-access")  # type: ignore[attr-defined]


def real_address() -> Address:
    """Return the server of LUMBAR_INFLUX_*; its bucket is emptied for each test."""
    names = ("URL", "ORG", "BUCKET", "TOKEN")
    values = [os.environ.get(f"LUMBAR_INFLUX_{name}", "") for name in names]
    if not all(values):
        pytest.skip("set LUMBAR_INFLUX_URL, _ORG, _BUCKET and _TOKEN to a scratch InfluxDB 2")
    return Address(*values)


@pytest.fixture(
    params=[
        "sqlite",
        "influx-double",
        pytest.param("influx-server", marks=pytest.mark.influx),
    ]
)
def new_store(
    request: pytest.FixtureRequest, tmp_path: Path, dead_letters: DeadLetters
) -> Iterator[Callable[[], Store]]:
    """A factory of stores on the same place; each call is another process's view of it."""
    opened: list[Store] = []
    if request.param == "sqlite":

        def opener() -> Store:
            return SqliteStore(tmp_path / "history.sqlite")

    else:
        double = request.param == "influx-double"
        address = address_of(request.getfixturevalue("influx")) if double else real_address()

        def opener() -> Store:
            return InfluxStore(address, dead_letter=dead_letters.take)

        if not double:
            _empty(InfluxStore(address, dead_letter=dead_letters.take))

    def make() -> Store:
        opened.append(opener())
        return opened[-1]

    yield make
    for store in opened:
        store.close()
    assert dead_letters == []


def _empty(store: InfluxStore) -> None:
    import datetime as dt

    start, stop = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    store.server.delete("", start=start, stop=stop)
    store.close()


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    return new_store()
