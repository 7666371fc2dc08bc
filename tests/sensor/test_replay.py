"""Recordings and archives as sources of samples."""

import numpy as np
import pytest
from recordings import same

from sensor.errors import RecordingError
from sensor.replay import NpzSource, RecordingSource, open_source
from sensor.sample import ImuBatch
from sensor.source import LinkState, LinkStatus


@pytest.mark.parametrize("content", [b"", b"LUMB", b"LUMBAR1\n\0\0", b"PK nonsense", b"\0" * 500])
def test_what_is_no_recording_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "what.lumbar"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"what\.lumbar: ") as caught:
        open_source(path, start_s=0.0)
    assert "\n" not in str(caught.value)


async def collected(source):
    return [event async for event in source.events()]


async def test_replaying_twice_gives_identical_batches(recording):
    one = await collected(open_source(recording))
    two = await collected(open_source(recording))
    assert all(same(a, b) for a, b in zip(one, two, strict=True))
    assert isinstance(one[0], LinkStatus)


async def test_a_replay_can_start_at_another_time(recording):
    events = await collected(RecordingSource(recording, start_s=5000.0))
    batches = [event for event in events if isinstance(event, ImuBatch)]
    assert events[0].at_s == 5000.0
    first, *changes = [event for event in events if isinstance(event, LinkStatus)]
    assert all(5000.0 <= change.at_s < 5028.0 for change in [first, *changes])
    assert batches[0].t[0] == pytest.approx(5000.0)
    assert batches[-1].t[-1] == pytest.approx(5027.98)


async def test_sources_yield_rows_that_lie_together_in_memory(recording, tmp_path):
    columns = np.asfortranarray(np.ones((50, 3), dtype=np.float32))
    np.savez(tmp_path / "columns.npz", acc_ms2=columns, gyro_rads=columns, rate_hz=50.0)
    for path in (recording, tmp_path / "columns.npz"):
        for event in await collected(open_source(path, start_s=0.0)):
            if isinstance(event, ImuBatch):
                assert event.acc.flags.c_contiguous
                assert event.gyro.flags.c_contiguous


async def test_an_archive_is_replayed_evenly_with_its_rest(tmp_path):
    path = tmp_path / "walk.npz"
    acc = np.arange(309, dtype=np.float32).reshape(103, 3)
    np.savez(path, acc_ms2=acc, gyro_rads=acc / 100, rate_hz=np.float64(100.0))
    source = open_source(path, start_s=1000.0)
    assert isinstance(source, NpzSource)
    events = await collected(source)
    batches = [event for event in events if isinstance(event, ImuBatch)]
    assert events[0].state is LinkState.CONNECTED
    assert np.array_equal(np.concatenate([b.acc for b in batches]), acc)
    assert np.concatenate([b.t for b in batches])[-1] == pytest.approx(1001.02)
    assert source.info.samples == 103


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"acc_ms2": np.ones((4, 3))}, "lacks rate_hz"),
        ({"acc_ms2": np.ones((4, 2)), "rate_hz": 50.0}, r"not \(n, 3\)"),
        ({"acc_ms2": np.full((4, 3), np.nan), "rate_hz": 50.0}, "row 0"),
        ({"acc_ms2": np.ones((4, 3)), "rate_hz": 0.0}, "rate_hz"),
        ({"acc_ms2": np.ones((4, 3)), "gyro_rads": np.ones((3, 3)), "rate_hz": 5.0}, "4 rows"),
        ({"acc_ms2": np.array(["a"]), "rate_hz": 5.0}, "archive"),
    ],
)
def test_a_bad_archive_says_what_is_wrong(tmp_path, arrays, complaint):
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    with pytest.raises(RecordingError, match=complaint):
        NpzSource(path, start_s=0.0)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RecordingError, match=r"gone\.lumbar"):
        open_source(tmp_path / "gone.lumbar")
