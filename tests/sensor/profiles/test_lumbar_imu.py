"""The open Lumbar IMU against the vectors and byte sequences of its specification."""

import math
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.errors import SetupRefusedError
from sensor.gatt import Advertisement, StreamWant
from sensor.profiles import lumbar_wire as wire
from sensor.profiles.lumbar_decoder import LumbarDecoder
from sensor.profiles.lumbar_imu import LumbarImu

G = 9.80665
INFO = bytes.fromhex("01080500e7d09c3a7922a03900800000a001100e")
CONFIG = bytes.fromhex("320004f401000a00")
ONE_SAMPLE = bytes.fromhex("1001ffff00000100000054f0ba1b0c00deff0500")
TWO_SAMPLES = bytes.fromhex("104200008f020100010056f0bc1b0a00e2ff0400020058f0bd1b0900e4ff0300")
START, STOP = "01", "02"
OK, STREAMING = "8100" + "00" * 8, "8103" + "00" * 8


def decoder():
    return LumbarDecoder(wire.Info.unpack(INFO), 50.0)


def reads(**changed):
    return {
        wire.INFO: INFO,
        wire.CONFIG: CONFIG,
        wire.SERIAL_NUMBER: b"LB-0042",
        wire.FIRMWARE_REVISION: b"1.2.0\0",
        wire.BATTERY_LEVEL: b"\x57",
        **changed,
    }


def test_the_info_vector_says_what_the_strap_is():
    info = wire.Info.unpack(INFO)

    assert info.caps == wire.Capability.GYRO | wire.Capability.RING_BUFFER
    assert info.acc_ms2_per_lsb == pytest.approx(0.0011964113, rel=1e-6)
    assert info.gyro_rads_per_lsb == pytest.approx(0.00030543262, rel=1e-6)
    assert (info.tick_hz, info.max_hz, info.ring_seconds) == (32768, 416, 3600)
    assert info.pack() == INFO


def test_the_config_vector_is_what_the_host_writes():
    assert wire.Config(50, 4, 500, 0, 10).pack() == CONFIG
    assert wire.Config.unpack(CONFIG) == wire.Config(50, 4, 500, 0, 10)


def test_the_one_sample_vector_decodes_to_its_stated_values():
    (raw,) = decoder().feed(wire.DATA, ONE_SAMPLE, 7.0)

    assert (raw.seq, raw.overrun, raw.backfill, raw.arrival_s) == (65535, False, False, 7.0)
    assert raw.ticks.tolist() == [65536.0]
    np.testing.assert_allclose(raw.acc, [[0, -4.8000, 8.4921]], atol=5e-5)
    np.testing.assert_allclose(raw.gyro, [[0.003665, -0.010385, 0.001527]], atol=5e-7)


def test_the_two_sample_vector_follows_it_with_an_overrun():
    decode = decoder()
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
        (raw,) = decoder().feed(wire.DATA, packet, 0.0)
        assert raw.gyro is None
        np.testing.assert_allclose(raw.acc, [[0, 0, 9.801]], atol=1e-3)


def test_a_backfill_packet_carries_the_whole_counter():
    seq = 0x0005_0007
    header = wire.Header(wire.Kind.ACC, 1, seq & 0xFFFF, 9, backfill=True).pack()
    packet = header + struct.pack("<I3h", seq, 0, 0, 8192)

    (raw,) = decoder().feed(wire.BACKFILL, packet, 0.0)

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
    decode = decoder()

    assert decode.feed(wire.DATA, packet, 0.0) == []
    assert getattr(decode.counts, reason) == 1


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_random_bytes_never_raise_and_never_give_absurd_samples(packets):
    decode = decoder()

    for packet in packets:
        for raw in decode.feed(wire.DATA, packet, 0.0):
            assert np.isfinite(raw.acc).all()
            assert np.abs(raw.acc).max() <= 20 * 9.80665
    assert decode.counts.notifications == len(packets)


@given(st.integers(1, 42), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.booleans())
def test_what_is_packed_is_what_is_read(count, seq, tick, overrun):
    header = wire.Header(wire.Kind.ACC, count, seq, tick, overrun=overrun)

    assert wire.Header.unpack(header.pack()) == header


async def test_setup_and_stop_write_exactly_these_bytes_in_this_order(scripted):
    gatt = scripted(reads=reads(), answers={START: [(wire.CONTROL, OK)]})
    profile = LumbarImu()

    _, spec, info = await profile.setup(gatt, StreamWant())
    await profile.start(gatt)
    await profile.stop(gatt)

    assert gatt.log == [
        (wire.CONFIG, CONFIG.hex(), True),
        (wire.CONTROL, "subscribe", None),
        (wire.CONTROL, START, True),
        (wire.CONTROL, STOP, True),
    ]
    assert gatt.written_chars() <= profile.writable
    assert (spec.tick_s, spec.bits, spec.nominal_hz) == (1 / 32768, 32, 50.0)
    assert (info.serial, info.firmware, info.rate_hz) == ("LB-0042", "1.2.0", 50.0)
    assert info.has_gyro
    assert await profile.battery_percent(gatt) == 87


async def test_the_rate_the_strap_rounds_to_is_the_rate_that_counts(scripted):
    class Rounding(scripted):
        async def write(self, char, data, *, response):
            await super().write(char, data, response=response)
            if char == wire.CONFIG:
                self.reads[char] = wire.Config(52, 4, 500, 0, 10).pack()

    gatt = Rounding(reads=reads(), answers={START: [(wire.CONTROL, OK)]})

    _, spec, info = await LumbarImu().setup(gatt, StreamWant())

    assert (spec.nominal_hz, info.rate_hz) == (52.0, 52.0)


