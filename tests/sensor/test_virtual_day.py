from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.sample import STANDARD_GRAVITY_MS2, ImuBatch
from sensor.source import LinkState, LinkStatus
from sensor.virtual.day import (
    PERSONAS,
    Activity,
    SimulatedDay,
    SimulatedSource,
    Step,
    demo_day,
    random_day,
    scripted_day,
)
from sensor.virtual.day_plan import Planner
from sensor.virtual.wearer import draw_wearer
from sensor.virtual.wearer_body import Body
from sensor.virtual.wearer_sensor import NO_FAULTS

START_S = 1_700_000_000.0


def imu(day, batch_size=10):
    return [event for event in day.batches(batch_size) if isinstance(event, ImuBatch)]


def stacked(batches):
    return [np.concatenate([getattr(b, name) for b in batches]) for name in ("t", "acc", "gyro")]


@pytest.mark.parametrize("persona", PERSONAS.values(), ids=PERSONAS.keys())
@pytest.mark.parametrize("seed", [3, 4])
def test_truth_covers_a_random_day_without_gap_or_overlap(persona, seed):
    day = SimulatedDay(
        random_day(10, seed=seed, persona=persona), seed=seed, persona=persona, start_s=START_S
    )
    assert day.truth[0].from_s == START_S
    assert day.truth[-1].to_s == day.end_s
    for before, after in zip(day.truth, day.truth[1:], strict=False):
        assert before.to_s == after.from_s
    assert day.end_s - START_S == pytest.approx(36_000, abs=60)


def test_a_wheelchair_user_is_never_said_to_stand_or_walk():
    persona = PERSONAS["wheelchair"]
    day = SimulatedDay(
        random_day(8, seed=1, persona=persona), seed=1, persona=persona, start_s=START_S
    )
    assert {segment.state for segment in day.truth} == {"sitting"}


def test_the_same_day_read_in_other_batches_has_the_same_samples():
    script = scripted_day(0.2, seed=5)
    by_ten = stacked(imu(SimulatedDay(script, seed=5, start_s=START_S), 10))
    by_37 = stacked(imu(SimulatedDay(script, seed=5, start_s=START_S), 37))
    for one, other in zip(by_ten, by_37, strict=True):
        assert np.array_equal(one, other)


async def test_a_strap_with_a_buffer_tells_of_a_link_loss_late():
    script = (Step(Activity.SIT, 20), Step(Activity.LINK_LOSS, 7.3), Step(Activity.SIT, 20))
    day = SimulatedDay(script, seed=2, start_s=START_S)
    events = [event async for event in SimulatedSource(day, buffered=True).events()]
    batches = [event for event in events if isinstance(event, ImuBatch)]
    live, late = (stacked([b for b in batches if b.backfill is told]) for told in (False, True))
    assert len(late[0]) == max(b.lost for b in batches) > 300
    t = np.sort(np.concatenate([live[0], late[0]]))
    assert np.allclose(np.diff(t), 1 / day.rate_hz, atol=1e-6)


def test_a_link_loss_is_silent_and_counted():
    day = SimulatedDay(
        (Step(Activity.SIT, 20.05), Step(Activity.LINK_LOSS, 7.3), Step(Activity.SIT, 20)),
        seed=2,
        start_s=START_S,
    )
    events = list(day.batches())
    states = [event.state for event in events if isinstance(event, LinkStatus)]
    assert states == [LinkState.CONNECTED, LinkState.SEARCHING, LinkState.CONNECTED]
    batches = [event for event in events if isinstance(event, ImuBatch)]
    total = round((day.end_s - START_S) * day.rate_hz)
    assert sum(len(b) for b in batches) + sum(b.lost for b in batches) == total
    assert max(b.lost for b in batches) == 365
    assert [s.state for s in day.truth] == ["sitting", "no_data", "sitting"]


