import numpy as np
import pytest

from sensor.errors import SetupRefusedError
from sensor.gatt import Advertisement, StreamWant
from sensor.profiles.metamotion import (
    ACCOUNTER_TICK_S,
    COMMAND,
    NOTIFY,
    SERVICE,
    MetaMotion,
    MetaMotionDecoder,
)
from sensor.profiles.metamotion_chips import ACC, Chip, Ranges, config_commands

G = 9.80665


def decoded(chip, ranges, data, **kwargs):
    decoder = MetaMotionDecoder(chip, ranges, **kwargs)
    batches = decoder.feed(NOTIFY, bytes.fromhex(data), 1.0)
    assert decoder.counts.corrupt == decoder.counts.skipped == 0
    return batches[0]


def test_a_single_acceleration_at_4_g():
    batch = decoded(Chip.BMI160, Ranges(acc_g=4), "030416c494a22ad0")
    assert batch.acc[0] / G == pytest.approx([-1.872, -2.919, -1.495], abs=1e-3)
    assert batch.gyro is None


def test_three_packed_accelerations_at_8_g():
    data = "030562b7530de9fd16d04d0e57028affa1050a01"
    batch = decoded(Chip.BMI270, Ranges(acc_g=8), data)
    expected = [[-4.539, 0.833, -0.131], [-2.995, 0.894, 0.146], [-0.029, 0.352, 0.065]]
    assert batch.acc / G == pytest.approx(np.array(expected), abs=1e-3)


def test_register_5_of_the_gyroscope_is_single_on_one_chip():
    batch = decoded(Chip.BMI160, Ranges(gyro_dps=500), "13053e43ff7f0080")
    assert np.degrees(batch.gyro[0]) == pytest.approx([262.409, 499.497, -499.512], abs=1e-3)
    assert batch.acc is None


def test_and_packed_on_the_other():
    decoder = MetaMotionDecoder(Chip.BMI270, Ranges(gyro_dps=500))
    assert decoder.feed(NOTIFY, bytes.fromhex("13053e43ff7f0080"), 1.0) == []
    assert decoder.counts.corrupt == 1


def test_three_packed_rates_at_1000_degrees_per_second():
    data = "13070915ad2608de8a1a0d2665e48d20ac2773ec"
    batch = decoded(Chip.BMI160, Ranges(gyro_dps=1000), data)
    expected = [
        [164.177, 301.860, -265.122],
        [207.134, 296.982, -215.457],
        [254.055, 309.634, -152.591],
    ]
    assert np.degrees(batch.gyro) == pytest.approx(np.array(expected), abs=1e-3)


def test_accounted_samples_carry_the_strap_s_time():
    frames = [
        "090300a6330d00c100b12419cd",
        "090300ad330d00d4001825c0cc",
        "090300b4330d00c7000925b2cc",
        "090300ba330d00c5001725bccc",
        "090300c1330d00d400e924e4cc",
        "090300c8330d00af00f724e3cc",
    ]
    decoder = MetaMotionDecoder(Chip.BMI160, Ranges(acc_g=2), accounters={0: ACC})
    batches = [decoder.feed(NOTIFY, bytes.fromhex(frame), 1.0)[0] for frame in frames]
    ticks = [batch.ticks[0] for batch in batches]
    assert ticks == [865190, 865197, 865204, 865210, 865217, 865224]
    milliseconds = np.floor(np.array(ticks) * ACCOUNTER_TICK_S * 1000)
    assert np.diff(milliseconds) == pytest.approx([10, 11, 8, 11, 10], abs=1)
    assert batches[0].acc[0] / G == pytest.approx([0.0118, 0.5733, -0.7953], abs=1e-4)


@pytest.mark.parametrize("frame", ["090300a6330d00c100b12419", "090300a6330d00c100b12419cd00"])
def test_an_accounted_frame_of_the_wrong_length_is_counted(frame):
    decoder = MetaMotionDecoder(Chip.BMI160, Ranges(), accounters={0: ACC})
    assert decoder.feed(NOTIFY, bytes.fromhex(frame), 1.0) == []
    assert decoder.counts.corrupt == 1


