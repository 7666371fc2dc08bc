import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.gatt import Char
from sensor.profiles import (
    metamotion,
    metamotion_chips,
    movella_dot,
    movesense,
    polar,
    thingy52,
    witmotion,
)

MAX_MS2 = 20 * 9.80665
DECODERS = {
    "witmotion": (witmotion.WitMotionDecoder, [witmotion.DATA], b"\x55\x61"),
    "movesense": (lambda: movesense.MovesenseDecoder(52), [movesense.DATA], b"\x02\x63"),
    "polar acc": (lambda: polar.PolarDecoder(52, {2: 2.44e-4}), [polar.DATA], b"\x02"),
    "polar gyro": (lambda: polar.PolarDecoder(52), [polar.DATA], b"\x05"),
    "dot": (movella_dot.DotDecoder, [movella_dot.LONG, movella_dot.MEDIUM], b""),
    "metamotion": (
        lambda: metamotion.MetaMotionDecoder(
            metamotion_chips.Chip.BMI270, metamotion_chips.Ranges(acc_g=16)
        ),
        [metamotion.NOTIFY],
        b"\x03",
    ),
    "thingy": (thingy52.ThingyDecoder, [thingy52.RAW], b""),
}
LENGTHS = st.sampled_from([0, 1, 8, 18, 20, 40, 63, 102])


@pytest.mark.parametrize("name", DECODERS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_random_bytes_never_raise_and_never_give_what_no_strap_measures(name, data):
    make, chars, prefix = DECODERS[name]
    decoder = make()
    fed = data.draw(st.integers(1, 6))
    for _ in range(fed):
        length = data.draw(LENGTHS)
        value = data.draw(st.binary(min_size=length, max_size=length))
        if data.draw(st.booleans()):
            value = (prefix + value)[: max(length, len(prefix))]
        for batch in decoder.feed(data.draw(st.sampled_from(chars)), value, 1.0):
            for values in (batch.acc, batch.gyro):
                assert values is None or np.isfinite(values).all()
            if batch.acc is not None:
                assert np.linalg.norm(batch.acc, axis=1).max() <= MAX_MS2 + 1e-9
            assert batch.ticks is None or np.isfinite(batch.ticks).all()
    assert decoder.counts.notifications == fed


def test_a_signalling_nan_is_refused_without_a_warning():
    signalling = bytes.fromhex("0100a07f")
    dot, gsp = movella_dot.DotDecoder(), movesense.MovesenseDecoder(52)
    polar_gyro = polar.PolarDecoder(52)
    assert dot.feed(movella_dot.MEDIUM, signalling * 10, 1.0) == []
    assert gsp.feed(movesense.DATA, b"\x02\x63" + signalling * 25, 1.0) == []
    assert polar_gyro.feed(polar.DATA, b"\x05" + bytes(8) + b"\x81" + signalling * 3, 1.0) == []
    assert dot.counts.corrupt == gsp.counts.corrupt == polar_gyro.counts.corrupt == 1


@pytest.mark.parametrize("name", DECODERS)
def test_garbage_is_counted(name):
    make, chars, _ = DECODERS[name]
    decoder = make()
    for _ in range(20):
        assert decoder.feed(chars[0], b"\xee\x11\x22", 1.0) == []
    assert decoder.counts.corrupt + decoder.counts.skipped > 0


@pytest.mark.parametrize("name", DECODERS)
def test_other_characteristics_are_none_of_its_business(name):
    decoder = DECODERS[name][0]()
    assert decoder.feed(Char("x", "y"), bytes(20), 1.0) == []
