import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.errors import DecodeError, SetupRefusedError
from sensor.gatt import Advertisement, StreamWant
from sensor.profiles.polar import CONTROL, DATA, SERVICE, PolarDecoder, PolarH10, PolarVeritySense
from sensor.profiles.polar_frames import Measurement, parse_frame
from sensor.profiles.polar_settings import Setting, chosen, parse_settings
from sensor.profiles.standard import SERIAL_NUMBER

MILLI_G = 9.80665e-3
ACC_HEADER = bytes.fromhex("020094357700000000")
LONG_CONTENT = bytes.fromhex(
    "7107F06A9E8D0A38BE5CBEBA2F96B3EE4BE5ADFB42B9EBBE4CFEBA2F92BFEE4BE4B1FB12B9ECBD3C3EBB2F8FD3"
    "DE4BE3B5F7D2B8EDBD307E7B2F8BE3CE8BE2BAF7A2B8EEBC20BE7B2F88F3CECBE1BDEF52F8EFBC18FE3B2F8403"
    "BFCBE0C2EF32B8F0BB044EBC2E8113AF0BE0C6EFF2F7F1B9FC7DBC2E7D279F4BDFCAEBC2F7F2B8ECCD7C2E7B37"
    "8F4BDECEE392F7F3B8E00DFD2D774B7FCBDDD2DF6237F5B7D44DBD2D745B6FCBDCD7D73237F6B5C88D7D2D716B"
    "4F4BDCDCD3F236F7B4BCDDFD2C6F7B3F4BDBE0CFD236F8B2B02DBE2C6C8F1FCBDAE3C7A276F9"
)


def test_a_compressed_frame_spreads_its_samples_after_the_one_before():
    decoder = PolarDecoder(52)
    before = bytes([2]) + (100).to_bytes(8, "little") + bytes([0x01]) + bytes(6)
    decoder.feed(DATA, before, 1.0)
    frame = bytes([2, 0x65]) + bytes(7) + bytes.fromhex("81F1FF1400F00306017B0F08")
    (batch,) = decoder.feed(DATA, frame, 1.0)
    assert batch.acc / MILLI_G == pytest.approx(np.array([[-15, 20, 1008], [-20, 17, 1008]]))
    assert np.floor(batch.ticks).tolist() == [100, 101]


def test_a_compressed_gyroscope_frame():
    frame = bytes([5]) + bytes(8) + bytes.fromhex("80EAFF08000D000301DF00")
    (batch,) = PolarDecoder(52).feed(DATA, frame, 1.0)
    assert np.degrees(batch.gyro) == pytest.approx(np.array([[-22, 8, 13], [-23, 11, 16]]))
    assert batch.acc is None


def test_the_long_captured_frame_and_its_factor():
    frame = ACC_HEADER + b"\x80" + LONG_CONTENT
    values = parse_frame(frame).values
    assert len(values) == 57
    assert values[0].tolist() == [1905, 27376, -29282]
    assert values[1].tolist() == [2095, 27271, -29367]
    assert values[56].tolist() == [12274, 20173, -32449]
    (batch,) = PolarDecoder(52, {2: 2.44e-4}).feed(DATA, frame, 1.0)
    assert batch.acc[0] / 9.80665 == pytest.approx(values[0] * 2.44e-4)


def test_a_raw_frame_ends_at_its_timestamp_and_begins_a_period_apart():
    content = bytes.fromhex("F7FFFFFFE703F8FFFEFFE503")
    (batch,) = PolarDecoder(50).feed(DATA, ACC_HEADER + b"\x01" + content, 1.0)
    assert batch.acc / MILLI_G == pytest.approx(np.array([[-9, -1, 999], [-8, -2, 997]]))
    assert batch.ticks.tolist() == [1_980_000_000, 2_000_000_000]


def test_a_gap_does_not_stretch_the_samples_after_it():
    decoder = PolarDecoder(50)
    content = bytes(12)
    for at_ns in (10**9, 5 * 10**9):
        header = bytes([2]) + at_ns.to_bytes(8, "little") + b"\x01"
        (batch,) = decoder.feed(DATA, header + content, 1.0)
    assert np.diff(batch.ticks).tolist() == [20_000_000]


@pytest.mark.parametrize(
    ("frame_type", "content", "expected"),
    [(0, "7f80ff", [127, -128, -1]), (2, "ffff7f000080feffff", [8388607, -8388608, -2])],
)
def test_raw_frames_of_one_and_three_bytes(frame_type, content, expected):
    frame = ACC_HEADER + bytes([frame_type]) + bytes.fromhex(content)
    assert parse_frame(frame).values.tolist() == [expected]


