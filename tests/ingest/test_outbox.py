"""The outbox keeps records, numbers and the checkpoint through crashes, full and broken disks."""

import sqlite3
from contextlib import closing, contextmanager

import pytest

from ingest.delivery.outbox import Outbox
from ingest.errors import StoreUnavailableError
from ingest.messages import StoredMessage
from ingest.records import Revision
from ingest.settings import OutboxSettings


def stored(outbox, *ranges, recorder="r1", origin=None, epoch=None):
    return StoredMessage(
        recorder=recorder,
        origin=origin or outbox.origin,
        epoch=epoch or outbox.epoch,
        ranges=list(ranges),
    )


def test_records_come_back_in_order_with_growing_numbers(open_outbox, second, bout, event):
    outbox = open_outbox()
    items = [second(0), second(1), bout(0), event(2)]
    outbox.append(items)
    assert outbox.read(after=0, limit=10) == list(enumerate(items, start=1))
    assert outbox.depth == 4
    assert outbox.oldest_ms == items[0].t_s * 1000


def test_a_number_is_never_used_again_after_everything_was_confirmed(open_outbox, second):
    outbox = open_outbox()
    outbox.append([second(0), second(1)])
    assert outbox.confirm(stored(outbox, (1, 2))) == [1, 2]
    outbox.close()
    again = open_outbox()
    again.append([second(2)])
    assert [seq for seq, _ in again.read(after=0, limit=10)] == [3]


def test_records_checkpoint_and_epoch_survive_reopening(open_outbox, second):
    outbox = open_outbox()
    outbox.append([second(0)], checkpoint=b"state 1")
    epoch = outbox.epoch
    outbox.close()
    again = open_outbox()
    assert (again.epoch, again.depth, again.checkpoint()) == (epoch, 1, b"state 1")


def test_records_and_checkpoint_are_kept_together_or_not_at_all(open_outbox, second):
    outbox = open_outbox()
    outbox.append([second(0)], checkpoint=b"old")
    with blocked(outbox):
        outbox.append([second(1)], checkpoint=b"new")
        assert outbox.trouble
        assert (outbox.stored_depth, outbox.checkpoint()) == (1, b"old")
    outbox.append([])
    assert not outbox.trouble
    assert (outbox.stored_depth, outbox.checkpoint()) == (2, b"new")


def test_another_file_is_another_epoch(tmp_path):
    one = Outbox(tmp_path / "1", origin="o", settings=OutboxSettings())
    two = Outbox(tmp_path / "2", origin="o", settings=OutboxSettings())
    assert one.epoch != two.epoch
    one.close()
    two.close()


@pytest.mark.parametrize("who", [{"epoch": "other"}, {"origin": "o2"}, {"recorder": "stranger"}])
def test_a_confirmation_that_does_not_count_changes_nothing(open_outbox, second, who):
    outbox = open_outbox(required=["r1"])
    outbox.append([second(0)])
    assert outbox.confirm(stored(outbox, (1, 1), **who)) == []
    assert outbox.depth == 1


def test_two_required_recorders_must_both_confirm(open_outbox, second):
    outbox = open_outbox(required=["r1", "r2"])
    outbox.append([second(0), second(1)])
    assert outbox.confirm(stored(outbox, (1, 2), recorder="r1")) == []
    assert outbox.confirm(stored(outbox, (1, 2), recorder="r1")) == []
    assert outbox.confirm(stored(outbox, (2, 2), recorder="r2")) == [2]
    assert [seq for seq, _ in outbox.read(after=0, limit=9)] == [1]


def test_only_recorders_that_are_required_now_count(open_outbox, second):
    outbox = open_outbox(required=["r1", "r2"])
    outbox.append([second(0)])
    outbox.confirm(stored(outbox, (1, 1), recorder="r1"))
    outbox.close()
    outbox = open_outbox(required=["r2", "r3", "r3"])
    assert outbox.confirm(stored(outbox, (1, 1), recorder="r2")) == []
    assert outbox.confirm(stored(outbox, (1, 1), recorder="r3")) == [1]


def test_a_full_outbox_gives_up_seconds_before_bouts_and_bouts_before_events(
    open_outbox, second, bout, event
):
    outbox = open_outbox(max_records=1000)
    outbox.append([event(i) for i in range(600)] + [bout(i) for i in range(300)])
    outbox.append([second(i) for i in range(200)])
    kinds = [type(item).__name__ for _, item in outbox.read(after=0, limit=2000)]
    assert (kinds.count("Event"), kinds.count("Bout"), kinds.count("Second")) == (600, 300, 100)
    assert outbox.dropped == 100
    outbox.append([event(i) for i in range(300)])
    kinds = [type(item).__name__ for _, item in outbox.read(after=0, limit=2000)]
    assert (kinds.count("Event"), kinds.count("Bout"), kinds.count("Second")) == (900, 100, 0)
    assert outbox.depth == 1000


