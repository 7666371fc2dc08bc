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
from recordings import HEADER, START_S, day_events, no_room_beyond, same

from sensor.errors import RecordingError
from sensor.recording import RecordingHeader, RecordingWriter
from sensor.recording_codec import decode, encode
from sensor.recording_reader import read_header, read_recording, recording_info
from sensor.sample import ImuBatch
from sensor.virtual.wearer_sensor import ACC_LSB_MS2


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


def test_what_follows_a_refused_frame_can_be_read(tmp_path):
    path = tmp_path / "refused.lumbar"
    first, *events = [e for e in day_events() if isinstance(e, ImuBatch)]
    with RecordingWriter(path, HEADER) as writer:
        writer.write(first)
        writer.flush()
        with (
            no_room_beyond(path.stat().st_size + 40),
            pytest.raises(RecordingError, match="cannot be written"),
        ):
            for event in events[:100]:
                writer.write(event)
        writer.write(events[-1])
    read = list(read_recording(path))
    assert same(read[0], first)
    assert same(read[-1], events[-1])
    assert not recording_info(path).complete


def test_a_rate_that_is_none_is_refused_by_the_reader(tmp_path):
    path = tmp_path / "still.lumbar"
    RecordingWriter(path, RecordingHeader(rate_hz=0.0)).close()
    with pytest.raises(RecordingError, match=r"still\.lumbar: the frame at byte 20"):
        recording_info(path)


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
