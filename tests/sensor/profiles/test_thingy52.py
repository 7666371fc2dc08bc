import numpy as np
import pytest

from sensor.errors import SetupRefusedError
from sensor.gatt import Advertisement, StreamWant
from sensor.profiles.standard import BATTERY_LEVEL, SERIAL_NUMBER
from sensor.profiles.thingy52 import ADVERTISED_SERVICE, CONFIG, RAW, Thingy52, ThingyDecoder

CONSTRUCTED = bytes.fromhex("000000fe77032000c0ff800ca0000000c0fe")
DEFAULT = bytes.fromhex("e803f401f4010a0001")
MAY_SAVE = StreamWant(may_save=True)
AT_50_HZ = "e803f401f401320001"


def test_the_constructed_frame_decodes_to_its_values():
    (batch,) = ThingyDecoder().feed(RAW, CONSTRUCTED, 2.0)
    assert batch.acc[0] / 9.80665 == pytest.approx([0, -0.5, 0.8662], abs=1e-4)
    assert np.degrees(batch.gyro[0]) == pytest.approx([1, -2, 100])
    assert batch.ticks is None


def test_an_overflow_that_its_firmware_clipped_is_not_believed():
    decoder = ThingyDecoder()
    clipped = (31 * 1024).to_bytes(2, "little") + CONSTRUCTED[2:]
    assert decoder.feed(RAW, clipped, 2.0) == []
    assert decoder.counts.corrupt == 1


async def test_its_flash_is_not_written_unasked(scripted):
    gatt = scripted(reads={CONFIG: DEFAULT})
    with pytest.raises(SetupRefusedError, match="may_save"):
        await Thingy52().setup(gatt, StreamWant())
    assert gatt.written() == []


async def test_setup_changes_the_rate_and_nothing_else(scripted, stream):
    gatt, profile = scripted(reads={CONFIG: DEFAULT, SERIAL_NUMBER: b"T1\0"}), Thingy52()
    _, spec, info = await stream(profile, gatt, MAY_SAVE)
    assert gatt.written() == [AT_50_HZ]
    assert gatt.written_chars() == {CONFIG} == profile.writable
    assert spec.nominal_hz == 50.0
    assert (info.serial, info.details["rate_before_hz"]) == ("T1", "10")


async def test_a_strap_that_has_the_rate_already_is_not_written_to(scripted, stream, want):
    gatt = scripted(reads={CONFIG: bytes.fromhex(AT_50_HZ)})
    await stream(Thingy52(), gatt, want)
    assert gatt.written() == []


@pytest.mark.parametrize(("wanted_hz", "config_hz"), [(1, 5), (400, 200), (52.4, 52)])
async def test_a_rate_beyond_what_it_has_is_brought_within(scripted, wanted_hz, config_hz):
    gatt = scripted(reads={CONFIG: DEFAULT})
    _, spec, _ = await Thingy52().setup(gatt, StreamWant(rate_hz=wanted_hz, may_save=True))
    assert gatt.written() == [DEFAULT[:6].hex() + config_hz.to_bytes(2, "little").hex() + "01"]
    assert spec.nominal_hz == config_hz


async def test_a_rate_that_was_not_taken_is_a_refusal(scripted):
    class Stubborn(scripted):
        async def read(self, char):
            return DEFAULT

    with pytest.raises(SetupRefusedError, match="50 Hz"):
        await Thingy52().setup(Stubborn(reads={CONFIG: DEFAULT}), MAY_SAVE)


async def test_the_charge_comes_from_the_standard_service(scripted):
    assert await Thingy52().battery_percent(scripted(reads={BATTERY_LEVEL: b"\x57"})) == 87
    assert await Thingy52().battery_percent(scripted(lacks={BATTERY_LEVEL})) is None
    for nonsense in (b"", b"\xff"):
        assert await Thingy52().battery_percent(scripted(reads={BATTERY_LEVEL: nonsense})) is None


def test_it_is_found_by_service_or_name():
    assert Thingy52().match(Advertisement("a", None, frozenset({ADVERTISED_SERVICE}))) == 100
    assert Thingy52().match(Advertisement("a", "Thingy")) == 30
    assert Thingy52().match(Advertisement("a", "Other")) == 0