def test_a_full_outbox_gives_up_revisions_before_events(open_outbox, event):
    outbox = open_outbox(max_records=1000)
    revisions = [Revision(from_s=n, to_s=n + 1, rev=1, seconds=[], bouts=[]) for n in range(600)]
    outbox.append([*(event(n) for n in range(600)), *revisions])
    kinds = [type(item).__name__ for _, item in outbox.read(after=0, limit=2000)]
    assert (kinds.count("Event"), kinds.count("Revision")) == (600, 400)


def test_a_full_outbox_keeps_the_newest_seconds(open_outbox, second):
    outbox = open_outbox(max_records=1000)
    outbox.append([second(i) for i in range(1500)])
    left = [item.t_s for _, item in outbox.read(after=0, limit=2000)]
    assert left == [second(i).t_s for i in range(500, 1500)]


def test_a_full_outbox_is_logged_once_and_not_at_every_tick(open_outbox, second, caplog):
    outbox = open_outbox(max_records=1000)
    outbox.append([second(i) for i in range(1000)])
    for i in range(1000, 1005):
        outbox.append([second(i)])
    assert outbox.dropped == 5
    assert caplog.text.count("is full") == 1


def test_sessions_grow_even_when_the_clock_was_set_back(open_outbox):
    outbox = open_outbox()
    assert outbox.session_ms(5000) == 5000
    assert outbox.session_ms(3000) == 5001
    outbox.close()
    assert open_outbox().session_ms(5001) == 5002


def test_revisions_are_numbered_upwards_even_when_the_clock_was_set_back(open_outbox):
    outbox = open_outbox()
    assert outbox.next_rev(5000) == 5000
    outbox.append([Revision(from_s=1, to_s=2, rev=5000, seconds=[], bouts=[])])
    assert outbox.next_rev(3000) == 5001
    outbox.close()
    assert open_outbox().next_rev(3000) == 5001


def test_the_end_of_the_newest_second_outlives_its_confirmation(open_outbox, second, bout):
    outbox = open_outbox()
    assert outbox.last_ms() is None
    outbox.append([second(3), second(2), bout(9)])
    outbox.confirm(stored(outbox, (1, 3)))
    assert outbox.last_ms() == second(4).t_s * 1000


def test_commits_reach_the_disk_before_they_return(open_outbox):
    assert open_outbox()._sql.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_a_record_of_another_version_is_set_aside_and_blocks_nobody(open_outbox, second):
    outbox = open_outbox()
    outbox.append([second(0), second(1)])
    outbox._sql.execute("UPDATE record SET kind = 'hologram' WHERE seq = 1")
    assert [seq for seq, _ in outbox.read(after=0, limit=10)] == [2]
    assert outbox.depth == 1
    assert outbox._sql.execute("SELECT seq FROM unreadable").fetchall() == [(1,)]


def test_a_record_with_a_field_of_a_newer_version_is_read(open_outbox, event):
    outbox = open_outbox()
    outbox.append([event(0)])
    outbox._sql.execute(
        "UPDATE record SET body = json_set(CAST(body AS TEXT), '$.colour', 'red') WHERE seq = 1"
    )
    assert outbox.read(after=0, limit=1) == [(1, event(0))]


def test_an_outbox_of_a_newer_version_is_refused_in_words(tmp_path):
    path = tmp_path / "outbox.sqlite"
    Outbox(path, origin="o", settings=OutboxSettings()).close()
    with sqlite3.connect(path) as sql:
        sql.execute("PRAGMA user_version = 99")
    sql.close()
    with pytest.raises(StoreUnavailableError, match="newer Lumbar"):
        Outbox(path, origin="o", settings=OutboxSettings())


def test_a_folder_that_cannot_be_written_is_refused_in_words(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreUnavailableError, match="writable"):
        Outbox(tmp_path / "file" / "outbox.sqlite", origin="o", settings=OutboxSettings())


def test_listeners_hear_of_appended_records_and_of_urgency(open_outbox, second, event):
    outbox, heard = open_outbox(), []
    outbox.listen(heard.append)
    outbox.append([second(0)])
    outbox.append([second(1), event(1)])
    outbox.append([], checkpoint=b"x")
    assert heard == [False, True]


def test_records_held_through_trouble_keep_their_order(open_outbox, second):
    outbox = open_outbox()
    with blocked(outbox):
        for n in range(3):
            outbox.append([second(n)])
        assert (outbox.depth, outbox.stored_depth) == (3, 0)
    outbox.append([second(3)])
    assert [item for _, item in outbox.read(after=0, limit=9)] == [second(n) for n in range(4)]


class FailsToCommit:
    """A connection to a disk that fills up with the last write of a transaction."""

    def __init__(self, sql):
        self._sql = sql

    def __getattr__(self, name):
        return getattr(self._sql, name)

    def execute(self, query, *parameters):
        if query == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return self._sql.execute(query, *parameters)


