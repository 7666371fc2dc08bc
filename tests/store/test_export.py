"""Exports read back as the records that they were made of."""

from __future__ import annotations

import csv
import io
import json

import duckdb
import msgspec
import pytest

from ingest.past.export import ExportError, check_format, export_rows, write_file, write_text
from ingest.past.export_tables import TABLES, iso
from ingest.records import Bout, Event, PostureState, Second
from ingest.store.base import StoredEvent
from ingest.store.sqlite import SqliteStore

DAY_S = 86_400


@pytest.fixture
def window(records):
    return records.start_s - 600, records.start_s + 2 * DAY_S


@pytest.fixture
def store(tmp_path, records):
    opened = SqliteStore(tmp_path / "history.sqlite")
    t = records.start_s
    opened.write(records.entries(records.seconds(t, t + 90)))
    opened.write(records.entries(records.seconds(t + DAY_S, t + DAY_S + 5, sagittal_deg=None)))
    across = records.bout(t + DAY_S - 700, t + DAY_S - 500.125, PostureState.MOVING)
    opened.write(records.entries([records.bout(t, t + 90), across]))
    note = 'quoted "text", comma\nnewline ☂'
    opened.write(
        [records.event(1), records.event(7, "mark", note=note, n=3, x=0.1, ok=True, no=None)]
    )
    yield opened
    opened.close()


def rows_of(store, name, window, records):
    return export_rows(store, TABLES[name], wearer=records.wearer, position="lumbar", window=window)


def test_days_without_records_cost_one_question_each(store, window, records, monkeypatch):
    asked, totals = [], store.totals
    monkeypatch.setattr(store, "totals", lambda *args: asked.extend(args[2]) or totals(*args))
    long_ago = (window[0] - 1000 * DAY_S, window[1])
    assert list(rows_of(store, "minutes", long_ago, records)) == list(
        rows_of(store, "minutes", window, records)
    )
    assert len(asked) < 1000 + 10 * 1440


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {name: value if value != "" else None for name, value in row.items()}


def read_jsonl(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_parquet(path):
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


READERS = {"csv": read_csv, "jsonl": read_jsonl, "parquet": read_parquet}


def second_of(row):
    up = [row.pop(f"up_{axis}") for axis in "xyz"]
    log_odds = [
        row.pop(f"log_odds_{state}") for state in ("sitting", "standing", "moving", "lying")
    ]
    del row["time"]
    return msgspec.convert({**row, "up": up, "log_odds": log_odds}, Second, strict=False)


def bout_of(row):
    del row["time"]
    return msgspec.convert(row, Bout, strict=False)


def event_of(row):
    del row["time"]
    data = row["data"] if isinstance(row["data"], dict) else json.loads(row["data"])
    identity = row.pop("id")
    return StoredEvent(identity, msgspec.convert({**row, "data": data}, Event, strict=False))


@pytest.mark.parametrize("kind", READERS)
def test_seconds_bouts_and_events_come_back_exactly(store, records, window, tmp_path, kind):
    stored = {
        "seconds": store.seconds(records.wearer, "lumbar", window),
        "bouts": store.bouts(records.wearer, "lumbar", window),
        "events": store.events(records.wearer, window),
    }
    makers = {"seconds": second_of, "bouts": bout_of, "events": event_of}
    for name, expected in stored.items():
        path = tmp_path / f"it's a {name}.{kind}"
        count = write_file(path, kind, TABLES[name], rows_of(store, name, window, records))
        assert [makers[name](row) for row in READERS[kind](path)] == expected
        assert count == len(expected) > 0
        assert path.stat().st_mode & 0o077 == 0
    written = {f"it's a {name}.{kind}" for name in stored}
    assert written == {p.name for p in tmp_path.iterdir() if "history" not in p.name}


@pytest.mark.parametrize("kind", READERS)
def test_minutes_add_up_to_what_is_known(store, records, window, tmp_path, kind):
    path = tmp_path / "minutes"
    write_file(path, kind, TABLES["minutes"], rows_of(store, "minutes", window, records))
    rows = list(READERS[kind](path))
    assert [int(row["sitting"]) for row in rows] == [60, 30, 5]
    assert [int(row["no_data"]) for row in rows] == [0, 30, 55]
    assert rows[0]["time"] == iso(records.start_s * 1000)


def test_a_failed_export_leaves_the_old_file_and_no_other(store, records, window, tmp_path):
    path = tmp_path / "out" / "bouts.csv"
    path.parent.mkdir()
    path.write_text("older")

    def failing():
        yield from rows_of(store, "bouts", window, records)
        raise OSError("gone")

    with pytest.raises(ExportError, match=r"bouts.csv cannot be written \(gone\)"):
        write_file(path, "csv", TABLES["bouts"], failing())
    assert [file.name for file in path.parent.iterdir()] == ["bouts.csv"]
    assert path.read_text() == "older"


def test_progress_counts_days(store, records, window):
    steps = []
    rows = export_rows(
        store,
        TABLES["bouts"],
        wearer=records.wearer,
        position="lumbar",
        window=window,
        progress=lambda done, of: steps.append((done, of)),
    )
    assert write_text(io.StringIO(), "csv", TABLES["bouts"], rows) == 2
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_parquet_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ExportError, match=r"lumbar\[export\]"):
        check_format("parquet")
    check_format("csv")