def test_a_compressed_gyroscope_frame_of_floats_adds_up_bit_patterns():
    reference = np.array([1.5, -2.25, 100.0], dtype="<f4")
    following = np.array([1.75, -2.5, 99.0], dtype="<f4")
    deltas = following.view("<i4").astype(np.int64) - reference.view("<i4")
    block = bytes([32, 1]) + deltas.astype("<i4").tobytes()
    frame = bytes([5]) + bytes(8) + b"\x81" + reference.tobytes() + block
    assert parse_frame(frame).values.tolist() == [[1.5, -2.25, 100.0], [1.75, -2.5, 99.0]]


def packed(deltas, bits):
    """Pack two's-complement fields from the least significant bit on, padded to a byte."""
    number = 0
    for i, delta in enumerate(deltas):
        number |= (delta % (1 << bits)) << (i * bits)
    return number.to_bytes((bits * len(deltas) + 7) // 8, "little")


@given(
    reference=st.tuples(*[st.integers(-30000, 30000)] * 3),
    blocks=st.lists(
        st.integers(2, 16).flatmap(
            lambda bits: st.tuples(
                st.just(bits),
                st.lists(
                    st.tuples(*[st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)] * 3),
                    min_size=1,
                    max_size=20,
                ),
            )
        ),
        max_size=4,
    ),
)
def test_what_is_compressed_is_what_comes_out(reference, blocks):
    content = np.array(reference, dtype="<i2").tobytes()
    rows = [list(reference)]
    for bits, deltas in blocks:
        content += bytes([bits, len(deltas)]) + packed([v for row in deltas for v in row], bits)
        for delta in deltas:
            rows.append([a + b for a, b in zip(rows[-1], delta, strict=True)])
    assert parse_frame(ACC_HEADER + b"\x80" + content).values.tolist() == rows


@pytest.mark.parametrize(
    "content",
    ["", "F1FF14", "F1FF1400F0034001", "F1FF1400F0030005", "F1FF1400F00306"],
    ids=["empty", "cut reference", "64 bits", "no bits", "cut block"],
)
def test_a_frame_that_does_not_fit_is_counted(content):
    decoder = PolarDecoder(52)
    assert decoder.feed(DATA, ACC_HEADER + b"\x80" + bytes.fromhex(content), 1.0) == []
    assert decoder.counts.corrupt == 1


@pytest.mark.parametrize(
    ("head", "content"),
    [
        ("02", "01" + "00" * 7),
        ("02", "03" + "00" * 6),
        ("02", "82" + "00" * 6),
        ("05", "01" + "00" * 6),
    ],
    ids=["a half sample", "unknown raw", "unknown compressed", "raw rotation"],
)
def test_a_frame_of_an_unknown_kind_is_counted(head, content):
    decoder = PolarDecoder(52)
    assert decoder.feed(DATA, bytes.fromhex(head) + bytes(8) + bytes.fromhex(content), 1.0) == []
    assert decoder.counts.corrupt == 1


def test_the_type_of_a_frame_and_its_packing_give_the_unit():
    still = np.array([0, 0, 1], dtype="<i2").tobytes()
    up = {}
    for kind in (0x01, 0x80, 0x81):
        (batch,) = PolarDecoder(52).feed(DATA, bytes([2]) + bytes(8) + bytes([kind]) + still, 1.0)
        up[kind] = batch.acc[0, 2] / MILLI_G
    (small,) = PolarDecoder(52).feed(DATA, bytes([2]) + bytes(9) + b"\x00\x00\x01", 1.0)
    assert up == pytest.approx({0x01: 1, 0x80: 1000, 0x81: 1})
    assert small.acc[0, 2] / MILLI_G == pytest.approx(1)


def test_after_a_reset_the_first_frame_is_a_period_apart_again():
    decoder = PolarDecoder(50)
    for at_ns in (10**9, 10**9 + 10**7):
        header = bytes([2]) + at_ns.to_bytes(8, "little") + b"\x01"
        decoder.reset()
        (batch,) = decoder.feed(DATA, header + bytes(12), 1.0)
    assert np.diff(batch.ticks).tolist() == [20_000_000]


async def test_streams_at_two_rates_are_a_refusal(scripted, want):
    slow = {"0105": [(CONTROL, "f001050000" + "00011a00" + GYRO_OFFERED[8:])]}
    start = "0205" + "00011a00" + GYRO_OFFERED[8:]
    gatt = scripted(answers=verity(**slow, **{start: [(CONTROL, "f002050000")]}))
    with pytest.raises(SetupRefusedError, match=r"one rate.*\[52, 26\]"):
        await PolarVeritySense().setup(gatt, want)
    assert gatt.written()[-2:] == ["0302", "0305"]


def test_a_factor_and_a_finer_range_are_not_asked_for():
    offered = parse_settings(bytes.fromhex("00013400" + "0301e8030000" + "05010000803f"))
    assert chosen(offered, rate_hz=50, full_range=8) == {Setting.RATE_HZ: 52}


