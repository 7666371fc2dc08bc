import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.errors import SetupRefusedError
from sensor.gatt import Advertisement, StreamWant
from sensor.profiles import witmotion
from sensor.profiles.witmotion import COMMAND, DATA, SERVICE, WitMotion, WitMotionDecoder

REAL = bytes.fromhex("55617702a8fe92fe060230fecdfff8f053fcabc4")
CUT_SHORT = bytes.fromhex("556135ff59ff0a08000000000000b9fc")
STILL = bytes.fromhex("5561000000000008c20500000000000000200000")
MAGNETIC = bytes.fromhex("55713a00680169007a0000000000000000000000")
TIME = bytes.fromhex("1a0b1505200f5500")


def samples(decoder, *notifications):
    batches = [batch for data in notifications for batch in decoder.feed(DATA, data, 1.0)]
    if not batches:
        return np.empty((0, 6))
    return np.concatenate([np.hstack([batch.acc, batch.gyro]) for batch in batches])


def test_a_captured_frame_decodes_to_its_values():
    (row,) = samples(WitMotionDecoder(), REAL)
    assert row[:3] == pytest.approx([3.0215, -1.6472, -1.7526], abs=1e-4)
    assert row[3:] == pytest.approx([0.5518, -0.4943, -0.0543], abs=1e-4)


def test_the_constructed_frame_decodes_to_one_g_and_a_quarter_turn_per_second():
    (row,) = samples(WitMotionDecoder(), STILL)
    assert row[:3] == pytest.approx([0, 0, 9.80665])
    assert row[3:] == pytest.approx([1.5702, 0, 0], abs=1e-4)


def test_a_frame_that_was_cut_short_is_never_decoded():
    decoder = WitMotionDecoder()
    assert len(samples(decoder, CUT_SHORT)) == 0
    assert len(samples(decoder, STILL, REAL, REAL)) == 3
    assert decoder.counts.corrupt == 1


def test_a_cut_frame_is_not_completed_with_the_next_one_even_when_that_is_split():
    rows = samples(WitMotionDecoder(), CUT_SHORT, REAL[:4], REAL[4:], STILL)
    expected = samples(WitMotionDecoder(), REAL, STILL)
    assert np.array_equal(rows, expected)


def test_register_answers_among_the_samples_are_not_samples():
    assert witmotion.registers_of(MAGNETIC) == (0x3A, [360, 105, 122, 0, 0, 0, 0, 0])
    assert len(samples(WitMotionDecoder(), MAGNETIC, REAL + MAGNETIC + STILL)) == 2


def test_frames_with_the_time_decode_like_those_without():
    plain = samples(WitMotionDecoder(), REAL, STILL, REAL)
    timed = samples(WitMotionDecoder(), REAL + TIME, STILL + TIME, REAL + TIME)
    assert np.array_equal(plain, timed)


def test_a_time_that_follows_a_doubtful_frame_is_part_of_it():
    doubtful = STILL[:10] + b"\x55\x61" + STILL[12:]
    decoder = WitMotionDecoder()
    assert len(samples(decoder, doubtful + TIME, STILL + TIME, REAL)) == 3
    assert (decoder.counts.corrupt, decoder.counts.skipped) == (0, 0)


def test_half_a_frame_is_forgotten_with_its_connection():
    decoder = WitMotionDecoder()
    assert len(samples(decoder, REAL[:10])) == 0
    decoder.reset()
    assert len(samples(decoder, REAL[10:] + STILL)) == 1
    assert decoder.counts.skipped == 1


frames = st.lists(
    st.binary(min_size=18, max_size=18).map(lambda payload: b"\x55\x61" + payload),
    min_size=1,
    max_size=12,
)
tricky_frames = st.lists(
    st.sampled_from([REAL, STILL, MAGNETIC, CUT_SHORT, b"\x55\x61" * 10, b"\x55" * 7, b"\x61\x55"]),
    max_size=12,
)


def pieces(stream, cuts):
    bounds = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[a:b] for a, b in pairwise(bounds)]


@settings(max_examples=200, deadline=None)
@given(
    parts=st.one_of(frames, tricky_frames, st.lists(st.binary(max_size=60), max_size=5)),
    cuts=st.lists(st.integers(0, 10_000), max_size=30),
)
def test_any_split_of_a_stream_gives_the_same_samples_and_counts(parts, cuts):
    stream = b"".join(parts)
    whole, split = WitMotionDecoder(), WitMotionDecoder()
    in_one = samples(whole, stream)
    in_pieces = samples(split, *pieces(stream, cuts))
    assert np.array_equal(in_one, in_pieces)
    assert whole.counts.corrupt == split.counts.corrupt


