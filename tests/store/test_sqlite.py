"""What the SQLite store does with locks, other processes, damaged and full disks, old files."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ingest.errors import StoreRefusedError, StoreUnavailableError
from ingest.records import NO_DATA, PostureState
from ingest.settings import StoreSettings
from ingest.store import schema, sqlite
from ingest.store.minutes import Minute
from ingest.store.open import open_store
from ingest.store.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.sqlite"


@pytest.fixture
def store(path):
    opened = SqliteStore(path)
    yield opened
    opened.close()


def count(path, table):
    with sqlite3.connect(path) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return found


def test_rollups_equal_a_count_of_the_seconds_after_any_mixture_of_writes(store, records, path):
    t = records.start_s
    states = list(PostureState)
    store.write(records.entries([records.second(t + i, states[i % 6]) for i in range(0, 9000, 2)]))
    store.write(records.entries(records.seconds(t + 3000, t + 5000, session=records.session + 5)))
    store.write(records.entries([records.revision(t + 59, t + 3601, 3, [], [])]))
    store.write(records.entries(records.seconds(t + 8000, t + 8100, state=PostureState.LYING)))
    newest = """
      SELECT state, count(*) FROM
        (SELECT t_s, max(session), state FROM second GROUP BY t_s) GROUP BY state ORDER BY state"""
    connection = sqlite3.connect(path)
    counted = dict(connection.execute(newest).fetchall())
    for table in ("minute", "hour"):
        sums = ", ".join(f"sum({state.value})" for state in PostureState)
        rolled = connection.execute(f"SELECT {sums} FROM {table}").fetchone()
        assert dict(zip([s.value for s in PostureState], rolled, strict=True)) == {
            s.value: counted.get(s.value, 0) for s in PostureState
        }
    connection.close()


def test_nothing_of_a_failed_write_remains(store, records):
    second = records.second(records.start_s)
    broken = records.event(1)
    with pytest.raises(ValueError, match="event_id"):
        store.write([*records.entries([second]), type(broken)(broken.wearer, broken.item)])
    assert store.wearers() == []
    store.write(records.entries([second]))
    assert store.wearers() == [records.wearer]


def test_a_file_that_another_writer_holds_is_busy_and_then_takes_the_same_write(
    store, records, path, monkeypatch
):
    store._sql.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    entries = records.entries(records.seconds(records.start_s, records.start_s + 5))
    with pytest.raises(StoreUnavailableError, match="busy"):
        store.write(entries)
    other.execute("ROLLBACK")
    other.close()
    store.write(entries)
    assert count(path, "second") == 5


def test_a_reader_of_another_process_sees_commits_while_the_writer_is_open(store, records, path):
    code = f"""
        from pathlib import Path
        from ingest.store.sqlite import SqliteStore
        store = SqliteStore(Path({str(path)!r}), read_only=True)
        print(len(store.seconds("ada", "lumbar", (0, 4_000_000_000))))
        store.close()
    """
    for end in (3, 8):
        store.write(records.entries(records.seconds(records.start_s, records.start_s + end)))
        seen = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(seen.stdout) == end


def test_a_recorder_and_screens_never_disturb_each_other(path, records):
    code = f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from conftest import Records
        from ingest.store.sqlite import SqliteStore
        records, store = Records(), SqliteStore(Path({str(path)!r}))
        print("ready", flush=True)
        t = records.start_s
        while t < records.start_s + 6000:
            store.write(records.entries(records.seconds(t, t + 20)))
            t += 20
        print(t - records.start_s)
    """
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "ready\n"
    screens = [SqliteStore(path, read_only=True) for _ in range(3)]
    window = (records.start_s, records.start_s + 6000)
    seen = [0]
    while writer.poll() is None:
        for screen in screens:
            [totals] = screen.totals("ada", "lumbar", [window])
            known_s = 6000 - totals.seconds[NO_DATA]
            assert known_s >= seen[-1]
            assert known_s % 20 == 0  # a write is seen as a whole
            seen.append(known_s)
    for screen in screens:
        screen.close()
    assert (writer.returncode, writer.stdout.read()) == (0, "6000\n")
    writer.stdout.close()
    assert len(set(seen)) > 5


