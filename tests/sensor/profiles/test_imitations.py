"""Each profile against an imitation of its strap that shares no code with it."""

import numpy as np
import pytest

from sensor.capture import header_of
from sensor.decoding import Decoding
from sensor.gatt import StreamWant
from sensor.profiles.metamotion import MetaMotion
from sensor.profiles.movella_dot import MovellaDot
from sensor.profiles.movesense import Movesense
from sensor.profiles.polar import PolarH10, PolarVeritySense
from sensor.profiles.thingy52 import Thingy52
from sensor.profiles.witmotion import WitMotion
from sensor.recording import RecordingWriter
from sensor.recording_reader import read_recording
from sensor.sample import ImuBatch
from sensor.virtual.day import SimulatedDay, Step
from sensor.virtual.imitation import ImitatedGatt, advertisement_of
from sensor.virtual.imitation_polar import H10Imitation, VeritySenseImitation
from sensor.virtual.imitation_simple import DotImitation, ThingyImitation, WitMotionImitation
from sensor.virtual.imitation_talking import MetaMotionImitation, MovesenseImitation

START_S = 1_700_000_000.0
SCRIPT = (Step("stand", 6), Step("walk", 8), Step("sit", 16))


async def no_pause(_):
    pass


PAIRS = {
    "witmotion": (lambda: WitMotion(sleep=no_pause), WitMotionImitation, 247, 0.003),
    "thingy52": (Thingy52, ThingyImitation, 23, 0.005),
    "dot, long": (MovellaDot, DotImitation, 247, 1e-5),
    "dot, medium": (MovellaDot, DotImitation, 48, 1e-5),
    "movesense": (Movesense, MovesenseImitation, 247, 1e-5),
    "movesense in two parts": (Movesense, lambda: MovesenseImitation(longest=82), 85, 1e-5),
    "metamotion": (MetaMotion, MetaMotionImitation, 23, 0.001),
    "verity sense": (PolarVeritySense, VeritySenseImitation, 247, 0.002),
    "h10": (PolarH10, H10Imitation, 247, 0.006),
}


@pytest.fixture(params=PAIRS, name="pair")
def _pair(request):
    make, imitate, mtu, within_ms2 = PAIRS[request.param]
    return make(), ImitatedGatt(imitate(), mtu=mtu), within_ms2


def worn(rate_hz):
    day = SimulatedDay(SCRIPT, seed=3, start_s=START_S, rate_hz=rate_hz)
    return [event for event in day.batches() if isinstance(event, ImuBatch)]


async def streamed(profile, gatt):
    """Return (sent, received, info) of a simulated half minute through a profile."""
    decoder, spec, info = await profile.setup(gatt, StreamWant(may_save=True))
    assert spec.nominal_hz == gatt.strap.rate_hz
    chain = Decoding(decoder, spec, info, time_scale=1.0)
    received, now = [], [START_S]
    for char in profile.streams:
        await gatt.notify(
            char, lambda data, char=char: received.extend(chain.feed(char, data, now[0]))
        )
    await profile.start(gatt)
    sent = worn(gatt.strap.rate_hz)
    for batch in sent:
        now[0] = float(batch.t[-1]) + 0.02
        gatt.deliver(gatt.strap.sample(batch))
    assert decoder.counts.corrupt == 0
    await profile.stop(gatt)
    return sent, received, info


async def test_what_the_wearer_did_comes_out_as_it_went_in(pair):
    profile, gatt, within_ms2 = pair
    sent, received, _ = await streamed(profile, gatt)
    acc = np.concatenate([batch.acc for batch in sent])
    out = np.concatenate([batch.acc for batch in received])
    missing = len(acc) - len(out)
    assert 0 <= missing <= 40
    clipped = np.abs(acc) < 3.9 * 9.80665
    assert np.abs(out - acc[: len(out)])[clipped[: len(out)]].max() < within_ms2
    assert sum(batch.lost for batch in received) == 0
    if not profile.has_gyro:
        assert received[0].gyro is None
        return
    gyro = np.concatenate([batch.gyro for batch in sent])[: len(out)]
    turned = np.concatenate([batch.gyro for batch in received])
    assert np.abs(turned - gyro).max() < np.radians(0.08)


async def test_a_capture_of_it_is_small_and_exact(pair, tmp_path):
    profile, gatt, _ = pair
    _, received, info = await streamed(profile, gatt)
    with RecordingWriter(tmp_path / "a.lumbar", header_of(info, None)) as writer:
        for batch in received:
            writer.write(batch)
    back = list(read_recording(tmp_path / "a.lumbar"))
    acc = np.concatenate([batch.acc for batch in received])
    assert np.array_equal(np.concatenate([batch.acc for batch in back]), acc)
    in_steps = profile.key in ("witmotion", "thingy52")
    assert (tmp_path / "a.lumbar").stat().st_size / len(acc) < (14 if in_steps else 60)


async def test_the_times_are_those_at_which_it_was_worn(pair):
    profile, gatt, _ = pair
    sent, received, _ = await streamed(profile, gatt)
    t = np.concatenate([batch.t for batch in received])
    truth = np.concatenate([batch.t for batch in sent])[: len(t)]
    late = t - truth
    settled = t > START_S + 20
    assert np.all(np.diff(t) > 0)
    assert np.ptp(late[settled]) < 0.02
    assert np.median(late[settled]) < 0.5


async def test_after_the_stop_nothing_comes_even_when_asked_again(pair):
    profile, gatt, _ = pair
    await streamed(profile, gatt)
    sent = gatt.strap.sample(worn(gatt.strap.rate_hz)[-1])
    streams_for_ever = profile.key in ("witmotion", "thingy52")
    assert bool(sent) == streams_for_ever


def test_each_imitation_is_taken_for_its_own_strap_and_no_other():
    profiles = {name: make() for name, (make, *_) in PAIRS.items()}
    for name, (_, imitate, *_) in PAIRS.items():
        seen = advertisement_of(imitate())
        surest = max(profiles.values(), key=lambda profile: profile.match(seen))
        assert surest.key == profiles[name].key


async def test_a_strap_left_streaming_by_a_lost_session_is_taken_over():
    for make, imitate in (
        (Movesense, MovesenseImitation),
        (PolarVeritySense, VeritySenseImitation),
    ):
        strap = imitate()
        lost = ImitatedGatt(strap)
        first = make()
        _, _, _ = await first.setup(lost, StreamWant(may_save=True))
        await first.start(lost)
        _, received, _ = await streamed(make(), ImitatedGatt(strap))
        assert sum(len(batch) for batch in received) > 1400