def test_a_commit_that_fails_changes_no_count(open_outbox, second, monkeypatch):
    outbox = open_outbox(max_records=1000)
    outbox.append([second(n) for n in range(1000)])
    with monkeypatch.context() as failing:
        failing.setattr(outbox, "_sql", FailsToCommit(outbox._sql))
        outbox.append([second(1000)])
        assert outbox.confirm(stored(outbox, (1, 5))) == []
        assert (outbox.stored_depth, outbox.depth, outbox.dropped) == (1000, 1001, 0)
    outbox.append([])
    assert (outbox.stored_depth, outbox.depth, outbox.dropped) == (1000, 1000, 1)


def test_closing_keeps_what_was_held(open_outbox, second):
    outbox = open_outbox()
    with blocked(outbox):
        outbox.append([second(0)], checkpoint=b"c")
    outbox.close()
    again = open_outbox()
    assert (again.depth, again.checkpoint()) == (1, b"c")


def test_of_what_is_held_in_memory_the_newest_is_kept(open_outbox, second, monkeypatch):
    monkeypatch.setattr("ingest.delivery.outbox.MAX_HELD", 2)
    outbox = open_outbox()
    with blocked(outbox):
        outbox.append([second(n) for n in range(3)])
    outbox.append([])
    assert [item for _, item in outbox.read(after=0, limit=9)] == [second(1), second(2)]
    assert outbox.dropped == 1


@contextmanager
def blocked(outbox):
    """Keep the outbox from writing, as another program or a full disk would."""
    outbox._sql.execute("PRAGMA busy_timeout = 0")
    blocker = sqlite3.connect(outbox.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    yield
    blocker.execute("ROLLBACK")
    blocker.close()


VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE record (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    t_ms INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX record_by_kind ON record (kind, seq);
CREATE TABLE confirmed (seq INTEGER, recorder TEXT, PRIMARY KEY (seq, recorder)) WITHOUT ROWID;
CREATE TRIGGER forget_confirmations AFTER DELETE ON record
    BEGIN DELETE FROM confirmed WHERE seq = old.seq; END;
CREATE TABLE unreadable (seq INTEGER, kind TEXT, t_ms INTEGER, body BLOB);
INSERT INTO meta VALUES ('epoch', 'e1'), ('checkpoint', CAST('state' AS BLOB));
INSERT INTO record VALUES (7, 'second', 1700000000000, CAST('{"t_s": 1700000000, "session": 1,
    "rule": "r0", "calibration": null, "state": "sitting", "confidence": 1.0, "sagittal_deg": null,
    "frontal_deg": null, "up": [1, 0, 0], "acc_sd_ms2": 0, "gyro_rms_rads": null, "travel_m": 0,
    "log_odds": [0, 0, 0, 0], "coverage": 1}' AS BLOB));
INSERT INTO record VALUES (8, 'event', 1700000000000, CAST('{"kind": "mark", "t_ms": 5}' AS BLOB));
PRAGMA user_version = 1;
"""


def test_an_upgrade_finds_the_records_of_the_first_version(tmp_path, second):
    path = tmp_path / "outbox.sqlite"
    old = sqlite3.connect(path)
    old.executescript(VERSION_1)
    old.close()
    outbox = Outbox(path, origin="o", settings=OutboxSettings())
    assert (outbox.epoch, outbox.checkpoint(), outbox.depth) == ("e1", b"state", 2)
    assert [(seq, type(item).__name__) for seq, item in outbox.read(after=0, limit=9)] == [
        (7, "Second"),
        (8, "Event"),
    ]
    outbox.append([second(0)])
    assert outbox.last_seq == 9
    outbox.close()


NOISE = b"\xa5" * 4096


@pytest.mark.parametrize("page", [None, 0, 3, 12])
def test_a_damaged_outbox_is_set_aside_and_a_new_one_begun(tmp_path, second, page, caplog):
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path, origin="o", settings=OutboxSettings())
    outbox.append([second(n) for n in range(200)])
    epoch = outbox.epoch
    outbox.close()
    path.write_bytes(NOISE if page is None else with_noise(path.read_bytes(), page))
    fresh = Outbox(path, origin="o", settings=OutboxSettings())
    assert (fresh.depth, fresh.epoch != epoch) == (0, True)
    fresh.append([second(0)])
    fresh.close()
    assert len(list(tmp_path.glob("outbox.sqlite.damaged-*"))) == 1
    assert "set aside" in caplog.text


def test_an_outbox_that_is_damaged_while_it_is_open_says_what_to_do(tmp_path, second):
    path = tmp_path / "outbox.sqlite"
    with closing(Outbox(path, origin="o", settings=OutboxSettings())) as outbox:
        outbox.append([second(n) for n in range(200)])
        outbox._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        outbox._sql.execute("PRAGMA shrink_memory")
        path.write_bytes(with_noise(path.read_bytes(), 12))
        with pytest.raises(StoreUnavailableError, match="start again"):
            outbox.read(after=0, limit=500)


def with_noise(file, page):
    return file[: page * 4096] + NOISE + file[(page + 1) * 4096 :]
