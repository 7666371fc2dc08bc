import numpy as np
import pytest

from sensor.errors import SetupRefusedError
from sensor.gatt import Advertisement, StreamWant
from sensor.profiles.movesense import (
    COMMAND,
    DATA,
    SERVICE,
    Movesense,
    MovesenseDecoder,
    values_of,
)
from sensor.profiles.standard import SERIAL_NUMBER

REAL = bytes.fromhex(
    "aca1020094b578bf399b8840cdb20d4155ff7cbf6a60884092c70c4182627cbfa2e988405da00c418bf871bf71"
    "248940c38c0c4148e17abf713daabf3333b3bec3f568bf713daabf3e0ad7beae4721bff628bcbf3e0ad7beae47"
    "21bf3333b3bf3e0ad7be"
)
ACC_ONLY = bytes.fromhex(
    "03de010055ab8bbf69f78d4081dd0a412b1387bf975a8d4020840b41e79190bf076d8e401bf10a412b1387bf316e"
    "8d40b9660b41"
)
GYRO_ONLY = bytes.fromhex(
    "03de0100295c8f3f666606c03e0a57beae47a13f85eb01c0295c8fbeae47a13fc3f5e8bf295c8fbe295c8f3f85eb"
    "f1bf3e0a57be"
)
SAMPLES = bytes([2, 0x63])
GOES_ON = bytes([3, 0x63])
HELLO, BATTERY = "0065", "0465" + b"/System/Energy/Level".hex()
START_52, START_104, STOP = (
    "01634d6561732f494d55362f3532",
    "0163" + b"Meas/IMU6/104".hex(),
    "0263",
)
IDENTITY = (
    bytes([1, 0x65, 1]) + b"174630000192\0Movesense\0C4:AB\0gatt_sensordata_app\x001.0.1\0"
).hex()


def answering(status="c800", start=START_52):
    return {
        HELLO: [(DATA, IDENTITY)],
        BATTERY: [(DATA, "0165c80057")],
        STOP: [(DATA, "0163c800")],
        start: [(DATA, "0163" + status)],
    }


def test_a_captured_packet_decodes_to_its_four_samples():
    (batch,) = MovesenseDecoder(52).feed(DATA, SAMPLES + REAL, 5.0)
    assert batch.acc[0] == pytest.approx([-0.97152066, 4.26894808, 8.85615253])
    assert batch.acc[3] == pytest.approx([-0.94519871, 4.28569841, 8.78436565])
    assert np.linalg.norm(batch.acc[0]) == pytest.approx(9.879, abs=1e-3)
    assert np.degrees(batch.gyro[0]) == pytest.approx([-0.98, -1.33, -0.35], abs=1e-5)
    assert np.degrees(batch.gyro[3]) == pytest.approx([-0.63, -1.40, -0.42], abs=1e-5)
    assert batch.ticks == pytest.approx(172460 + np.arange(4) * 1000 / 52)
    assert batch.arrival_s == 5.0


def test_captured_streams_of_one_sensor_decode_to_their_four_samples():
    first_ms, (acc,) = values_of(ACC_ONLY, sensors=1)
    assert first_ms == 122371
    expected = [
        (-1.09116614, 4.43645144, 8.67907810),
        (-1.05527246, 4.41730833, 8.71975708),
        (-1.12945259, 4.45080900, 8.68386364),
        (-1.05527246, 4.41970110, 8.71257877),
    ]
    assert acc == pytest.approx(np.array(expected))
    first_ms, (gyro,) = values_of(GYRO_ONLY, sensors=1)
    assert first_ms == 122371
    expected = [(1.12, -2.10, -0.21), (1.26, -2.03, -0.28), (1.26, -1.82, -0.28)]
    assert gyro == pytest.approx(np.array([*expected, (1.12, -1.89, -0.21)]), abs=1e-5)


