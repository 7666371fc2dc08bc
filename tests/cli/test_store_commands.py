"""`lumbar store` and `lumbar export` on a real file, through the command line."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path

import pytest

from ingest.records import Bout, Event, PostureState, Second
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore
from tui import cli
from tui.exits import Exit
from tui.wiring.progress import ProgressBar

MONDAY_S = 1_767_600_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LUMBAR_DATA_DIR", str(tmp_path))
    (tmp_path / "lumbar.toml").touch()
    monkeypatch.setenv("LUMBAR_CONFIG", str(tmp_path / "lumbar.toml"))
    monkeypatch.setenv("LUMBAR_WEARER_ID", "ada")
    monkeypatch.setenv("LUMBAR_WEARER_TIMEZONE", "UTC")
    store = SqliteStore(tmp_path / "history.sqlite")
    seconds = [
        Second(
            t_s=MONDAY_S + i,
            session=MONDAY_S * 1000,
            rule="r1",
            calibration=None,
            state=PostureState.SITTING,
            confidence=0.9,
            sagittal_deg=None,
            frontal_deg=None,
            up=(1.0, 0.0, 0.0),
            acc_sd_ms2=0.0,
            gyro_rms_rads=None,
            travel_m=0.0,
            log_odds=(0.0, -1.0, -2.0, -3.0),
            coverage=1.0,
        )
        for i in range(120)
    ]
    bout = Bout(
        start_ms=MONDAY_S * 1000,
        end_ms=(MONDAY_S + 120) * 1000,
        session=MONDAY_S * 1000,
        state=PostureState.SITTING,
        rule="r1",
    )
    event = Event(kind="mark", t_ms=MONDAY_S * 1000, data={"note": "hurts"})
    store.write([Entry("ada", item) for item in [*seconds, bout]])
    store.write([Entry("ada", event, "0" * 32)])
    store.close()
    return tmp_path


def run(*words: str) -> int:
    return cli.main(list(words))


def test_a_day_is_exported_to_standard_output_and_to_a_file(home, capsys):
    days = ("--from", "2026-01-05", "--to", "2026-01-05")
    assert run("export", "bouts", *days, "--format", "jsonl") == Exit.OK
    printed = capsys.readouterr()
    assert json.loads(printed.out)["end_ms"] == (MONDAY_S + 120) * 1000
    assert printed.err == "1 bout\n"
    target = home / "s.csv"
    assert run("export", "seconds", *days, "--output", str(target)) == Exit.OK
    assert len(target.read_text().splitlines()) == 121


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_everything_of_a_wearer_is_written_a_file_a_kind(home, capsys, kind):
    folder = home / "mine"
    assert run("export", "--everything", str(folder), "--format", kind) == Exit.OK
    told = capsys.readouterr().err.splitlines()
    assert [line.rpartition("/")[2] for line in told] == [
        f"seconds-lumbar.{kind}: 120 rows",
        f"minutes-lumbar.{kind}: 2 rows",
        f"bouts-lumbar.{kind}: 1 row",
        f"events-lumbar.{kind}: 1 row",
    ]
    assert len(list(folder.iterdir())) == 4
    assert run("export", "--everything", str(folder), "--wearer", "nobody") == Exit.FAILED
    assert "nothing of nobody" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--from", "2026-01-06", "--to", "2026-01-05"), "before"),
        (("--format", "parquet"), "--output"),
    ],
)
def test_an_export_that_makes_no_sense_is_a_usage_error(home, capsys, words, why):
    assert run("export", "bouts", *words) == Exit.USAGE
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("words", [("export", "bouts", "--output"), ("store", "backup")])
def test_a_file_that_cannot_be_written_is_named_as_it_was_given(home, capsys, words):
    assert run(*words, str(home / "nowhere" / "x.csv")) != Exit.OK
    [line] = capsys.readouterr().err.splitlines()
    assert f"{home / 'nowhere'}" in line and "/." not in line and "name " in line


def test_check_and_integrity_tell_a_sound_history_from_one_that_is_not(home, capsys):
    assert run("store", "check") == Exit.OK
    assert "sound" in capsys.readouterr().out
    connection = sqlite3.connect(home / "history.sqlite")
    connection.execute("UPDATE hour SET sitting = 7")
    connection.commit()
    connection.close()
    assert run("store", "integrity", "--json") == Exit.FAILED
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_backup_restore_copy_migrate_and_compact_work_on_the_configured_file(home, capsys):
    backup = home / "b.sqlite"
    assert run("store", "backup", str(backup), "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out)["bytes"] == backup.stat().st_size
    assert run("store", "compact", "--keep-days", "1", "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out)["forgotten_seconds"] == 120
    assert run("store", "restore", str(backup), "--json") == Exit.OK
    assert Path(json.loads(capsys.readouterr().out)["kept"]).exists()
    assert run("store", "migrate", "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out) == {"before": 1, "after": 1}
    copied = f"sqlite:{home / 'copy.sqlite'}"
    assert run("store", "copy", "configured", copied, "--json") == Exit.OK
    counts = json.loads(capsys.readouterr().out)
    assert (counts["seconds"], counts["bouts"], counts["events"]) == (120, 1, 1)


@pytest.mark.parametrize("words", [("restore", "{file}"), ("copy", "sqlite:{file}", "configured")])
def test_a_history_comes_onto_a_machine_that_has_no_data_folder_yet(home, monkeypatch, words):
    file = home / "history.sqlite"
    monkeypatch.setenv("LUMBAR_DATA_DIR", str(home / "share" / "lumbar"))
    assert run("store", *(word.format(file=file) for word in words)) == Exit.OK
    assert (home / "share" / "lumbar").stat().st_mode & 0o777 == 0o700
    assert run("store", "check") == Exit.OK


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("copy", "configured", "configured"), Exit.USAGE, "same"),
        (("copy", "configured", "mysql"), Exit.USAGE, "sqlite:FILE"),
        (("restore", "/nowhere.sqlite"), Exit.UNAVAILABLE, "does not exist"),
        (("compact", "--keep-days", "-1"), Exit.USAGE, "1 or more"),
        (("copy", "configured", "influx"), Exit.UNAVAILABLE, "store.url"),
    ],
)
def test_a_wrong_wish_is_one_line_and_a_documented_code(home, capsys, words, code, why):
    assert run("store", *words) == code
    [line] = capsys.readouterr().err.splitlines()
    assert why in line


def test_a_bar_is_drawn_for_people_only():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        bar = ProgressBar("copying", stream)
        for done in range(1001):
            bar(done, 1000)
    assert pipe.getvalue() == ""
    assert terminal.getvalue().count("\r") == 101
    assert terminal.getvalue().endswith("100 %\n")
