"""The simulated wearers are spread as people are; the figures are those of public recordings."""

import numpy as np
import pytest

from sensor.sample import ImuBatch
from sensor.virtual.day import PERSONAS, SimulatedDay, Step, random_day
from sensor.virtual.day_plan import Planner
from sensor.virtual.personas import OFFICE
from sensor.virtual.wearer import draw_wearer
from sensor.virtual.wearer_moves import PITCH, UP

SEEDS = range(24)
SCRIPT = (Step("stand", 40), Step("sit", 60, {"still": 1}), Step("stand", 25), Step("walk", 30))


def spread_of_wearers(read):
    rng = np.random.default_rng(5)
    return np.array([read(draw_wearer(OFFICE, rng)) for _ in range(400)])


def test_sitting_is_tilted_back_by_as_much_as_in_people():
    back = spread_of_wearers(lambda wearer: wearer.sit_back_deg)
    assert back.mean() == pytest.approx(20, abs=1.5)
    assert back.std() == pytest.approx(9, abs=1.5)
    assert back.min() >= -4
    assert back.max() <= 46


def moves_of(script, channel, seed):
    wearer_rng, plan_rng = np.random.default_rng(seed).spawn(2)
    plan = Planner(draw_wearer(OFFICE, wearer_rng), plan_rng).play(script)
    return [move for move in plan.moves if move.channel == channel]


def test_two_bouts_of_one_person_differ_more_than_a_bout_within_itself():
    still = {"still": 1}
    script = (Step("stand", 9), Step("sit", 9, still), Step("stand", 9), Step("sit", 9, still))
    differences = []
    for seed in range(200):
        # each transition leans forward and then settles: sit, stand, sit
        poses = np.degrees(np.cumsum([move.delta for move in moves_of(script, PITCH, seed)]))
        differences.append(abs(poses[5] - poses[1]))
    assert 8 < np.mean(differences) < 17


def test_a_rise_lifts_and_a_fall_lowers_the_strap_by_the_same_person_s_height():
    for seed in SEEDS:
        up = [move.delta for move in moves_of(SCRIPT, UP, seed)]
        assert len(up) == 2
        assert 0.17 * 0.8 <= -up[0] <= 0.40 * 1.2
        assert up[1] == pytest.approx(-up[0])


@pytest.fixture(scope="module", name="worn")
def _worn():
    """Return sd of |acc| (m/s²) and rms of gyro (°/s) of sitting, standing and walking."""
    out = {"sit": [], "stand": [], "walk": []}
    for seed in SEEDS:
        day = SimulatedDay(SCRIPT, seed=seed, start_s=0.0)
        batches = [event for event in day.batches(500) if isinstance(event, ImuBatch)]
        t = np.concatenate([batch.t for batch in batches])
        acc = np.concatenate([batch.acc for batch in batches])
        gyro = np.degrees(np.concatenate([batch.gyro for batch in batches]))
        for name, begin in (("stand", 5), ("sit", 60), ("walk", 132)):
            part = (t > begin) & (t < begin + 20)
            turning = gyro[part] - gyro[part].mean(axis=0)
            out[name].append((np.linalg.norm(acc[part], axis=1).std(), turning.std()))
    return {name: np.array(rows) for name, rows in out.items()}


@pytest.mark.parametrize(
    ("activity", "acc_ms2", "gyro_dps"),
    [
        ("sit", (0.02, 0.18), (0.4, 7)),
        ("stand", (0.04, 0.36), (1.0, 21)),
        ("walk", (1, 4.5), (12, 70)),
    ],
)
def test_people_move_as_much_as_in_recordings(worn, activity, acc_ms2, gyro_dps):
    acc, gyro = np.median(worn[activity], axis=0)
    assert acc_ms2[0] < acc < acc_ms2[1]
    assert gyro_dps[0] < gyro < gyro_dps[1]


def test_some_people_stand_stiller_than_others_sit(worn):
    assert worn["stand"][:, 0].min() < worn["sit"][:, 0].max()


def test_no_two_wearers_mount_the_strap_alike():
    ups = np.array([SimulatedDay(SCRIPT, seed=seed, start_s=0.0).upright for seed in SEEDS])
    assert np.allclose(np.linalg.norm(ups, axis=1), 1)
    assert np.all(ups.std(axis=0) > 0.3)


def test_a_loose_belt_slips_and_a_tight_one_does_not():
    def slip(persona):
        script = (Step("walk", 600), Step("walk", 600))
        wearer_rng, plan_rng = np.random.default_rng(1).spawn(2)
        plan = Planner(draw_wearer(persona, wearer_rng), plan_rng).play(script)
        return sum(abs(move.delta) for move in plan.moves if move.channel == 6)

    assert slip(PERSONAS["loose_belt"]) > np.radians(2)
    assert slip(OFFICE) == 0


def test_a_stand_desk_user_stands_more_than_an_office_worker():
    def standing_s(persona):
        return sum(
            step.duration_s
            for seed in range(8)
            for step in random_day(8, seed=seed, persona=persona)
            if step.activity == "stand"
        )

    assert standing_s(PERSONAS["stand_desk"]) > 1.5 * standing_s(OFFICE)
