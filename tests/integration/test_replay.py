"""Replaying a recording: the same file gives the same records, into whichever store."""

from __future__ import annotations

import pytest


def test_the_same_file_gives_identical_records(lumbar, recording):
    first = lumbar.json("replay", str(recording))
    second = lumbar.json("replay", str(recording))
    assert first["records_digest"] == second["records_digest"]
    assert first["records_stored"] == first["records_published"] > 200
    assert (first["lost"], first["duplicates"]) == (0, 0)


def test_another_start_gives_other_records(lumbar, recording):
    as_recorded = lumbar.json("replay", str(recording))
    moved = lumbar.json("replay", str(recording), "--start", "2026-03-02T09:00Z")
    assert moved["records_digest"] != as_recorded["records_digest"]
    assert moved["seconds_by_state"] == as_recorded["seconds_by_state"]


def test_a_second_replay_into_a_history_adds_nothing(lumbar, recording):
    first = lumbar.json("replay", str(recording), "--into", "me")
    second = lumbar.json("replay", str(recording), "--into", "me")
    assert first["wearer"] == "me"
    assert second["records_stored"] == first["records_stored"]
    assert second["duplicates"] == 0


def test_replaying_for_nobody_in_particular_leaves_no_history(lumbar, recording):
    lumbar.json("replay", str(recording))
    assert not lumbar.data_dir.exists()


def test_a_replay_that_is_told_to_end_leaves_no_folder(lumbar, recording, tmp_path):
    lumbar.environ["TMPDIR"] = str(temporary := tmp_path / "tmp")
    temporary.mkdir()
    process = lumbar.start("replay", str(recording), "--speed", "1")
    lumbar.wait_for(lambda: list(temporary.glob("lumbar-replay-*/replay.sqlite")))
    process.terminate()
    assert process.wait(timeout=60) == 130
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_truncated_recording_is_told_in_one_line_or_read_up_to_its_end(
    lumbar, recording, tmp_path, keep
):
    content = recording.read_bytes()
    broken = tmp_path / "broken.lumbar"
    broken.write_bytes(content[: int(len(content) * keep)])
    ended = lumbar.run("replay", str(broken))
    assert "Traceback" not in ended.stderr
    if ended.returncode:
        assert str(broken) in ended.stderr
        assert ended.stderr.count("\n") == 1
    else:
        assert "lost                 0" in ended.stdout


def test_a_file_that_is_no_recording_is_refused_in_one_line(lumbar, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("not samples")
    ended = lumbar.run("replay", str(other))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"lumbar: {other}: ")
    assert ended.stderr.count("\n") == 1
