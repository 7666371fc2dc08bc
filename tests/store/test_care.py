"""Backup, restore, integrity, retention, and copies between the two kinds of store."""

from __future__ import annotations

import sqlite3
import time

import pytest

from ingest.errors import StoreRefusedError, StoreUnavailableError
from ingest.records import PostureState
from ingest.store import influx_care, sqlite_care
from ingest.store.base import Entry
from ingest.store.copying import Copied, copy
from ingest.store.influx import InfluxStore
from ingest.store.influx_server import Address
from ingest.store.minutes import Minute
from ingest.store.sqlite import SqliteStore

ALWAYS = (0, 4_000_000_000)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.sqlite"


@pytest.fixture
def influx_store(influx, dead_letters):
    address = Address(influx.url, influx.org, "history", "all-access")
    store = InfluxStore(address, dead_letter=dead_letters.take)
    yield store
    store.close()
    assert dead_letters == []


@pytest.fixture
def store(path, records):
    """A history with everything that makes one: sessions, revisions, sealed minutes, two days."""
    opened = SqliteStore(path)
    fill(opened, records)
    yield opened
    opened.close()


def fill(store, records):
    t = records.start_s
    store.write(records.entries(records.seconds(t, t + 900)))
    store.write(records.entries(records.seconds(t + 86_400, t + 86_700)))
    late = records.seconds(t + 100, t + 160, session=records.session + 9, sagittal_deg=None)
    store.write(records.entries(late))
    stands = records.seconds(t + 300, t + 400, state=PostureState.STANDING)
    bouts = [records.bout(t + 300, t + 390, PostureState.STANDING)]
    store.write(records.entries([records.revision(t + 300, t + 420, 7, stands, bouts)]))
    store.write(records.entries([records.bout(t, t + 900), records.bout(t + 86_350, t + 86_500)]))
    store.write(records.entries([records.bout(t + 57_000, t + 58_000)]))  # over midnight
    store.write(
        [records.event(1), records.event(2, "mark", note="a, b"), records.event(3, "break")]
    )
    store.load_minutes(
        [Minute(wearer=records.wearer, t_s=t - 7200 + i * 60, moving=i) for i in range(60)]
    )


def answers(store, records):
    t = records.start_s
    windows = [(t - 86_400, t + 200_000), (t + 95, t + 133), (t - 7200, t - 3600)]
    return (
        store.totals(records.wearer, "lumbar", windows),
        store.seconds(records.wearer, "lumbar", ALWAYS),
        store.bouts(records.wearer, "lumbar", ALWAYS),
        store.events(records.wearer, ALWAYS),
        store.sealed_minutes(records.wearer, "lumbar", ALWAYS),
        store.revised(records.wearer, "lumbar", (0, t + 200_000)),
        store.wearers(),
    )


def test_a_copy_answers_every_question_alike_there_and_back(store, influx_store, records, tmp_path):
    before = answers(store, records)
    copied = copy(store, influx_store)
    assert copied == Copied(seconds=len(before[1]), minutes=60, bouts=4, events=3, skipped_days=0)
    assert answers(influx_store, records) == before
    third = SqliteStore(tmp_path / "third.sqlite")
    copy(influx_store, third)
    assert answers(third, records) == before
    copy(influx_store, third)
    assert answers(third, records) == before
    third.close()


def test_a_stopped_copy_goes_on_where_it_was(store, influx, influx_store, records, tmp_path):
    journal = tmp_path / "copy.journal"

    class StoppingStore(SqliteStore):
        def write(self, entries):
            if any(getattr(e.item, "t_s", 0) >= records.start_s + 86_400 for e in entries):
                raise StoreUnavailableError("target", "down")
            super().write(entries)

    target = StoppingStore(tmp_path / "target.sqlite")
    steps = []
    with pytest.raises(StoreUnavailableError):
        copy(store, target, journal=journal, progress=lambda done, of: steps.append((done, of)))
    target.close()
    target = SqliteStore(tmp_path / "target.sqlite")
    copied = copy(store, target, journal=journal)
    assert copied.skipped_days == len(steps) == 1
    assert answers(target, records) == answers(store, records)
    assert not journal.exists()
    target.close()