@pytest.mark.parametrize("cut", [1, 4, 50, 99])
def test_a_packet_in_two_parts_decodes_like_the_whole(cut):
    decoder = MovesenseDecoder(52)
    assert decoder.feed(DATA, SAMPLES + REAL[:cut], 1.0) == []
    (batch,) = decoder.feed(DATA, GOES_ON + REAL[cut:], 1.1)
    (whole,) = MovesenseDecoder(52).feed(DATA, SAMPLES + REAL, 1.1)
    assert np.array_equal(batch.acc, whole.acc)
    assert np.array_equal(batch.ticks, whole.ticks)


def test_a_packet_in_three_parts_decodes_like_the_whole():
    decoder = MovesenseDecoder(52)
    assert decoder.feed(DATA, SAMPLES + REAL[:30], 1.0) == []
    assert decoder.feed(DATA, GOES_ON + REAL[30:70], 1.0) == []
    (batch,) = decoder.feed(DATA, bytes([4, 0x63]) + REAL[70:], 1.1)
    assert batch.acc[3] == pytest.approx([-0.94519871, 4.28569841, 8.78436565])


def test_a_first_part_without_its_second_is_dropped_and_counted():
    decoder = MovesenseDecoder(52)
    decoder.feed(DATA, SAMPLES + REAL[:30], 1.0)
    (batch,) = decoder.feed(DATA, SAMPLES + REAL, 1.1)
    assert len(batch.acc) == 4
    assert decoder.counts.corrupt == 1


def test_a_second_part_without_its_first_is_dropped_and_counted():
    decoder = MovesenseDecoder(52)
    assert decoder.feed(DATA, GOES_ON + REAL, 1.0) == []
    assert decoder.counts.corrupt == 1


def test_a_packet_of_the_wrong_length_is_never_decoded():
    decoder = MovesenseDecoder(52)
    assert decoder.feed(DATA, SAMPLES + REAL + b"\0" * 24, 1.0) == []
    assert decoder.counts.corrupt == 1


def test_thirteen_hertz_come_one_sample_at_a_time():
    packet = REAL[:16] + REAL[52:64]
    (batch,) = MovesenseDecoder(13).feed(DATA, SAMPLES + packet, 1.0)
    assert batch.acc.shape == (1, 3)


def test_answers_are_not_samples():
    decoder = MovesenseDecoder(52)
    assert decoder.feed(DATA, bytes.fromhex("0163c800"), 1.0) == []
    assert decoder.counts.skipped == 1


async def test_setup_asks_who_it_is_and_start_subscribes_the_samples(scripted, stream, want):
    gatt, profile = scripted(answers=answering()), Movesense()
    _, spec, info = await stream(profile, gatt, want)
    await profile.stop(gatt)
    assert gatt.written() == [HELLO, BATTERY, STOP, START_52, STOP, START_52, STOP]
    assert gatt.written_chars() == {COMMAND} == profile.writable
    assert all(response for _, _, response in gatt.log if response is not None)
    assert (info.serial, info.firmware, info.rate_hz) == ("174630000192", "1.0.1", 52.0)
    assert await profile.battery_percent(gatt) == 87
    assert (spec.tick_s, spec.bits) == (0.001, 32)


async def test_the_charge_is_asked_again_and_told_between_the_samples(scripted, stream, want):
    gatt, profile = scripted(answers=answering()), Movesense()
    decoder, _, _ = await stream(profile, gatt, want)
    first = await profile.battery_percent(gatt)
    assert gatt.written()[-1] == BATTERY
    assert decoder.feed(DATA, bytes.fromhex("0165c80029"), 1.0) == []
    assert decoder.feed(DATA, bytes.fromhex("0165f501"), 1.0) == []  # refused: nothing new
    assert (first, await profile.battery_percent(gatt)) == (87, 41)
    decoder.feed(DATA, bytes.fromhex("0165c80000"), 1.0)
    assert await profile.battery_percent(gatt) == 0


async def test_a_late_answer_is_not_taken_for_the_next_one(scripted, want):
    late = answering("f501") | {STOP: [(DATA, "0163c800"), (DATA, "0163c800")]}
    gatt = scripted(answers=late | {START_104: [(DATA, "0163c800")]})
    _, spec, _ = await Movesense().setup(gatt, want)
    assert spec.nominal_hz == 104.0