def test_fused_quaternions_are_skipped():
    decoder = MetaMotionDecoder(Chip.BMI160, Ranges())
    assert decoder.feed(NOTIFY, bytes.fromhex("19071b9b703f8c5e4dbd077f1dbe78029abe"), 1.0) == []
    assert decoder.counts.skipped == 1


def test_configuration_bytes_of_both_chips():
    faster = Ranges(rate_hz=200, acc_g=8, gyro_dps=125)
    assert config_commands(Chip.BMI270, faster)[0].hex() == "0303a902"
    assert config_commands(Chip.BMI270, Ranges(gyro_dps=125))[1].hex() == "13032704"
    assert config_commands(Chip.BMI160, Ranges(acc_g=4))[0].hex() == "03032705"


def answering(chip):
    return {
        "0380": [(NOTIFY, f"0380{chip:02x}01")],
        "1380": [(NOTIFY, "13800101")],
        "118c": [(NOTIFY, "118c633410")],
    }


STOP = {
    Chip.BMI270: ["030100", "130100", "03020001", "13020001", "030500", "130500"],
    Chip.BMI160: ["030100", "130100", "03020001", "13020001", "031c00", "130700"],
}
CONFIG = {Chip.BMI270: ["0303a701", "13032702"], Chip.BMI160: ["03032705", "13032702"]}
START = {
    Chip.BMI270: ["030501", "130501", "03020100", "13020100", "030101", "130101"],
    Chip.BMI160: ["031c01", "130701", "03020100", "13020100", "030101", "130101"],
}


@pytest.mark.parametrize("chip", list(Chip))
async def test_setup_start_and_stop_write_the_chip_s_bytes_in_order(scripted, stream, want, chip):
    gatt, profile = scripted(answers=answering(chip)), MetaMotion()
    _, spec, info = await stream(profile, gatt, want)
    await profile.stop(gatt)
    asked = ["0380", "1380", "118c"]
    assert gatt.written() == asked + STOP[chip] + CONFIG[chip] + START[chip] + STOP[chip]
    assert gatt.written_chars() == {COMMAND} == profile.writable
    assert not any(response for _, _, response in gatt.log)
    assert info.details["chip"] == chip.name
    assert await profile.battery_percent(gatt) == 99
    assert spec.nominal_hz == 50.0


async def test_the_charge_is_asked_again_and_told_between_the_samples(scripted, stream, want):
    gatt, profile = scripted(answers=answering(Chip.BMI270)), MetaMotion()
    decoder, _, _ = await stream(profile, gatt, want)
    first = await profile.battery_percent(gatt)
    assert gatt.written()[-1] == "118c"
    assert decoder.feed(NOTIFY, bytes.fromhex("118c2a340e"), 1.0) == []
    assert (first, await profile.battery_percent(gatt)) == (99, 42)
    decoder.feed(NOTIFY, bytes.fromhex("118c00e80c"), 1.0)
    assert await profile.battery_percent(gatt) == 0


async def test_a_strap_that_does_not_tell_its_charge_is_worn_without(scripted, want, impatient):
    answers = answering(Chip.BMI270)
    del answers["118c"]
    gatt, profile = scripted(answers=answers), MetaMotion()
    await profile.setup(gatt, want)
    assert await profile.battery_percent(gatt) is None


async def test_ranges_and_rate_follow_what_is_wanted(scripted, stream):
    gatt = scripted(answers=answering(Chip.BMI270))
    await stream(MetaMotion(), gatt, StreamWant(rate_hz=180, acc_range_g=6, gyro_range_dps=1200))
    assert gatt.written()[9:11] == ["0303a902", "13032900"]


async def test_an_unknown_chip_is_a_refusal_with_its_code(scripted, want):
    gatt = scripted(answers=answering(7))
    with pytest.raises(SetupRefusedError, match="code 7"):
        await MetaMotion().setup(gatt, want)
    assert gatt.subscribed == {}


def test_it_is_found_by_service_or_name():
    assert MetaMotion().match(Advertisement("a", None, frozenset({SERVICE}))) == 100
    assert MetaMotion().match(Advertisement("a", "MetaWear")) == 30
    assert MetaMotion().match(Advertisement("a", "Meta")) == 0
