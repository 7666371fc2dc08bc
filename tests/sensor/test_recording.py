import json
import shutil
import signal
import struct
import subprocess
import sys
import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.errors import RecordingError
from sensor.recording import RecordingHeader, RecordingWriter
from sensor.recording_codec import decode, encode
from sensor.recording_edit import cut_recording, export_csv
from sensor.recording_reader import read_header, read_recording, recording_info
from sensor.replay import NpzSource, RecordingSource, open_source
from sensor.sample import ImuBatch
from sensor.source import LinkState, LinkStatus
from sensor.virtual.day import SimulatedDay, Step
from sensor.virtual.wearer_sensor import ACC_LSB_MS2, GYRO_LSB_RADS

START_S = 1_700_000_000.25
HEADER = RecordingHeader(
    rate_hz=50.0,
    serial="S1",
    acc_step_ms2=ACC_LSB_MS2,
    gyro_step_rads=float(GYRO_LSB_RADS),
    simulated=True,
)
SCRIPT = (Step("walk", 12), Step("link_loss", 4), Step("sit", 12))


def day_events():
    return list(SimulatedDay(SCRIPT, seed=1, start_s=START_S).batches())


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "day.lumbar"
    with RecordingWriter(path, HEADER) as writer:
        for event in day_events():
            writer.write(event)
    return path


def same(one, other):
    if isinstance(one, LinkStatus):
        return one == other
    gyro = (
        one.gyro is other.gyro is None
        if one.gyro is None or other.gyro is None
        else np.array_equal(one.gyro, other.gyro)
    )
    return (
        np.array_equal(one.t, other.t)
        and np.array_equal(one.acc, other.acc)
        and gyro
        and one.lost == other.lost
    )


def test_what_is_read_is_what_was_written_to_the_bit(recording):
    read = list(read_recording(recording))
    written = day_events()
    assert len(read) == len(written)
    assert all(same(one, other) for one, other in zip(written, read, strict=True))


def test_a_recording_is_small(recording):
    samples = recording_info(recording).samples
    assert recording.stat().st_size < 12 * samples


def test_info_says_what_is_inside(recording):
    info = recording_info(recording)
    assert info.complete
    assert info.samples == 1200
    assert info.lost == 200
    assert info.gaps == 1
    assert info.gap_s == pytest.approx(4.02)
    assert info.link_changes == 3
    assert info.first_s == START_S
    assert info.duration_s == pytest.approx(27.98)
    assert info.header.serial == "S1"


@pytest.mark.parametrize(
    "values",
    [
        np.array([[0.1, -7e300, 5e-324]]),
        np.array([[1.5, -2.25, 1e4]]),
        np.array([[ACC_LSB_MS2 * 3, -ACC_LSB_MS2 * 32767, 0.0]]),
        np.array([[-0.0, 0.0, ACC_LSB_MS2 * 40000]]),
    ],
    ids=["double", "single", "steps", "beyond the steps"],
)
def test_any_values_survive_the_codec(values):
    batch = ImuBatch(np.array([START_S]), values, None, 7)
    (back,) = decode(encode([batch], ACC_LSB_MS2, None), ACC_LSB_MS2, None)
    assert back.acc.tobytes() == values.tobytes() or np.array_equal(back.acc, values)
    assert back.gyro is None
    assert back.lost == 7


@settings(max_examples=60, deadline=None)
@given(payload=st.binary(max_size=200))
def test_a_payload_of_garbage_is_refused_not_raised_through(payload):
    with pytest.raises(RecordingError):
        decode(payload, 0.1, 0.1)


def test_later_notes_change_the_header(tmp_path):
    path = tmp_path / "noted.lumbar"
    with RecordingWriter(path, HEADER) as writer:
        writer.write(day_events()[1])
        writer.note(clock={"source": "device", "skew_ppm": "12.5"}, firmware="1.2")
    assert read_header(path).firmware == "1.2"
    assert read_header(path).clock["skew_ppm"] == "12.5"
    assert len(list(read_recording(path))) == 1


def test_a_note_that_is_no_field_is_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "x.lumbar"
    with RecordingWriter(path, HEADER) as writer, pytest.raises(msgspec.ValidationError):
        writer.note(rate_hz="fast")
    assert recording_info(path).header == HEADER


def test_a_writer_never_overwrites(recording):
    with pytest.raises(RecordingError, match=r"day\.lumbar.*already"):
        RecordingWriter(recording, HEADER)


KILLED = """
import os, sys
from pathlib import Path
from sensor.recording import RecordingHeader, RecordingWriter
from sensor.virtual.day import SimulatedDay, Step
day = SimulatedDay((Step("walk", 30.7),), seed=1, start_s=1000.0)
writer = RecordingWriter(Path(sys.argv[1]), RecordingHeader(rate_hz=50.0))
for event in day.batches():
    writer.write(event)
os.kill(os.getpid(), 9)
"""


