"""The open Lumbar IMU's packets: vectors, garbage, and counters and clocks that wrap."""

import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.profiles import lumbar_wire as wire
from sensor.profiles.lumbar_decoder import LumbarDecoder

VECTOR_INFO = wire.Info.unpack(bytes.fromhex("01080500e7d09c3a7922a03900800000a001100e"))
ONE_SAMPLE = bytes.fromhex("1001ffff00000100000054f0ba1b0c00deff0500")
TWO_SAMPLES = bytes.fromhex("104200008f020100010056f0bc1b0a00e2ff0400020058f0bd1b0900e4ff0300")
INFO = wire.Info(wire.Capability.GYRO, 0.0012, 0.0003, 32768, 416, 0)
NOMINAL_TICKS = 655.36


def vector_decoder():
    return LumbarDecoder(VECTOR_INFO, 50.0)


@pytest.fixture
def decoder():
    return LumbarDecoder(INFO, 50.0)


def live(seq, tick, *, count=10):
    return wire.Header(wire.Kind.ACC, count, seq, tick).pack() + bytes(6 * count)


def buffered(seq, tick, *, whole=None):
    header = wire.Header(wire.Kind.ACC, 1, seq & 0xFFFF, tick, backfill=True).pack()
    return header + struct.pack("<I", seq if whole is None else whole) + bytes(6)


def steps(raw):
    return np.diff(raw.ticks)


def test_the_ticks_between_two_packets_are_those_that_the_strap_took(decoder):
    (first,) = decoder.feed(wire.DATA, live(0, 0), 0.0)
    (second,) = decoder.feed(wire.DATA, live(10, 6600), 0.2)
    assert steps(first) == pytest.approx(NOMINAL_TICKS, abs=1)
    assert steps(second).tolist() == [660.0] * 9


@pytest.mark.parametrize("tick", [0, 3000, 66_000, 2**31])
def test_ticks_that_no_crystal_makes_teach_nothing(decoder, tick):
    decoder.feed(wire.DATA, live(0, 0), 0.0)
    (raw,) = decoder.feed(wire.DATA, live(10, tick), 0.2)
    assert steps(raw) == pytest.approx(NOMINAL_TICKS, abs=1)


def test_a_buffered_packet_between_two_live_ones_teaches_nothing(decoder):
    decoder.feed(wire.DATA, live(1000, 660_000), 0.0)
    decoder.feed(wire.BACKFILL, buffered(1009, 660_000 + 9 * 640), 0.1)
    (raw,) = decoder.feed(wire.DATA, live(1010, 666_600), 0.2)
    assert steps(raw).tolist() == [660.0] * 9


def test_a_clock_that_wraps_within_a_packet_wraps(decoder):
    (raw,) = decoder.feed(wire.DATA, live(0, 2**32 - 100, count=2), 0.0)
    assert raw.ticks.tolist() == [2**32 - 100, 555.0]


def test_a_buffered_packet_whose_counters_disagree_is_corrupt(decoder):
    assert decoder.feed(wire.BACKFILL, buffered(7, 9, whole=0x5_0008), 0.0) == []
    assert decoder.counts.corrupt == 1


def test_with_the_start_known_a_counter_is_whole_and_wraps_at_32_bits(decoder):
    decoder.anchor(2**32 - 15)
    seqs = [
        decoder.feed(wire.DATA, live(seq & 0xFFFF, 0), 0.0)[0]
        for seq in (2**32 - 15, 2**32 - 5, 5, 70_005 - 5000)
    ]
    assert [raw.seq for raw in seqs[:3]] == [2**32 - 15, 2**32 - 5, 5]
    assert {raw.seq_bits for raw in seqs} == {32}


def test_after_a_reset_the_rate_is_learned_again(decoder):
    decoder.feed(wire.DATA, live(0, 0), 0.0)
    decoder.reset()
    (raw,) = decoder.feed(wire.DATA, live(10, 6600), 0.2)
    assert steps(raw) == pytest.approx(NOMINAL_TICKS, abs=1)
    assert raw.seq_bits == 16


def test_packets_of_another_characteristic_are_skipped(decoder):
    assert decoder.feed(wire.STATUS, live(0, 0), 0.0) == []
    assert decoder.counts.skipped == 1


