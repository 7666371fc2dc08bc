"""Parts and tables of a recording: exact, private, and never a half."""

import numpy as np
import pytest
from recordings import START_S, no_room_beyond

from sensor.errors import RecordingError
from sensor.recording_edit import cut_recording, export_csv, export_parquet
from sensor.recording_reader import read_recording
from sensor.sample import ImuBatch


def cut_all(path, to):
    return cut_recording(path, to, from_s=0.0, until_s=float("inf"))


def test_cutting_keeps_exactly_the_samples_between(recording, tmp_path):
    info = cut_recording(
        recording, tmp_path / "cut.lumbar", from_s=START_S + 5, until_s=START_S + 20
    )
    samples = [e for e in read_recording(tmp_path / "cut.lumbar") if isinstance(e, ImuBatch)]
    assert info.samples == (15 - 4) * 50
    assert samples[0].t[0] >= START_S + 5
    assert samples[-1].t[-1] < START_S + 20


def test_what_was_lost_before_a_cut_is_not_lost_within_it(recording, tmp_path):
    to = tmp_path / "cut.lumbar"
    info = cut_recording(recording, to, from_s=START_S + 14, until_s=START_S + 20)
    assert (info.lost, info.gaps, info.link_changes) == (0, 0, 1)


def test_cutting_where_nothing_is_leaves_no_file(recording, tmp_path):
    with pytest.raises(RecordingError, match="no samples"):
        cut_recording(recording, tmp_path / "cut.lumbar", from_s=0, until_s=1)
    assert not (tmp_path / "cut.lumbar").exists()


def test_export_has_a_row_per_sample_that_reads_back_exactly(recording, tmp_path):
    rows = export_csv(recording, tmp_path / "day.csv")
    table = np.loadtxt(tmp_path / "day.csv", delimiter=",", skiprows=1)
    acc = np.concatenate([e.acc for e in read_recording(recording) if isinstance(e, ImuBatch)])
    assert rows == len(table) == len(acc)
    assert np.array_equal(table[:, 1:4], acc)


@pytest.mark.parametrize("make", [export_csv, export_parquet, cut_all])
def test_what_a_full_disk_cut_short_is_removed_again(recording, tmp_path, make):
    before = set(tmp_path.iterdir())
    with (
        no_room_beyond(4000),
        pytest.raises(RecordingError, match=r"(new|table\.csv).*: cannot be written"),
    ):
        make(recording, tmp_path / "new")
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("make", [export_csv, export_parquet, cut_all])
def test_a_file_that_is_there_is_never_touched(recording, tmp_path, make):
    (tmp_path / "mine").write_bytes(b"precious")
    with pytest.raises(RecordingError):
        make(recording, tmp_path / "mine")
    assert (tmp_path / "mine").read_bytes() == b"precious"


@pytest.mark.parametrize("make", [export_csv, export_parquet, cut_all])
def test_a_folder_that_is_missing_is_named(recording, tmp_path, make):
    with pytest.raises(RecordingError, match="cannot be written"):
        make(recording, tmp_path / "nowhere" / "new")


def test_a_table_of_a_damaged_recording_is_not_kept(recording, tmp_path):
    damaged = bytearray(recording.read_bytes())
    damaged[-30] ^= 1
    recording.write_bytes(damaged)
    with pytest.raises(RecordingError, match="damaged"):
        export_csv(recording, tmp_path / "day.csv")
    assert not (tmp_path / "day.csv").exists()


def test_a_recording_and_a_table_of_it_are_their_owners_only(recording, tmp_path):
    export_csv(recording, tmp_path / "day.csv")
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600, 0o600]