def test_a_killed_writer_loses_less_than_two_seconds_and_the_file_opens(tmp_path):
    path = tmp_path / "killed.lumbar"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    info = recording_info(path)
    assert not info.complete
    assert info.last_s > 1030.7 - 2


def test_an_unclosed_recording_opens_wherever_it_was_cut(tmp_path):
    path = tmp_path / "open.lumbar"
    writer = RecordingWriter(path, RecordingHeader(rate_hz=50.0))
    for event in day_events():
        writer.write(event)
    shutil.copy(path, tmp_path / "copy.lumbar")
    writer.close()
    whole = (tmp_path / "copy.lumbar").read_bytes()
    cut = tmp_path / "cut.lumbar"
    before = 0
    for size in range(400, len(whole), 997):
        cut.write_bytes(whole[:size])
        samples = recording_info(cut).samples
        assert samples >= before
        before = samples
    assert before > 1000


def test_a_truncated_recording_names_the_file_and_the_place(recording):
    whole = recording.read_bytes()
    recording.write_bytes(whole[:-100])
    with pytest.raises(
        RecordingError, match=rf"day\.lumbar: is cut off at byte {len(whole) - 100}"
    ):
        list(read_recording(recording))


@pytest.mark.parametrize("at", [25, 60, 400, 2000, -30])
def test_a_flipped_bit_names_the_frame(recording, at):
    damaged = bytearray(recording.read_bytes())
    damaged[at] ^= 0x10
    recording.write_bytes(damaged)
    with pytest.raises(RecordingError, match=r"day\.lumbar: .*byte \d+"):
        recording_info(recording)


def test_damage_in_the_middle_of_an_unclosed_recording_is_not_taken_for_its_end(tmp_path):
    path = tmp_path / "open.lumbar"
    writer = RecordingWriter(path, HEADER)
    for event in day_events():
        writer.write(event)
    damaged = bytearray(path.read_bytes())
    writer.close()
    damaged[3000] ^= 1
    (tmp_path / "bad.lumbar").write_bytes(damaged)
    with pytest.raises(RecordingError, match="damaged"):
        recording_info(tmp_path / "bad.lumbar")


@pytest.mark.parametrize("content", [b"", b"LUMB", b"LUMBAR1\n\0\0", b"PK nonsense", b"\0" * 500])
def test_what_is_no_recording_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "what.lumbar"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"what\.lumbar: ") as caught:
        open_source(path, start_s=0.0)
    assert "\n" not in str(caught.value)


def test_cutting_keeps_exactly_the_samples_between(recording, tmp_path):
    info = cut_recording(
        recording, tmp_path / "cut.lumbar", from_s=START_S + 5, until_s=START_S + 20
    )
    samples = [e for e in read_recording(tmp_path / "cut.lumbar") if isinstance(e, ImuBatch)]
    assert info.samples == (15 - 4) * 50
    assert samples[0].t[0] >= START_S + 5
    assert samples[-1].t[-1] < START_S + 20


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


def columns(raw, at, count, width, samples):
    """Undo the sorting that docs/recordings.md describes, byte by byte."""
    out = np.zeros((samples, count), dtype=np.uint64)
    for column in range(count):
        total = 0
        for i in range(samples):
            difference = 0
            for byte in range(width):
                difference |= raw[at + (column * width + byte) * samples + i] << (8 * byte)
            total = (total + difference) % (1 << (8 * width))
            out[i, column] = total
    return out, at + count * width * samples


def test_a_reader_written_from_the_document_alone_gets_the_samples(recording):
    data = recording.read_bytes()
    assert data[:8] == b"LUMBAR1\n"
    assert struct.unpack_from("<QI", data, 8) == (len(data), zlib.crc32(data[8:16]))
    at, header, found = 20, None, []
    while at < len(data):
        kind, length, checksum = struct.unpack_from("<4sII", data, at)
        payload = data[at + 12 : at + 12 + length]
        assert checksum == zlib.crc32(data[at : at + 8] + payload)
        if kind == b"HEAD":
            header = json.loads(payload)
        elif kind == b"DATA" and not found:
            raw = zlib.decompress(payload)
            batches, samples, gyro = struct.unpack_from("<IIB", raw)
            t, rest = columns(raw, 9 + 8 * batches, 1, 8, samples)
            assert raw[rest] == 0
            acc, _ = columns(raw, rest + 1, 3, 2, samples)
            found = [t.view(np.float64)[:, 0], acc.astype(np.uint16).view(np.int16)]
            assert gyro == 1
        at += 12 + length
    first = [e for e in read_recording(recording) if isinstance(e, ImuBatch)]
    t = np.concatenate([e.t for e in first])[: len(found[0])]
    acc = np.concatenate([e.acc for e in first])[: len(found[0])]
    assert np.array_equal(found[0], t)
    assert np.array_equal(found[1] * header["acc_step_ms2"], acc)


def test_a_recording_and_a_table_of_it_are_their_owners_only(recording, tmp_path):
    export_csv(recording, tmp_path / "day.csv")
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600, 0o600]
