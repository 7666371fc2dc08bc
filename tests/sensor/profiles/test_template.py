"""The template of docs/adding-a-device.md works as it stands; copy this file along with it."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from sensor.errors import SetupRefusedError
from sensor.gatt import Advertisement

# In your copy, write instead: from sensor.profiles.<vendor> import DATA, RATE, SERVICE, ...
_TEMPLATE = Path(__file__).parents[3] / "docs" / "device_template.py"
_spec = importlib.util.spec_from_file_location("device_template", _TEMPLATE)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
DATA, RATE, SERVICE = _module.DATA, _module.RATE, _module.SERVICE
MyStrap, MyStrapDecoder = _module.MyStrap, _module.MyStrapDecoder

CAPTURED = bytes.fromhex("00000100" + "000000000020" + "8300000000ff")


def test_a_captured_packet_decodes_to_its_values():
    (batch,) = MyStrapDecoder().feed(DATA, CAPTURED, 1.0)
    assert batch.ticks == [65536]
    assert batch.acc[0] == pytest.approx([0, 0, 9.80665])
    assert np.degrees(batch.gyro[0]) == pytest.approx([2.0, 0, -3.908], abs=1e-3)


def test_a_packet_of_the_wrong_length_is_counted():
    decoder = MyStrapDecoder()
    assert decoder.feed(DATA, CAPTURED[:-1], 1.0) == []
    assert decoder.counts.corrupt == 1


async def test_setup_writes_the_rate_and_nothing_else(scripted, stream, want):
    gatt, profile = scripted(reads={RATE: b"\0"}), MyStrap()
    _, spec, _ = await stream(profile, gatt, want)
    assert gatt.written() == ["32"]
    assert gatt.written_chars() == {RATE} == profile.writable
    assert spec.nominal_hz == 50.0


async def test_a_rate_that_was_not_taken_is_a_refusal(scripted, want):
    class Stubborn(scripted):
        async def read(self, char):
            return b"\0"

    with pytest.raises(SetupRefusedError, match="50 Hz"):
        await MyStrap().setup(Stubborn(reads={RATE: b"\0"}), want)


def test_it_is_found_by_its_service():
    assert MyStrap().match(Advertisement("a", None, frozenset({SERVICE}))) == 100
