import os
from dataclasses import replace

import numpy as np
import pytest
from recordings import no_room_beyond

from sensor.capture import CapturingSource, header_of
from sensor.errors import RecordingError
from sensor.gatt import StreamInfo
from sensor.recording_reader import read_recording, recording_info
from sensor.sample import ImuBatch
from sensor.source import KeepsCalibration, LinkState, LinkStatus
from sensor.virtual.day import SimulatedDay, SimulatedSource, Step

START_S = 1_700_000_000.0
INFO = StreamInfo("witmotion", "W1", "1.0", 50.0, True, {"acc_step_ms2": "0.25", "chip": "x"})
SCRIPT = (Step("walk", 6), Step("link_loss", 3), Step("sit", 6))


def source():
    return SimulatedSource(SimulatedDay(SCRIPT, seed=1, start_s=START_S))


async def drained(capturing):
    return [event async for event in capturing.events()]


async def test_everything_goes_on_and_is_kept(tmp_path):
    capturing = CapturingSource(source(), tmp_path / "a.lumbar", info=lambda: INFO)
    passed = await drained(capturing)
    kept = [e for e in read_recording(tmp_path / "a.lumbar") if isinstance(e, ImuBatch)]
    batches = [e for e in passed if isinstance(e, ImuBatch)]
    assert len(passed) == len([event async for event in source().events()])
    assert np.array_equal(
        np.concatenate([b.acc for b in kept]), np.concatenate([b.acc for b in batches])
    )
    info = recording_info(tmp_path / "a.lumbar")
    assert info.complete
    assert (info.header.profile, info.header.serial) == ("witmotion", "W1")
    assert info.header.acc_step_ms2 == 0.25
    assert info.link_changes == 2
    assert capturing.samples == info.samples


async def test_clock_and_calibration_are_kept_as_they_became_known(tmp_path):
    drift = iter(["0.0", "1.5", "2.5"])
    capturing = CapturingSource(
        source(), tmp_path / "a.lumbar", info=lambda: INFO, clock=lambda: {"drift": next(drift)}
    )
    events = capturing.events()
    async for _ in events:
        if capturing.samples >= 100:
            break
    assert isinstance(capturing, KeepsCalibration)
    capturing.calibrated({"id": "c1"})
    assert recording_info(tmp_path / "a.lumbar").header.clock == {"drift": "1.5"}
    await events.aclose()
    header = recording_info(tmp_path / "a.lumbar").header
    assert (header.clock, header.calibration) == ({"drift": "2.5"}, {"id": "c1"})


async def test_late_samples_have_no_place_in_a_recording(tmp_path):
    class Late:
        async def events(self):
            for at, late in ((1.0, False), (0.5, True), (2.0, False)):
                t = START_S + at + np.arange(5) / 50
                yield ImuBatch(t, np.ones((5, 3)), None, backfill=late)

    passed = await drained(CapturingSource(Late(), tmp_path / "a.lumbar", info=lambda: INFO))
    assert len(passed) == 3
    assert recording_info(tmp_path / "a.lumbar").samples == 10


async def test_closing_early_closes_the_recording(tmp_path):
    capturing = CapturingSource(source(), tmp_path / "a.lumbar", info=lambda: None)
    events = capturing.events()
    async for _ in events:
        if capturing.samples >= 100:
            break
    await events.aclose()
    assert recording_info(tmp_path / "a.lumbar").complete
    assert recording_info(tmp_path / "a.lumbar").samples == 100


async def test_a_full_disk_ends_the_recording_but_not_the_measuring(tmp_path, caplog):
    path = tmp_path / "a.lumbar"
    with no_room_beyond(6000):
        passed = await drained(CapturingSource(source(), path, info=lambda: INFO))
    assert sum(len(e) for e in passed if isinstance(e, ImuBatch)) == 600
    assert "measuring goes on" in caplog.text
    assert not recording_info(path).complete
    assert 0 < recording_info(path).samples < 600


async def test_a_disk_without_room_for_the_header_leaves_no_file(tmp_path, caplog):
    with no_room_beyond(10):
        passed = await drained(CapturingSource(source(), tmp_path / "a.lumbar", info=lambda: INFO))
    assert sum(len(e) for e in passed if isinstance(e, ImuBatch)) == 600
    assert "measuring goes on" in caplog.text
    assert list(tmp_path.iterdir()) == []


async def test_a_disk_that_refuses_to_sync_is_a_full_disk(tmp_path, caplog, monkeypatch):
    def refuse(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    passed = await drained(CapturingSource(source(), tmp_path / "a.lumbar", info=lambda: INFO))
    assert sum(len(e) for e in passed if isinstance(e, ImuBatch)) == 600
    assert "Input/output error" in caplog.text


def test_an_existing_file_is_refused_before_anything_is_measured(tmp_path):
    (tmp_path / "a.lumbar").write_bytes(b"precious")
    with pytest.raises(RecordingError, match="choose another name"):
        CapturingSource(source(), tmp_path / "a.lumbar", info=lambda: None)
    assert (tmp_path / "a.lumbar").read_bytes() == b"precious"


def test_without_a_strap_the_header_says_what_the_link_knows():
    status = LinkStatus(0.0, LinkState.CONNECTED, device="D", serial="S", profile="simulated")
    header = header_of(None, status)
    assert (header.device, header.serial, header.profile) == ("D", "S", "simulated")


def test_a_step_that_is_no_number_makes_the_recording_larger_not_impossible():
    strange = replace(INFO, details={"acc_step_ms2": "about 0.25"})
    assert header_of(strange, None).acc_step_ms2 is None
