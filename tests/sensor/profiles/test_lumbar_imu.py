"""The open Lumbar IMU against the vectors and byte sequences of its specification."""

import math
from dataclasses import replace

import pytest

from sensor.errors import SetupRefusedError
from sensor.gatt import Advertisement, StreamWant
from sensor.profiles import lumbar_wire as wire
from sensor.profiles.lumbar_imu import LumbarImu

INFO = bytes.fromhex("01080500e7d09c3a7922a03900800000a001100e")
CONFIG = bytes.fromhex("320004f401000a00")
ONE_SAMPLE = bytes.fromhex("1001ffff00000100000054f0ba1b0c00deff0500")
START, STOP = "01", "02"
OK, STREAMING = "8100" + "00" * 8, "8103" + "00" * 8


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


async def test_a_long_backfill_is_asked_for_in_pieces(scripted, monkeypatch):
    monkeypatch.setattr(wire, "MOST_BACKFILL_SAMPLES", 2)
    packets = [
        wire.Header(wire.Kind.ACC, 2, seq, 0, backfill=True).pack() + bytes(16) for seq in (10, 12)
    ]
    answers = {
        wire.backfill_request(seq, 2).hex(): [
            (wire.CONTROL, "8400"),
            (wire.BACKFILL, packet.hex()),
        ]
        for seq, packet in zip((10, 12), packets, strict=True)
    }
    gone = {wire.backfill_request(14, 1).hex(): [(wire.CONTROL, "8405")]}
    profile = LumbarImu()
    gatt = scripted(reads=reads(), answers=answers | gone)
    await profile.setup(gatt, StreamWant())

    assert [data async for data in profile.backfill(gatt, 10, 5)] == packets


async def test_the_start_tells_the_whole_counter(scripted):
    told = wire.start_reply(wire.Status.OK, 70_000, 9).hex()
    gatt, profile = scripted(reads=reads(), answers={START: [(wire.CONTROL, told)]}), LumbarImu()
    decode, _, _ = await profile.setup(gatt, StreamWant())
    await profile.start(gatt)

    (raw,) = decode.feed(wire.DATA, ONE_SAMPLE, 1.0)

    assert (raw.seq, raw.seq_bits) == (65_535, 32)


@pytest.mark.parametrize(
    ("wanted", "mtu", "asked"), [(50, None, (50, 10)), (500, 247, (416, 10)), (49.6, 35, (50, 2))]
)
async def test_what_is_asked_fits_the_strap_and_the_packets(scripted, wanted, mtu, asked):
    gatt = scripted(reads=reads(), mtu=mtu)
    await LumbarImu().setup(gatt, StreamWant(rate_hz=wanted))

    config = wire.Config.unpack(gatt.reads[wire.CONFIG])

    assert (config.rate_hz, config.max_samples) == asked


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
    for seconds, sent in ((9.0, "0501ff"), (0.0, "050101")):
        gatt.answers[sent] = [(wire.CONTROL, "8500")]
        assert await profile.haptic(gatt, duration_s=seconds)


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