def ideal(script, *, rate_hz=400.0, seed=11):
    """Return what a faultless sensor in the belt's frame feels, and the plan."""
    wearer_rng, plan_rng, body_rng = np.random.default_rng(seed).spawn(3)
    plan = Planner(draw_wearer(PERSONAS["office"], wearer_rng), plan_rng).play(script)
    body = Body(plan, body_rng, rate_hz=rate_hz)
    force, rate, _ = body.take(0, int(plan.end_s * rate_hz))
    return force, rate, plan


def rotations(rate, dt):
    """Integrate body rates (n, 3) with the midpoint rule; return (n, 3, 3) body to start frame."""
    out = np.empty((len(rate), 3, 3))
    current = np.eye(3)
    middle = np.vstack([(rate[1:] + rate[:-1]) / 2, rate[-1:]])
    for i, omega in enumerate(middle * dt):
        out[i] = current
        angle = np.linalg.norm(omega)
        x, y, z = omega / max(angle, 1e-12)
        k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        current = current @ (np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k))
    return out


def test_integrating_the_gyro_gives_the_gravity_that_the_accelerometer_feels():
    script = (Step("sit", 20), Step("walk", 25), Step("sit", 20, {"still": 1}))
    force, rate, _ = ideal(script)
    turned = np.einsum("nij,nj->ni", rotations(rate, 1 / 400), force)
    begin, end = turned[:4000].mean(axis=0), turned[-4000:].mean(axis=0)
    angle = np.degrees(np.arccos(begin @ end / np.linalg.norm(begin) / np.linalg.norm(end)))
    assert angle < 0.5
    assert np.linalg.norm(end) == pytest.approx(STANDARD_GRAVITY_MS2, abs=0.02)


def test_a_rise_travels_upwards_as_far_as_the_wearer_is_tall_above_the_seat():
    script = (Step("sit", 15, {"still": 1}), Step("stand", 8))
    force, rate, plan = ideal(script)
    up = next(move for move in plan.moves if move.channel == 5 and move.delta > 0)
    turned = np.einsum("nij,nj->ni", rotations(rate, 1 / 400), force)
    up_axis = turned[:5000].mean(axis=0)
    up_axis /= np.linalg.norm(up_axis)
    span = slice(int((up.start_s - 0.3) * 400), int((up.start_s + up.duration_s + 0.3) * 400))
    vertical = turned[span] @ up_axis - STANDARD_GRAVITY_MS2
    travel = np.cumsum(np.cumsum(vertical) / 400)[-1] / 400
    assert travel == pytest.approx(up.delta, abs=0.1)
    assert travel > 0.1


def test_the_true_inclination_is_what_a_still_sensor_shows():
    script = (Step("stand", 30), Step("sit", 60, {"tilt_deg": -25, "still": 1}), Step("lie", 40))
    day = SimulatedDay(script, seed=4, start_s=START_S, faults=NO_FAULTS)
    t, acc, _ = stacked(imu(day))
    told = list(day.inclinations())
    assert np.array_equal(np.concatenate([block[0] for block in told]), t)
    true = np.concatenate([block[1] for block in told])
    shown = np.degrees(-np.arctan2(acc @ day.forward, acc @ day.upright))
    for begin, end in ((10, 28), (50, 88), (115, 128)):
        part = (t > START_S + begin) & (t < START_S + end)
        assert true[part, 0].mean() == pytest.approx(shown[part].mean(), abs=0.5)
    assert true[part, 0].mean() < -60


steps = st.builds(
    Step,
    st.sampled_from([activity.value for activity in Activity]),
    st.floats(0.05, 90),
    st.sampled_from([{}, {"still": 1}, {"tilt_deg": 30}, {"meanwhile_upright": 1}]),
)


@settings(max_examples=40, deadline=None)
@given(
    script=st.lists(steps, min_size=1, max_size=8).map(tuple),
    rate_hz=st.sampled_from([12.5, 50.0, 104.0]),
    persona=st.sampled_from(sorted(PERSONAS)),
)
def test_any_script_gives_samples_in_order_and_a_truth_without_gaps(script, rate_hz, persona):
    day = SimulatedDay(script, seed=1, persona=PERSONAS[persona], start_s=START_S, rate_hz=rate_hz)
    assert day.truth[0].from_s == START_S
    assert day.truth[-1].to_s == day.end_s
    assert all(a.to_s == b.from_s for a, b in pairwise(day.truth))
    batches = imu(day, 64)
    samples = sum(len(batch) + batch.lost for batch in batches)
    assert samples <= round((day.end_s - START_S) * rate_hz)
    last = START_S - 1
    for batch in batches:
        assert batch.t[0] > last
        last = batch.t[-1]
        assert np.isfinite(batch.acc).all()
        assert np.isfinite(batch.gyro).all()