def test_a_target_that_holds_nothing_is_copied_whole_whatever_the_journal_says(
    store, records, tmp_path
):
    journal = tmp_path / "copy.journal"
    first_s = records.start_s // 86_400 * 86_400
    days = range(first_s, records.start_s + 200_000, 86_400)
    journal.write_text("".join(f"{records.wearer}/{day_s}\n" for day_s in days))
    target = SqliteStore(tmp_path / "begun-anew.sqlite")
    assert copy(store, target, journal=journal).skipped_days == 0
    assert answers(target, records) == answers(store, records)
    target.close()


def test_a_backup_made_beside_a_writer_restores_the_same_answers(store, path, records, tmp_path):
    before = answers(store, records)
    steps = []
    sqlite_care.backup(path, tmp_path / "b.sqlite", progress=lambda *step: steps.append(step))
    assert steps[-1][0] == steps[-1][1]
    store.write(records.entries(records.seconds(records.start_s + 2000, records.start_s + 2100)))
    assert answers(store, records) != before
    kept = sqlite_care.restore(tmp_path / "b.sqlite", path)
    assert kept is not None
    assert sqlite_care.integrity(kept) == []
    reader = SqliteStore(path)
    assert answers(reader, records) == before
    reader.close()
    store.write(
        records.entries([records.second(records.start_s + 3000)])
    )  # the open writer follows
    assert answers(store, records) != before
    assert sqlite_care.integrity(path) == []


def test_a_backup_never_replaces_a_file(store, path, tmp_path):
    (tmp_path / "b.sqlite").write_text("mine")
    with pytest.raises(StoreRefusedError, match="exists"):
        sqlite_care.backup(path, tmp_path / "b.sqlite")
    assert (tmp_path / "b.sqlite").read_text() == "mine"


def test_a_backup_goes_to_a_disk_that_knows_no_links_too(store, path, tmp_path, monkeypatch):
    def link(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(sqlite_care.os, "link", link)
    sqlite_care.backup(path, tmp_path / "b.sqlite")
    assert sqlite_care.integrity(tmp_path / "b.sqlite") == []
    assert not list(tmp_path.glob("*.part"))


def test_of_two_backups_at_once_the_later_is_refused(store, path, tmp_path):
    def meanwhile(*_):
        (tmp_path / "b.sqlite").write_text("mine")

    with pytest.raises(StoreRefusedError, match="exists"):
        sqlite_care.backup(path, tmp_path / "b.sqlite", progress=meanwhile)
    assert (tmp_path / "b.sqlite").read_text() == "mine"


def test_a_damaged_backup_is_not_restored(store, path, records, tmp_path):
    broken = tmp_path / "broken.sqlite"
    sqlite_care.backup(path, broken)
    connection = sqlite3.connect(broken)
    connection.execute("UPDATE minute SET sitting = 59 WHERE sealed = 0")
    connection.commit()
    connection.close()
    before = answers(store, records)
    with pytest.raises(StoreRefusedError, match="wrong minute"):
        sqlite_care.restore(broken, path)
    assert answers(store, records) == before


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("UPDATE minute SET standing = standing + 1 WHERE sealed = 0", "wrong minute"),
        ("DELETE FROM minute WHERE sealed = 0", "missing minute"),
        ("UPDATE hour SET sitting = 1", "wrong hour"),
        ("DELETE FROM hour", "missing hour"),
        ("DELETE FROM strap", "unknown strap"),
        ("UPDATE second SET state = 'lying' WHERE session % 10 = 9", "wrong minute"),
    ],
)
def test_integrity_finds_what_does_not_add_up(store, path, damage, fault):
    assert sqlite_care.integrity(path) == []
    connection = sqlite3.connect(path)
    connection.execute(damage)
    connection.commit()
    connection.close()
    assert any(fault in text for text in sqlite_care.integrity(path))


@pytest.mark.parametrize("page", [1, 9, -1])
def test_a_damaged_page_is_said_with_advice(store, path, page):
    store.close()
    file = bytearray(path.read_bytes())
    start = page * 4096 % len(file)
    file[start : start + 4096] = b"\xa5" * 4096
    path.write_bytes(file)
    with pytest.raises(StoreRefusedError, match="damaged"):
        sqlite_care.integrity(path)


def test_compacting_keeps_every_total_of_whole_minutes(store, path, records):
    t = records.start_s
    windows = [
        (t - 86_400, t + 200_000),
        (t, t + 3600),
        (t + 60, t + 660),
        (t + 86_400, t + 90_000),
    ]
    before = store.totals(records.wearer, "lumbar", windows)
    forgotten = sqlite_care.compact(path, t + 86_400 + 1800)
    assert forgotten == 880 + 60  # the older session of 60 seconds goes too
    assert store.totals(records.wearer, "lumbar", windows) == before
    assert len(store.seconds(records.wearer, "lumbar", ALWAYS)) == 300
    store.write(records.entries(records.seconds(t, t + 900)))  # late, and doubled
    assert store.totals(records.wearer, "lumbar", windows) == before
    assert sqlite_care.integrity(path) == []
    assert sqlite_care.compact(path, t + 86_400) == 0