def test_a_clock_that_wraps_within_a_packet_wraps():
    last = (2**32 - 10).to_bytes(4, "little")
    (batch,) = MovesenseDecoder(52).feed(DATA, SAMPLES + last + REAL[4:], 1.0)
    assert batch.ticks == pytest.approx([2**32 - 10, 9.23, 28.46, 47.69], abs=0.01)


def test_half_a_packet_is_forgotten_with_its_connection():
    decoder = MovesenseDecoder(52)
    decoder.feed(DATA, SAMPLES + REAL[:30], 1.0)
    decoder.reset()
    assert len(decoder.feed(DATA, SAMPLES + REAL, 1.1)) == 1
    assert decoder.counts.corrupt == 0


async def test_a_charge_that_none_can_have_is_not_told(scripted, want):
    gatt, profile = scripted(answers=answering() | {BATTERY: [(DATA, "0165c800ff")]}), Movesense()
    await profile.setup(gatt, want)
    assert await profile.battery_percent(gatt) is None


async def test_a_strap_that_does_not_tell_its_charge_is_worn_without(scripted, want, impatient):
    answers = answering()
    del answers[BATTERY]
    gatt, profile = scripted(answers=answers), Movesense()
    await profile.setup(gatt, want)
    assert await profile.battery_percent(gatt) is None


FIRST_HELLO = "0165" + b"Hello".hex()


async def test_the_first_firmware_answers_with_samples_alone(scripted, stream, want):
    answers = {HELLO: [(DATA, FIRST_HELLO)], START_52: [(DATA, (SAMPLES + REAL).hex())]}
    gatt = scripted(answers=answers, reads={SERIAL_NUMBER: b"174630000192"})
    _, spec, info = await stream(Movesense(), gatt, want)
    assert gatt.written() == [HELLO, START_52, STOP, START_52]
    assert (info.serial, info.firmware, spec.nominal_hz) == ("174630000192", None, 52.0)


async def test_the_first_firmware_refuses_by_silence(scripted, want, impatient):
    gatt = scripted(answers={HELLO: [(DATA, FIRST_HELLO)]})
    with pytest.raises(SetupRefusedError, match="52 Hz"):
        await Movesense().setup(gatt, want)
    assert gatt.subscribed == {}


async def test_a_rate_it_does_not_have_makes_it_take_the_next(scripted, stream, want):
    answers = answering("f501") | {START_104: [(DATA, "0163c800")]}
    gatt = scripted(answers=answers)
    _, spec, _ = await stream(Movesense(), gatt, want)
    assert spec.nominal_hz == 104.0
    assert gatt.written()[-1] == START_104


async def test_no_rate_at_all_is_a_refusal_with_its_code(scripted):
    start = "0163" + b"Meas/IMU6/208".hex()
    gatt = scripted(answers=answering("f501", start))
    with pytest.raises(SetupRefusedError) as caught:
        await Movesense().setup(gatt, StreamWant(rate_hz=208))
    assert caught.value.code == 501
    assert "strap.rate_hz" in str(caught.value)
    assert gatt.subscribed == {}


async def test_sensors_that_are_in_use_are_a_refusal_with_advice(scripted, want):
    gatt = scripted(answers=answering("9901"))
    with pytest.raises(SetupRefusedError, match="something else is using"):
        await Movesense().setup(gatt, want)


async def test_firmware_without_the_service_is_told_to_be_updated(scripted, want):
    gatt = scripted(lacks={COMMAND})
    with pytest.raises(SetupRefusedError, match="update its firmware"):
        await Movesense().setup(gatt, want)
    assert gatt.log == []


def test_it_is_found_by_service_or_name():
    profile = Movesense()
    assert profile.match(Advertisement("a", "Movesense 174630000192")) == 30
    assert profile.match(Advertisement("a", "x", frozenset({SERVICE}))) == 100
    assert profile.match(Advertisement("a", "Movella DOT")) == 0