async def test_a_rate_too_low_to_see_a_rise_is_refused_with_what_is_needed(scripted):
    class Slow(scripted):
        async def write(self, char, data, *, response):
            self.reads[char] = wire.Config(10, 4, 500, 0, 10).pack()

    with pytest.raises(SetupRefusedError, match="at least 20 Hz"):
        await LumbarImu().setup(Slow(reads=reads()), StreamWant())


async def test_a_strap_left_streaming_is_stopped_and_started_again(scripted):
    gatt = scripted(
        reads=reads(),
        answers={
            START: [[(wire.CONTROL, STREAMING)], [(wire.CONTROL, OK)]],
            STOP: [(wire.CONTROL, "8200")],
        },
    )
    profile = LumbarImu()
    await profile.setup(gatt, StreamWant())

    await profile.start(gatt)

    assert gatt.written()[1:] == [START, STOP, START]


async def test_a_strap_that_refuses_to_start_says_why(scripted):
    gatt = scripted(reads=reads(), answers={START: [(wire.CONTROL, "8104")]})
    profile = LumbarImu()
    await profile.setup(gatt, StreamWant())

    with pytest.raises(SetupRefusedError, match="another program") as refusal:
        await profile.start(gatt)
    assert refusal.value.code == wire.Status.BUSY


async def test_a_low_mtu_makes_shorter_packets_and_too_low_a_one_is_refused(scripted):
    gatt = scripted(reads=reads(), mtu=23)
    await LumbarImu().setup(gatt, StreamWant())
    assert wire.Config.unpack(gatt.reads[wire.CONFIG]).max_samples == 1

    with pytest.raises(SetupRefusedError, match="MTU of 20"):
        await LumbarImu().setup(scripted(reads=reads(), mtu=20), StreamWant())


async def test_an_unknown_version_of_the_profile_is_refused(scripted):
    newer = bytes([2]) + INFO[1:]

    with pytest.raises(SetupRefusedError, match="version 1"):
        await LumbarImu().setup(scripted(reads=reads(**{}) | {wire.INFO: newer}), StreamWant())


@pytest.mark.parametrize(
    "changed",
    [
        {"tick_hz": 0},
        {"acc_ms2_per_lsb": 0.0},
        {"acc_ms2_per_lsb": -0.001},
        {"acc_ms2_per_lsb": math.nan},
        {"gyro_rads_per_lsb": math.inf},
    ],
)
async def test_scales_that_make_no_sense_are_refused(scripted, changed):
    senseless = replace(wire.Info.unpack(INFO), **changed).pack()

    with pytest.raises(SetupRefusedError, match="scales"):
        await LumbarImu().setup(scripted(reads=reads() | {wire.INFO: senseless}), StreamWant())


def test_at_a_wide_range_more_than_20_g_is_not_believed():
    wide = LumbarDecoder(replace(wire.Info.unpack(INFO), acc_ms2_per_lsb=16 * G / 0x8000), 50.0)
    header = wire.Header(wire.Kind.ACC, 1, 3, 9).pack()

    assert len(wide.feed(wire.DATA, header + struct.pack("<3h", 0x7FFF, 0, 0), 1.0)) == 1
    assert wide.feed(wire.DATA, header + struct.pack("<3h", *[0x7FFF] * 3), 1.0) == []
    assert wide.counts.corrupt == 1


async def test_backfill_asks_for_the_range_and_yields_its_packets(scripted):
    packet = wire.Header(wire.Kind.ACC, 2, 10, 0, backfill=True).pack() + bytes(16)
    request = wire.backfill_request(10, 2).hex()
    gatt = scripted(
        reads=reads(),
        answers={request: [(wire.CONTROL, "8400"), (wire.BACKFILL, packet.hex())]},
    )
    profile = LumbarImu()
    await profile.setup(gatt, StreamWant())

    got = [data async for data in profile.backfill(gatt, 10, 2)]

    assert got == [packet]
    assert request == "040a0000000200"
    assert wire.BACKFILL not in gatt.subscribed


async def test_identify_blinks_and_haptic_needs_a_motor(scripted):
    gatt = scripted(reads=reads(), answers={"06": [(wire.CONTROL, "8600")]})
    profile = LumbarImu()
    await profile.setup(gatt, StreamWant())

    assert await profile.identify(gatt)
    assert not await profile.haptic(gatt)  # the vector's strap has none


async def test_haptic_vibrates_for_the_asked_time(scripted):
    with_motor = wire.Info(wire.Capability.HAPTIC, 0.001, 0.001, 32768, 100, 0).pack()
    gatt = scripted(
        reads=reads() | {wire.INFO: with_motor}, answers={"05021e": [(wire.CONTROL, "8500")]}
    )
    profile = LumbarImu()
    await profile.setup(gatt, StreamWant())

    assert await profile.haptic(gatt, pattern=2, duration_s=0.3)


@pytest.mark.parametrize(
    ("adv", "score"),
    [
        (Advertisement("a", None, frozenset({wire.SERVICE})), 100),
        (Advertisement("a", "Lumbar-0042"), 30),
        (Advertisement("a", "Speaker"), 0),
    ],
)
def test_a_strap_is_known_by_its_service_or_less_surely_by_its_name(adv, score):
    assert LumbarImu().match(adv) == score


@pytest.mark.parametrize(("mtu", "samples"), [(22, 0), (23, 1), (185, 14), (247, 19), (517, 42)])
def test_an_mtu_holds_this_many_samples(mtu, samples):
    assert wire.samples_per_packet(mtu, wire.Kind.ACC_GYRO) == samples