def test_a_read_only_store_refuses_to_write_and_never_creates_a_file(path, records, store):
    reader = SqliteStore(path, read_only=True)
    with pytest.raises(StoreUnavailableError, match="read-only"):
        reader.write(records.entries([records.second(records.start_s)]))
    reader.close()
    missing = path.with_name("none.sqlite")
    with pytest.raises(StoreUnavailableError, match="no history"):
        SqliteStore(missing, read_only=True)
    assert not missing.exists()


def test_kill_9_in_the_middle_of_writing_loses_no_commit(records, path):
    code = f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from conftest import Records
        from ingest.store.sqlite import SqliteStore
        records, store = Records(), SqliteStore(Path({str(path)!r}))
        t = records.start_s
        while True:
            store.write(records.entries(records.seconds(t, t + 10)))
            t += 10
            print(t - records.start_s, flush=True)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    for _ in range(60):
        confirmed = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    process.wait()
    process.stdout.close()
    confirmed = int(rest[-1]) if rest else confirmed
    store = SqliteStore(path, read_only=True)
    [totals] = store.totals("ada", "lumbar", [(records.start_s, records.start_s + confirmed)])
    assert totals.seconds[NO_DATA] == 0
    assert len(store.seconds("ada", "lumbar", (0, 4_000_000_000))) % 10 == 0
    store.close()