def test_settings_are_read_as_offered():
    offered = parse_settings(bytes.fromhex("00013400010110000204F500F401E803D007040103"))
    assert offered == {
        Setting.RATE_HZ: (52,),
        Setting.RESOLUTION_BITS: (16,),
        Setting.RANGE: (245, 500, 1000, 2000),
        Setting.CHANNELS: (3,),
    }
    assert chosen(offered, rate_hz=50, full_range=500)[Setting.RANGE] == 500
    assert chosen(offered, rate_hz=100, full_range=4000)[Setting.RATE_HZ] == 52
    assert chosen(offered, rate_hz=100, full_range=4000)[Setting.RANGE] == 2000


@pytest.mark.parametrize("bad", ["00", "000134", "070100", "0002340011"])
def test_settings_that_do_not_fit_are_refused(bad):
    with pytest.raises(DecodeError):
        parse_settings(bytes.fromhex(bad))


ACC_OFFERED = "000134000101100002010800040103"
GYRO_OFFERED = "00013400010110000201d007040103"
START_ACC, START_GYRO = "0202" + "000134000101100002010800040103", "0205" + GYRO_OFFERED
FACTOR = "0501" + np.float32(0.06).tobytes().hex()


def verity(**changed):
    answers = {
        "0102": [(CONTROL, "f001020000" + ACC_OFFERED)],
        "0105": [(CONTROL, "f001050000" + GYRO_OFFERED)],
        START_ACC: [(CONTROL, "f002020000")],
        START_GYRO: [(CONTROL, "f002050000" + FACTOR)],
        "0302": [(CONTROL, "f003020000")],
        "0305": [(CONTROL, "f003050000")],
    }
    return answers | changed


async def test_verity_sense_offers_then_starts_and_stops_both_streams(scripted, stream, want):
    gatt = scripted(answers=verity(), reads={SERIAL_NUMBER: b"0A1B2C3D"})
    profile = PolarVeritySense()
    decoder, spec, info = await stream(profile, gatt, want)
    await profile.stop(gatt)
    agreed = ["0102", START_ACC, "0105", START_GYRO, "0302", "0305"]
    assert gatt.written() == [*agreed, START_ACC, START_GYRO, "0302", "0305"]
    assert gatt.written_chars() == {CONTROL} == profile.writable
    assert (info.serial, info.has_gyro, spec.nominal_hz) == ("0A1B2C3D", True, 52.0)
    frame = bytes([5]) + bytes(8) + bytes.fromhex("80640000000000")
    assert np.degrees(decoder.feed(DATA, frame, 1.0)[0].gyro[0, 0]) == pytest.approx(6.0)


async def test_h10_is_asked_for_acceleration_only(scripted, stream, want):
    offered = "0004190032006400c800" + "01011000" + "0203020004000800"
    start = "0202" + "00013200" + "01011000" + "02010400"
    gatt = scripted(
        answers={
            "0102": [(CONTROL, "f001020000" + offered)],
            start: [(CONTROL, "f002020000")],
            "0302": [(CONTROL, "f003020000")],
        }
    )
    _, spec, info = await stream(PolarH10(), gatt, want)
    assert gatt.written() == ["0102", start, "0302", start]
    assert (spec.nominal_hz, info.has_gyro) == (50.0, False)


async def test_a_stream_that_runs_already_is_stopped_and_started_again(scripted, stream, want):
    already = [[(CONTROL, "f002020600")], [(CONTROL, "f002020000")]]
    gatt = scripted(answers=verity(**{START_ACC: already}))
    await stream(PolarVeritySense(), gatt, want)
    assert gatt.written()[:4] == ["0102", START_ACC, "0302", START_ACC]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("08", "strap.rate_hz"),
        ("0a", "another Bluetooth adapter"),
        ("0c", "Polar's app"),
        ("0d", "charger"),
        ("63", "switch it off and on"),
    ],
)
async def test_a_refused_start_names_the_code_and_what_to_do(scripted, want, status, advice):
    refused = {START_ACC: [(CONTROL, f"f00202{status}00")]}
    with pytest.raises(SetupRefusedError, match=advice) as caught:
        await PolarVeritySense().setup(scripted(answers=verity(**refused)), want)
    assert caught.value.code == int(status, 16)


async def test_settings_in_a_language_of_the_future_are_a_refusal(scripted, want):
    strange = {"0102": [(CONTROL, "f001020000ffffff")]}
    with pytest.raises(SetupRefusedError, match="update its firmware"):
        await PolarVeritySense().setup(scripted(answers=verity(**strange)), want)


def test_each_is_found_by_its_own_name():
    name, service = "Polar H10 12345678", frozenset({SERVICE})
    assert PolarH10().match(Advertisement("a", name, service)) == 100
    assert PolarVeritySense().match(Advertisement("a", name, service)) == 0
    assert PolarVeritySense().match(Advertisement("a", "Polar Sense 0A1B2C3D")) == 30
    assert PolarH10().match(Advertisement("a", None, service)) == 0


def test_measurement_numbers_are_those_of_the_service():
    assert (Measurement.ACC, Measurement.GYRO) == (2, 5)
    assert StreamWant().rate_hz == 50
