import numpy as np
import pytest

from sensor.errors import SetupRefusedError
from sensor.gatt import Advertisement, StreamWant
from sensor.profiles.movella_dot import (
    BATTERY,
    CONTROL,
    LONG,
    MEASURE,
    MEDIUM,
    DotDecoder,
    MovellaDot,
)

MODE_21 = bytes.fromhex("15cd5b070000003f000014c1000040400000c03f000010c000003443" + "00" * 12)
MODE_26 = bytes.fromhex(
    "00ffffff0000803f"
    + "00" * 12
    + "000000000000000000001d41"
    + "0000c03f000010c000003443"
    + "00" * 19
)
RATE_60 = "10" + "00" * 23 + "3c00" + "00" * 6
AWAKE = "04" + "00" * 31


def test_mode_21_decodes_to_its_values():
    (batch,) = DotDecoder().feed(MEDIUM, MODE_21, 1.0)
    assert batch.ticks == [123456789]
    assert batch.acc[0] == pytest.approx([0.5, -9.25, 3.0])
    assert np.degrees(batch.gyro[0]) == pytest.approx([1.5, -2.25, 180])


def test_mode_26_decodes_to_its_values_just_before_its_clock_wraps():
    (batch,) = DotDecoder().feed(LONG, MODE_26, 1.0)
    assert batch.ticks == [4294967040]
    assert batch.acc[0] == pytest.approx([0, 0, 9.8125])
    assert np.degrees(batch.gyro[0]) == pytest.approx([1.5, -2.25, 180])


def test_a_packet_without_its_padding_is_refused():
    decoder = DotDecoder()
    assert decoder.feed(LONG, MODE_26[:44], 1.0) == []
    assert decoder.counts.corrupt == 1


@pytest.mark.parametrize("bad", ["0000c07f", "0000807f", "ffff7f7f"], ids=["nan", "inf", "huge"])
def test_floats_that_no_strap_measures_are_refused(bad):
    decoder = DotDecoder()
    damaged = MODE_26[:20] + bytes.fromhex(bad) + MODE_26[24:]
    assert decoder.feed(LONG, damaged, 1.0) == []
    assert decoder.counts.corrupt == 1


async def test_setup_and_stop_write_exactly_the_manual_s_bytes(scripted, stream, want):
    gatt, profile = scripted(reads={CONTROL: bytes(32)}), MovellaDot()
    gatt.reads[CONTROL] = bytes(32)
    _, spec, _ = await stream(profile, gatt, want)
    await profile.stop(gatt)
    assert gatt.written() == ["01001a", RATE_60, AWAKE, "01011a", "01001a"]
    assert gatt.written_chars() == {CONTROL, MEASURE} == profile.writable
    assert profile.streams == (LONG,)
    assert (spec.tick_s, spec.bits, spec.nominal_hz) == (1e-6, 32, 60.0)


async def test_the_payload_is_subscribed_before_the_start(scripted, stream, want):
    gatt = scripted(reads={CONTROL: bytes(32)})
    await stream(MovellaDot(), gatt, want)
    assert gatt.log[-2:] == [(LONG, "subscribe", None), (MEASURE, "01011a", True)]


async def test_short_packets_make_it_take_the_mode_without_quaternion(scripted, stream, want):
    gatt, profile = scripted(reads={CONTROL: bytes(32)}, mtu=48), MovellaDot()
    await stream(profile, gatt, want)
    assert profile.streams == (MEDIUM,)
    assert gatt.written()[-1] == "010115"


@pytest.mark.parametrize(
    ("mtu", "streams"), [(None, (LONG,)), (66, (LONG,)), (65, (MEDIUM,)), (43, (MEDIUM,))]
)
async def test_the_mode_is_the_richest_whose_packets_fit(scripted, want, mtu, streams):
    profile = MovellaDot()
    await profile.setup(scripted(reads={CONTROL: bytes(32)}, mtu=mtu), want)
    assert profile.streams == streams


@pytest.mark.parametrize("mtu", [23, 42])
async def test_an_mtu_too_low_for_any_mode_is_a_refusal(scripted, want, mtu):
    with pytest.raises(SetupRefusedError, match=f"MTU of {mtu}"):
        await MovellaDot().setup(scripted(mtu=mtu), want)


async def test_a_rate_that_was_not_taken_is_a_refusal(scripted):
    class Recording(scripted):
        async def read(self, char):
            return bytes(32)

    with pytest.raises(SetupRefusedError, match="30 Hz"):
        await MovellaDot().setup(Recording(), StreamWant(rate_hz=30))


async def test_the_charge_is_its_own(scripted):
    assert await MovellaDot().battery_percent(scripted(reads={BATTERY: b"\x40\x01"})) == 64


def test_it_is_found_by_name_and_company():
    profile = MovellaDot()
    both = Advertisement("a", "Movella DOT", manufacturer_ids=frozenset({2182}))
    assert profile.match(both) == 60
    assert profile.match(Advertisement("a", "Xsens DOT")) == 30
    assert profile.match(Advertisement("a", None, manufacturer_ids=frozenset({2182}))) == 0