def test_a_full_disk_is_said_and_heals_without_reopening(records, path):
    """A limit on the size of files stands in for the disk: the write fails in the kernel."""
    code = f"""
        import resource, signal, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from conftest import Records
        from ingest.errors import StoreUnavailableError
        from ingest.store.sqlite import SqliteStore
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        records, store = Records(), SqliteStore(Path({str(path)!r}))
        blocks = [
            records.entries(records.seconds(t, t + 100))
            for t in range(records.start_s, records.start_s + 3000, 100)
        ]
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        for confirmed, block in enumerate(blocks):
            try:
                store.write(block)
            except StoreUnavailableError as error:
                assert "disk" in str(error), error
                break
        else:
            raise SystemExit("never full")
        held = len(store.seconds("ada", "lumbar", (0, 4_000_000_000)))
        assert held == 100 * confirmed, (held, confirmed)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        for block in blocks[confirmed:]:
            store.write(block)
        print(len(store.seconds("ada", "lumbar", (0, 4_000_000_000))))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) == 3000


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 400 KiB that can be made read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if (
        shutil.which("mount") is None
        or subprocess.run(mounting, check=False, capture_output=True).returncode
    ):
        pytest.skip("mounting a small tmpfs needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_small_and_then_read_only_disk_keeps_what_was_confirmed(small_disk, records):
    path = small_disk / "history.sqlite"
    store = SqliteStore(path)
    confirmed = records.start_s
    with pytest.raises(StoreUnavailableError, match="disk is full"):
        while True:
            store.write(records.entries(records.seconds(confirmed, confirmed + 100)))
            confirmed += 100
    assert len(store.seconds("ada", "lumbar", (0, 4_000_000_000))) == confirmed - records.start_s
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    store.write(records.entries(records.seconds(confirmed, confirmed + 100)))
    store.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreUnavailableError, match="Read-only"):
        SqliteStore(path)


@pytest.mark.parametrize("content", [b"not a database at all, only text\n" * 200, None])
def test_a_damaged_file_is_refused_with_advice(path, records, content):
    if content is None:
        store = SqliteStore(path)
        store.write(records.entries(records.seconds(records.start_s, records.start_s + 500)))
        store.close()
        raw = bytearray(path.read_bytes())
        raw[4096:] = b"\xa5" * (len(raw) - 4096)
        content = bytes(raw)
    path.write_bytes(content)
    with pytest.raises(StoreRefusedError, match="damaged"):
        store = SqliteStore(path)
        try:
            store.write(records.entries([records.second(records.start_s)]))
        finally:
            store.close()


def test_databases_of_others_and_of_the_future_are_refused_untouched(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreRefusedError, match="another program"):
        SqliteStore(path)
    assert path.read_bytes() == before
    newer = path.with_name("newer.sqlite")
    SqliteStore(newer).close()
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    for read_only in (True, False):
        with pytest.raises(StoreRefusedError, match="newer Lumbar"):
            SqliteStore(newer, read_only=read_only)


def test_an_older_file_is_migrated_when_it_is_written_and_refused_when_read(
    path, records, monkeypatch
):
    store = SqliteStore(path)
    store.write(records.entries([records.second(records.start_s)]))
    store.close()
    step = ("ALTER TABLE strap ADD COLUMN note TEXT",)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    with pytest.raises(StoreRefusedError, match="migrate"):
        SqliteStore(path, read_only=True)
    store = SqliteStore(path)
    assert store.wearers() == [records.wearer]
    store.close()
    SqliteStore(path, read_only=True).close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(path, monkeypatch):
    SqliteStore(path).close()
    steps = ("ALTER TABLE strap ADD COLUMN note TEXT", "THIS IS NOT SQL")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, steps))
    with pytest.raises(StoreRefusedError):
        SqliteStore(path)
    monkeypatch.undo()
    SqliteStore(path, read_only=True).close()


def test_a_file_that_was_taken_away_is_made_anew_not_written_into_the_void(path, records, store):
    for file in path.parent.iterdir():
        file.unlink()
    store.write(records.entries([records.second(records.start_s)]))
    assert count(path, "second") == 1


def test_a_reader_follows_a_file_that_was_replaced(path, records, store):
    reader = SqliteStore(path, read_only=True)
    assert reader.wearers() == []
    for file in path.parent.iterdir():
        file.unlink()
    with pytest.raises(StoreUnavailableError, match="no history"):
        reader.wearers()
    store.write(records.entries([records.second(records.start_s)]))
    assert reader.wearers() == [records.wearer]
    reader.close()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_file_and_log_belong_to_their_owner_only(path, store, records):
    store.write(records.entries([records.second(records.start_s)]))
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == [path.name, f"{path.name}-shm", f"{path.name}-wal"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_commits_reach_the_disk_before_they_return(store):
    assert store._sql.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert store._sql.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_settings_name_the_file(tmp_path):
    for settings, expected in [
        (StoreSettings(), tmp_path / "history.sqlite"),
        (StoreSettings(path="other.db"), tmp_path / "other.db"),
        (StoreSettings(path=str(tmp_path / "x" / "far.db")), tmp_path / "x" / "far.db"),
    ]:
        open_store(settings, data_dir=tmp_path).close()
        assert expected.exists()
    with pytest.raises(StoreRefusedError, match="none"):
        open_store(StoreSettings(kind="none"), data_dir=tmp_path)


def test_28_days_of_minutes_load_within_a_second(store, records):
    minutes = [
        Minute(wearer="sim", t_s=records.start_s + i * 60, sitting=40, standing=20)
        for i in range(28 * 1440)
    ]
    started = time.process_time()
    store.load_minutes(minutes)
    assert time.process_time() - started < 2 * 1.0  # the goal, twice over for a slow machine
    [totals] = store.totals("sim", "lumbar", [(records.start_s, records.start_s + 28 * 86_400)])
    assert totals.seconds["sitting"] == 28 * 86_400 * 2 / 3


def test_importing_the_default_store_loads_no_client_of_influxdb():
    code = "import sys, ingest.store.open; sys.exit('influxdb_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_busy_timeout_is_set(store):
    assert store._sql.execute("PRAGMA busy_timeout").fetchone() == (sqlite.BUSY_TIMEOUT_S * 1000,)


@pytest.mark.parametrize(
    "newer", ["STRICT", "RETURNING", "sqlite_schema", "ON CONFLICT DO", "MATERIALIZED", "->>"]
)
def test_the_sql_keeps_to_what_an_old_system_has(newer):
    folder = Path(sqlite.__file__).parent
    assert [file.name for file in folder.glob("*.py") if newer in file.read_text()] == []