@settings(max_examples=100, deadline=None)
@given(count=st.integers(1, 8), seed=st.integers(0, 2**32 - 1))
def test_every_whole_frame_of_a_clean_stream_is_decoded(count, seed):
    raw = np.random.default_rng(seed).integers(-20000, 20000, (count, 9)).astype("<i2")
    stream = b"".join(b"\x55\x61" + row.tobytes() for row in raw) + STILL
    rows = samples(WitMotionDecoder(), stream)
    assert len(rows) == count + 1
    assert np.allclose(rows[:-1, :3], raw[:, :3] * witmotion.ACC_LSB_MS2)


BATTERY_ASKED = "ffaa276400"
BATTERY_TOLD = [(DATA, "55716400" + "7c01" + "00" * 14)]  # 3.80 V
CONVERSATION = [BATTERY_ASKED, "ffaa6988b5", "ffaa030800"]


class Pauses(list):
    async def __call__(self, seconds):
        self.append(seconds)


async def test_setup_reads_the_charge_and_sets_the_rate_without_saving(scripted, stream, want):
    gatt, pauses = scripted(answers={BATTERY_ASKED: BATTERY_TOLD}), Pauses()
    profile = WitMotion(sleep=pauses)
    _, spec, _ = await stream(profile, gatt, want)
    assert gatt.written() == CONVERSATION
    assert gatt.written_chars() == {COMMAND} == profile.writable
    await profile.stop(gatt)
    assert gatt.written() == CONVERSATION
    assert (spec.tick_s, spec.nominal_hz) == (None, 50.0)
    assert await profile.battery_percent(gatt) == 50
    assert len(pauses) == len(gatt.written()) - 1
    assert min(pauses) >= 0.1


async def test_the_answer_is_found_among_glued_samples(scripted, stream, want):
    told = [(DATA, REAL.hex() + "5571640088010000" + "00" * 12 + STILL.hex())]
    gatt = scripted(answers={BATTERY_ASKED: told})
    profile = WitMotion(sleep=Pauses())
    await stream(profile, gatt, want)
    assert await profile.battery_percent(gatt) == 75


async def test_the_charge_is_asked_again_and_told_between_the_samples(scripted, stream, want):
    gatt = scripted(answers={BATTERY_ASKED: BATTERY_TOLD})
    profile = WitMotion(sleep=Pauses())
    decoder, _, _ = await stream(profile, gatt, want)
    first = await profile.battery_percent(gatt)
    assert gatt.written()[-1] == BATTERY_ASKED
    answer = bytes.fromhex("5571640072010000" + "00" * 12)  # 3.70 V
    (batch,) = decoder.feed(DATA, REAL + answer + STILL, 1.0)
    assert len(batch.acc) == 2
    assert (first, await profile.battery_percent(gatt)) == (50, 20)


async def test_two_hundred_hertz_are_never_asked_for(scripted, stream):
    gatt = scripted(answers={BATTERY_ASKED: BATTERY_TOLD})
    _, spec, _ = await stream(WitMotion(sleep=Pauses()), gatt, StreamWant(rate_hz=200))
    assert gatt.written()[-1] == "ffaa030900"
    assert spec.nominal_hz == 100.0


async def test_a_silent_strap_is_a_refusal_that_leaves_nothing_subscribed(
    scripted, want, impatient
):
    gatt = scripted()
    with pytest.raises(SetupRefusedError, match="tell its charge"):
        await WitMotion(sleep=Pauses()).setup(gatt, want)
    assert gatt.subscribed == {}


def test_only_the_whole_service_uuid_is_a_match():
    sig = SERVICE.replace("9a34fb", "9b34fb")
    profile = WitMotion()
    assert profile.match(Advertisement("a", None, frozenset({SERVICE}))) == 100
    assert profile.match(Advertisement("a", None, frozenset({sig}))) == 0
    assert profile.match(Advertisement("a", "WT901BLE68")) == 30
    assert profile.match(Advertisement("a", "Watch")) == 0


@pytest.mark.parametrize(
    ("centivolts", "percent"),
    [(420, 100), (396, 100), (395, 90), (378, 40), (350, 10), (339, 0), (0, 0)],
)
def test_the_voltage_gives_the_charge(centivolts, percent):
    assert witmotion.battery_percent_of(centivolts) == percent


def test_the_scales_are_those_of_16_g_and_2000_degrees_per_second():
    assert math.isclose(witmotion.ACC_LSB_MS2, 0.004788403, abs_tol=1e-9)
    assert math.isclose(witmotion.GYRO_LSB_RADS, 0.0010652644, abs_tol=1e-10)
    assert math.isclose(witmotion.ACC_LSB_MS2 * 2048, 9.80665)
