"""A cohort scored again: by one process, by several, by a cluster, and after an interruption."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from ingest.messages import RevisionMessage
from ingest.past.correction import Wish, correct
from ingest.records import PostureState
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore
from sensor.recording import RecordingHeader, RecordingWriter
from sensor.recording_reader import read_header, read_recording
from sensor.sample import ImuBatch
from sensor.virtual.day import SimulatedDay, scripted_day
from tui import cli
from tui.exits import Exit
from tui.wiring import cohort, reprocessed, scoring

START_S = 1_700_000_000.25
FOREVER = (0, 4_000_000_000)
FILES = 4


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Recordings of two wearers; the last one overlaps the one before it of the same wearer."""
    folder = tmp_path_factory.mktemp("study")
    for number in range(FILES):
        start_s = START_S + (90 if number == FILES - 1 else number * 3600)
        if number == FILES - 1:
            start_s += 3600
        day = SimulatedDay(scripted_day(3 / 60, seed=number), seed=number, start_s=start_s)
        header = RecordingHeader(
            profile="simulated", serial=day.serial, rate_hz=50.0, simulated=number == 0
        )
        with RecordingWriter(folder / f"p{number % 2}_{number}.lumbar", header) as writer:
            for event in day.batches():
                writer.write(event)
    return folder


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A data folder for commands that run in this process."""
    monkeypatch.setenv("LUMBAR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LUMBAR_CONFIG", str(tmp_path / "lumbar.toml"))
    (tmp_path / "lumbar.toml").touch()
    return tmp_path / "data"


def here(capsys, *words: object) -> dict[str, object]:
    """Run `lumbar reprocess` in this process alone and return its figures."""
    arguments = ["reprocess", *map(str, words), "--workers", "0", "--json"]
    assert cli.main(arguments) in (Exit.OK, Exit.FAILED)
    figures: dict[str, object] = json.loads(capsys.readouterr().out)
    return figures


def records(folder: Path) -> bytes:
    """Return everything that the store of a data folder gives back."""
    with contextlib.closing(SqliteStore(folder / "history.sqlite", read_only=True)) as store:
        return b"\n".join(
            msgspec.json.encode(
                [
                    wearer,
                    store.seconds(wearer, "lumbar", FOREVER),
                    store.bouts(wearer, "lumbar", FOREVER),
                    store.events(wearer, FOREVER),
                    store.revised(wearer, "lumbar", FOREVER),
                ]
            )
            for wearer in store.wearers()
        )


@pytest.fixture
def sequential(study, tmp_path, monkeypatch, capsys):
    """What one process stores."""
    with monkeypatch.context() as context:
        context.setenv("LUMBAR_DATA_DIR", str(tmp_path / "sequential"))
        context.setenv("LUMBAR_CONFIG", str(tmp_path / "none.toml"))
        (tmp_path / "none.toml").touch()
        figures = here(capsys, study, "--wearer-from-name")
    assert (figures["scored"], figures["failed"]) == (FILES, [])
    return records(tmp_path / "sequential")


def test_several_processes_store_the_same_records_as_one(lumbar, study, sequential):
    figures = lumbar.json("reprocess", str(study), "--wearer-from-name", "--workers", "2")
    assert (figures["recordings"], figures["scored"], figures["skipped"]) == (FILES, FILES, 0)
    assert figures["seconds"] > 500
    assert records(lumbar.data_dir) == sequential


def test_a_cluster_stores_the_same_records_as_one_process(lumbar, study, sequential, tmp_path):
    meeting = tmp_path / "scheduler.json"
    tools = (
        ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter"],
        ["worker", "--no-dashboard", "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"],
    )
    where = ("--scheduler-file", str(meeting))
    started = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{name}", *words, *where],
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
        )
        for name, *words in tools
    ]
    try:
        lumbar.wait_for(lambda: meeting.exists() and bool(meeting.read_text()))
        address = json.loads(meeting.read_text())["address"]
        words = ("reprocess", str(study), "--wearer-from-name", "--scheduler", address)
        lumbar.wait_for(lambda: "has no workers" not in lumbar.run(*words, "--json").stderr)
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=20)
    assert records(lumbar.data_dir) == sequential


def test_a_run_that_was_interrupted_goes_on_where_it_was(
    own, study, sequential, capsys, monkeypatch
):
    def interrupted(recordings):
        for number, scored in enumerate(scoring.here(recordings)):
            if number == 2:
                raise KeyboardInterrupt
            yield scored

    with monkeypatch.context() as context:
        context.setattr(reprocessed, "here", interrupted)
        words = ["reprocess", str(study), "--wearer-from-name", "--workers", "0"]
        assert cli.main(words) == Exit.INTERRUPTED
    with (own / cohort.LEDGER_NAME).open("a") as ledger:
        ledger.write('\n{"key": "cut o')  # as a kill leaves it
    capsys.readouterr()
    figures = here(capsys, study, "--wearer-from-name")
    assert (figures["skipped"], figures["scored"]) == (2, FILES - 2)
    assert records(own) == sequential
    assert here(capsys, study, "--wearer-from-name")["skipped"] == FILES


def test_scoring_twice_without_a_ledger_changes_nothing(own, study, sequential, capsys):
    for _ in range(2):
        assert here(capsys, study, "--wearer-from-name")["scored"] == FILES
        assert records(own) == sequential
        (own / cohort.LEDGER_NAME).unlink()


def test_a_history_that_was_deleted_since_is_filled_again(own, study, sequential, capsys):
    here(capsys, study, "--wearer-from-name")
    for path in own.glob("history.sqlite*"):
        path.unlink()
    assert here(capsys, study, "--wearer-from-name")["scored"] == FILES
    assert records(own) == sequential


def test_what_the_wearer_corrected_stays(own, study, capsys):
    window = (int(START_S) + 60, int(START_S) + 90)
    words = (study / "p0_0.lumbar", "--into", "me")
    here(capsys, *words)
    with contextlib.closing(SqliteStore(own / "history.sqlite")) as store:
        told = correct(store, "me", "lumbar", Wish(*window, PostureState.LYING), rev=9)
        fields = {name: getattr(told, name) for name in told.__struct_fields__}
        store.write([Entry("me", RevisionMessage(origin="o", epoch="e", seq=1, **fields))])
        (own / cohort.LEDGER_NAME).unlink()
        assert here(capsys, *words)["scored"] == 1
        assert {str(s.state) for s in store.seconds("me", "lumbar", window)} == {"lying"}


def test_the_events_of_the_live_run_are_not_doubled(lumbar, study):
    path = str(study / "p0_0.lumbar")
    assert "p0_0.lumbar is simulated, and" in lumbar.run("replay", path, "--into", "me").stderr
    count = "SELECT count(*) FROM event"
    events = lumbar.rows(count)
    seconds = lumbar.rows("SELECT count(*) FROM second")
    assert events != [(0,)]
    done = lumbar.run("reprocess", path, "--into", "me", "--workers", "0")
    assert "1 of these recordings is simulated, and" in done.stderr
    assert lumbar.rows(count) == events
    assert lumbar.rows("SELECT count(*) FROM second") == seconds


def test_a_damaged_recording_is_named_and_the_others_are_scored(own, study, tmp_path, capsys):
    broken = tmp_path / "p1_broken.lumbar"
    content = bytearray((study / "p1_1.lumbar").read_bytes())
    content[len(content) // 2] ^= 0xFF
    broken.write_bytes(content)
    figures = here(capsys, broken, study / "p0_0.lumbar", "--wearer-from-name")
    assert figures["scored"] == 1
    (why,) = figures["failed"]
    assert str(broken) in why


def test_a_recording_of_the_future_is_named_and_stores_nothing(own, tmp_path, capsys):
    day = SimulatedDay(scripted_day(1 / 60, seed=1), seed=1, start_s=time.time() + 3600)
    with RecordingWriter(tmp_path / "p0.lumbar", RecordingHeader(rate_hz=50.0)) as writer:
        for event in day.batches():
            writer.write(event)
    figures = here(capsys, tmp_path / "p0.lumbar")
    assert (figures["scored"], figures["seconds"]) == (0, 0)
    assert "in the future" in figures["failed"][0]


def test_a_name_that_begins_with_no_wearer_is_refused(own, study, tmp_path, capsys):
    (tmp_path / "ä b.lumbar").write_bytes((study / "p0_0.lumbar").read_bytes())
    words = ["reprocess", str(tmp_path / "ä b.lumbar"), "--wearer-from-name"]
    assert cli.main(words) == Exit.FAILED
    assert "begins with no wearer's id" in capsys.readouterr().err


def test_without_dask_one_line_says_what_to_install(own, study, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cli.main(["reprocess", str(study), "--workers", "2"]) == Exit.FAILED
    told = capsys.readouterr().err
    assert "pip install 'lumbar[cluster]'" in told
    assert told.count("\n") == 1


def test_a_scheduler_that_does_not_answer_is_told_in_one_line(lumbar, study):
    ended = lumbar.run("reprocess", str(study), "--scheduler", "tcp://127.0.0.1:9")
    assert ended.returncode == Exit.UNAVAILABLE
    assert ended.stderr.startswith("lumbar: the scheduler tcp://127.0.0.1:9 does not answer")
    assert ended.stderr.count("\n") == 1


def test_a_file_that_changed_since_it_was_asked_for_is_refused(study):
    told = msgspec.msgpack.decode(scoring.score(str(study / "p0_0.lumbar"), "0" * 32))
    assert "is not the same file" in told["trouble"]


def test_what_a_strap_delivered_late_is_scored_in_its_place(study, tmp_path):
    path = study / "p0_0.lumbar"
    batches = [event for event in read_recording(path) if isinstance(event, ImuBatch)]
    late = batches[:300] + batches[400:700] + batches[300:400] + batches[700:]
    with RecordingWriter(tmp_path / "late.lumbar", read_header(path)) as writer:
        for batch in late:
            writer.write(batch)
    one, other = (
        scoring.score(str(file), cohort.digest_of(file))
        for file in (path, tmp_path / "late.lumbar")
    )
    assert one == other