def test_the_one_sample_vector_decodes_to_its_stated_values():
    (raw,) = vector_decoder().feed(wire.DATA, ONE_SAMPLE, 7.0)

    assert (raw.seq, raw.overrun, raw.backfill, raw.arrival_s) == (65535, False, False, 7.0)
    assert raw.ticks.tolist() == [65536.0]
    np.testing.assert_allclose(raw.acc, [[0, -4.8000, 8.4921]], atol=5e-5)
    np.testing.assert_allclose(raw.gyro, [[0.003665, -0.010385, 0.001527]], atol=5e-7)


def test_the_two_sample_vector_follows_it_with_an_overrun():
    decode = vector_decoder()
    decode.feed(wire.DATA, ONE_SAMPLE, 7.0)

    (raw,) = decode.feed(wire.DATA, TWO_SAMPLES, 7.1)

    assert (raw.seq, raw.overrun) == (0, True)
    assert raw.ticks.tolist() == [66191.0, 66191.0 + 655.0]
    assert (raw.ticks[0] - 65536) / 32768 == pytest.approx(0.01999, abs=1e-5)


def test_acceleration_alone_and_with_a_quaternion_decode_too():
    acc = struct.pack("<3h", 0, 0, 8192)
    plain = wire.Header(wire.Kind.ACC, 1, 3, 9).pack() + acc
    turned = wire.Header(wire.Kind.ACC_QUATERNION, 1, 4, 9).pack() + acc + bytes(8)

    for packet in (plain, turned):
        (raw,) = vector_decoder().feed(wire.DATA, packet, 0.0)
        assert raw.gyro is None
        np.testing.assert_allclose(raw.acc, [[0, 0, 9.801]], atol=1e-3)


def test_a_backfill_packet_carries_the_whole_counter():
    seq = 0x0005_0007
    header = wire.Header(wire.Kind.ACC, 1, seq & 0xFFFF, 9, backfill=True).pack()
    packet = header + struct.pack("<I3h", seq, 0, 0, 8192)

    (raw,) = vector_decoder().feed(wire.BACKFILL, packet, 0.0)

    assert (raw.seq, raw.seq_bits, raw.backfill) == (seq, 32, True)


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", "corrupt"),
        (ONE_SAMPLE[:-1], "corrupt"),
        (ONE_SAMPLE + b"\0", "corrupt"),
        (bytes.fromhex("1000ffff00000100"), "corrupt"),
        (bytes.fromhex("1701ffff00000100") + bytes(12), "skipped"),
        (bytes.fromhex("2001ffff00000100") + bytes(12), "skipped"),
    ],
)
def test_a_packet_that_makes_no_sense_is_counted_and_left_out(packet, reason):
    decode = vector_decoder()

    assert decode.feed(wire.DATA, packet, 0.0) == []
    assert getattr(decode.counts, reason) == 1


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_random_bytes_never_raise_and_never_give_absurd_samples(packets):
    decode = vector_decoder()

    for packet in packets:
        for raw in decode.feed(wire.DATA, packet, 0.0):
            assert np.isfinite(raw.acc).all()
            assert np.abs(raw.acc).max() <= 20 * 9.80665
    assert decode.counts.notifications == len(packets)


@given(st.integers(1, 42), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.booleans())
def test_what_is_packed_is_what_is_read(count, seq, tick, overrun):
    header = wire.Header(wire.Kind.ACC, count, seq, tick, overrun=overrun)

    assert wire.Header.unpack(header.pack()) == header


def test_at_a_wide_range_more_than_20_g_is_not_believed():
    wide = LumbarDecoder(replace(VECTOR_INFO, acc_ms2_per_lsb=16 * 9.80665 / 0x8000), 50.0)
    header = wire.Header(wire.Kind.ACC, 1, 3, 9).pack()

    assert len(wide.feed(wire.DATA, header + struct.pack("<3h", 0x7FFF, 0, 0), 1.0)) == 1
    assert wide.feed(wire.DATA, header + struct.pack("<3h", *[0x7FFF] * 3), 1.0) == []
    assert wide.counts.corrupt == 1