def test_influxdb_forgets_one_wearer_and_nobody_else(influx_store, records):
    fill(influx_store, records)
    other = [Entry("ben", records.second(records.start_s))]
    influx_store.write(other)
    influx_care.forget(influx_store, records.wearer)
    assert influx_store.wearers() == ["ben"]
    assert influx_store.seconds("ben", "lumbar", ALWAYS) == [other[0].item]


def test_compacting_in_influxdb_keeps_every_total_of_whole_minutes(influx_store, records):
    fill(influx_store, records)
    t = records.start_s
    windows = [
        (t - 86_400, t + 200_000),
        (t, t + 3600),
        (t + 60, t + 660),
        (t + 86_400, t + 90_000),
    ]
    before = influx_store.totals(records.wearer, "lumbar", windows)
    assert influx_care.compact(influx_store, t + 86_400 + 1800) == 880
    assert influx_store.totals(records.wearer, "lumbar", windows) == before
    assert len(influx_store.seconds(records.wearer, "lumbar", ALWAYS)) == 300
    influx_store.write(records.entries(records.seconds(t, t + 900)))
    assert influx_store.totals(records.wearer, "lumbar", windows) == before
    assert influx_care.compact(influx_store, t + 86_400) == 0


@pytest.mark.parametrize("kind", ["sqlite", "influx"])
def test_what_revised_a_compacted_day_outlives_the_next_compacting(
    kind, path, influx_store, records
):
    t = records.start_s
    store = influx_store if kind == "influx" else SqliteStore(path)

    def compact(before_s):
        if kind == "influx":
            return influx_care.compact(store, before_s)
        return sqlite_care.compact(path, before_s)

    def seconds_by_state():
        [totals] = store.totals(records.wearer, "lumbar", [(t, t + 600)])
        return totals.seconds[PostureState.SITTING], totals.seconds[PostureState.STANDING]

    store.write(records.entries(records.seconds(t, t + 600)))
    assert compact(t + 3600) == 600
    stands = records.seconds(t + 60, t + 270, state=PostureState.STANDING)
    store.write(records.entries([records.revision(t + 60, t + 270, 3, stands, [])]))
    assert seconds_by_state() == (420, 180)  # the last half minute stays sealed
    assert compact(t + 86_400) == 180
    assert seconds_by_state() == (420, 180)
    assert store.seconds(records.wearer, "lumbar", ALWAYS) == []
    assert compact(t + 2 * 86_400) == 0
    store.close()


def test_compacting_asks_about_days_with_records_only(influx, influx_store, records):
    influx_store.write(records.entries(records.seconds(records.start_s, records.start_s + 90)))
    years_later_s = records.start_s + 5 * 365 * 86_400
    assert influx_care.compact(influx_store, years_later_s) == 90
    assert len(influx.requests) < 25


def test_the_check_of_a_server_tries_what_the_store_needs(influx, dead_letters):
    def found(token="all-access", bucket="history"):
        store = InfluxStore(
            Address(influx.url, influx.org, bucket, token), dead_letter=dead_letters.take
        )
        findings = influx_care.check(store.server, now_s=int(time.time()))
        store.close()
        return [(finding.what, finding.ok) for finding in findings]

    assert found() == [("server", True), ("write", True), ("query", True), ("delete", True)]
    assert influx.bucket.rows() == 0
    assert found(token="reader") == [("server", True), ("write", False)]
    assert found(token="writer") == [("server", True), ("write", True), ("query", False)]
    assert found(bucket="none") == [("server", True), ("write", False)]
    influx.version = "v1.8.10"
    assert found() == [("server", False)]


def test_a_history_only_of_events_is_copied_too(tmp_path, records):
    source, target = SqliteStore(tmp_path / "a"), SqliteStore(tmp_path / "b")
    source.write([records.event(5), Entry("ben", records.event(6).item, "f" * 32)])
    assert copy(source, target).events == 2
    assert target.events("ben", ALWAYS) == source.events("ben", ALWAYS)
    source.close()
    target.close()