def test_a_strap_on_the_desk_is_not_put_on_while_the_link_is_lost():
    script = (Step("desk", 20), Step("link_loss", 30, {"meanwhile_upright": 1}), Step("desk", 20))
    day = SimulatedDay(script, seed=1, start_s=START_S)
    assert [s.state for s in day.truth] == ["off_body", "no_data", "off_body"]


def test_a_step_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="levitate"):
        SimulatedDay((Step("levitate", 5),), seed=1, start_s=START_S)


def test_sitting_tilts_back_and_walking_shakes():
    script = (Step("stand", 20), Step("sit", 30, {"tilt_deg": -20, "still": 1}), Step("walk", 30))
    day = SimulatedDay(script, seed=8, start_s=START_S)
    t, acc, _ = stacked(imu(day))
    seconds = t - START_S
    sitting = acc[(seconds > 30) & (seconds < 48)].mean(axis=0)
    sagittal = np.degrees(-np.arctan2(sitting @ day.forward, sitting @ day.upright))
    assert sagittal == pytest.approx(-20, abs=4)
    walking = np.linalg.norm(acc[seconds > 60], axis=1)
    assert walking.std() > 0.8


def test_a_strap_on_the_desk_is_as_still_as_its_noise():
    day = SimulatedDay((Step("desk", 30),), seed=9, start_s=START_S)
    _, acc, gyro = stacked(imu(day))
    assert np.linalg.norm(acc, axis=1).std() < 0.02
    assert gyro.std(axis=0).max() < np.radians(0.2)


def test_readings_are_steps_of_the_sensor_and_clipped():
    day = SimulatedDay(scripted_day(0.1, seed=1), seed=1, start_s=START_S)
    _, acc, gyro = stacked(imu(day))
    lsb = 0.122e-3 * STANDARD_GRAVITY_MS2
    assert np.allclose(acc / lsb, np.rint(acc / lsb), atol=1e-6)
    assert np.abs(acc).max() <= 4 * STANDARD_GRAVITY_MS2
    assert np.isfinite(gyro).all()


def test_the_demo_begins_after_27_minutes_of_sitting_and_soon_walks():
    day = demo_day(start_s=START_S)
    sat = day.preamble[-1]
    while_sitting = [s for s in day.preamble if s.state == "sitting"]
    assert sat.to_s == START_S
    assert sum(s.to_s - s.from_s for s in while_sitting) == pytest.approx(27 * 60, abs=1)
    walk = next(s for s in day.truth if s.state == "moving")
    assert walk.to_s - START_S < 1100
    assert walk.to_s - walk.from_s >= 6 * 60
    assert any(s.activity == "slump" and s.from_s < START_S + 120 for s in day.truth)
    assert {s.state for s in day.truth} >= {"lying", "off_body", "no_data"}


def test_the_preamble_can_be_caught_up_with():
    day = demo_day(start_s=START_S, hours=0.2)
    before = [event for event in day.preamble_batches() if isinstance(event, ImuBatch)]
    after = next(event for event in day.batches() if isinstance(event, ImuBatch))
    assert before[0].t[0] == pytest.approx(day.preamble[0].from_s, abs=0.05)
    assert after.t[0] == START_S
    assert after.t[0] - before[-1].t[-1] == pytest.approx(1 / day.rate_hz)


async def test_the_source_yields_the_day_and_ends():
    day = SimulatedDay((Step("sit", 3),), seed=1, start_s=START_S)
    events = [event async for event in SimulatedSource(day).events()]
    assert isinstance(events[0], LinkStatus)
    assert sum(len(e) for e in events[1:]) == 150
