"""The coach on simulated traces whose truth is known."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

import pytest

from monitor.drills.catalogue import load_catalogue
from monitor.drills.coach import Coach, Stage
from monitor.drills.holds import HoldMeter, sway
from monitor.drills.position import Facing, facing, position_hint
from monitor.drills.repositioning import RepositioningTest
from monitor.drills.tilt import Tilt, tilt_between
from monitor.drills.tracking import AngleTracking, Target

RATE_HZ = 20.0
BY_ID = {drill.id: drill for drill in load_catalogue()}
Angle = Callable[[float], float]


def up_of(sagittal_deg: float, frontal_deg: float = 0.0) -> tuple[float, float, float]:
    """Return the upward vector of a trunk that leans forward and right."""
    s, f = math.radians(sagittal_deg), math.radians(frontal_deg)
    return (math.cos(s) * math.cos(f), -math.sin(f), -math.sin(s) * math.cos(f))


def turned(up: tuple[float, float, float], degrees: float) -> tuple[float, float, float]:
    """Return the same vector in a strap that is turned round the trunk."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return (up[0], c * up[1] - s * up[2], s * up[1] + c * up[2])


def reps_trace(
    n: int, *, depth_deg: float, rep_s: float, rest_s: float = 1.0, start_s: float = 3.0
) -> tuple[Angle, float]:
    """Return the angle of n cosine repetitions with rests, and its end."""

    def angle(t_s: float) -> float:
        k, phase = divmod(t_s - start_s, rep_s + rest_s)
        if not 0 <= k < n or phase > rep_s:
            return 0.0
        return depth_deg * (1 - math.cos(2 * math.pi * phase / rep_s)) / 2

    return angle, start_s + n * (rep_s + rest_s) + 2


def samples(end_s: float) -> Iterator[float]:
    return (i / RATE_HZ for i in range(int(end_s * RATE_HZ)))


def coached(
    drill: str,
    angle: Angle,
    end_s: float,
    *,
    seed: int = 1,
    turn_deg: float = 0.0,
    noise: float = 0.4,
) -> Coach:
    rng = random.Random(seed)
    coach = Coach(BY_ID[drill])
    for t_s in samples(end_s):
        up = up_of(angle(t_s) + rng.gauss(0, noise), rng.gauss(0, noise))
        coach.feed(t_s, turned(up, turn_deg))
    return coach


@pytest.mark.parametrize("seed", range(5))
def test_ten_repetitions_are_ten(seed):
    angle, end_s = reps_trace(10, depth_deg=25, rep_s=4)
    reps = coached("hip_hinge", angle, end_s, seed=seed).counter.reps
    assert len(reps) == 10
    assert not any(rep.fast for rep in reps)
    assert all(rep.band == "in" for rep in reps)
    assert all(abs(rep.duration_s - 4) < 0.6 for rep in reps)


@pytest.mark.parametrize("seed", range(5))
def test_fidgets_between_and_inside_repetitions_are_not_counted(seed):
    angle, end_s = reps_trace(10, depth_deg=25, rep_s=4, rest_s=3)
    rng = random.Random(seed)
    jolts = [(rng.uniform(2, end_s), rng.uniform(-6, 6)) for _ in range(25)]

    def fidgety(t_s: float) -> float:
        shakes = (size * math.exp(-(((t_s - at_s) / 0.25) ** 2)) for at_s, size in jolts)
        return angle(t_s) + sum(shakes)

    assert len(coached("hip_hinge", fidgety, end_s, seed=seed).counter.reps) == 10


@pytest.mark.parametrize("drift_deg_per_min", [-12, 12])
def test_slow_drift_changes_no_count(drift_deg_per_min):
    angle, end_s = reps_trace(10, depth_deg=25, rep_s=4)
    drifting = lambda t_s: angle(t_s) + drift_deg_per_min * t_s / 60  # noqa: E731
    assert len(coached("hip_hinge", drifting, end_s).counter.reps) == 10


def test_an_aborted_repetition_is_not_counted():
    angle, end_s = reps_trace(10, depth_deg=25, rep_s=4, rest_s=4)

    def aborted(t_s: float) -> float:
        inside = 3 + 4.5 <= t_s < 3 + 7.5
        return 9 * math.sin(math.pi * (t_s - 7.5) / 3) ** 2 if inside else angle(t_s)

    coach = coached("hip_hinge", aborted, end_s)
    assert len(coach.counter.reps) == 10
    assert coach.counter.aborted == 1


@pytest.mark.parametrize("turn_deg", [-30, 30])
def test_a_strap_turned_30_degrees_counts_and_measures_the_same(turn_deg):
    angle, end_s = reps_trace(10, depth_deg=25, rep_s=4)
    reps = coached("hip_hinge", angle, end_s, turn_deg=turn_deg).counter.reps
    assert len(reps) == 10
    assert all(abs(rep.excursion_deg - 25) < 2 for rep in reps)


@pytest.mark.parametrize(("rep_s", "fast"), [(1.0, 10), (4.0, 0)])
def test_fast_repetitions_are_flagged_and_kept_out_of_progression(rep_s, fast):
    angle, end_s = reps_trace(10, depth_deg=25, rep_s=rep_s, rest_s=0.7)
    summary = coached("hip_hinge", angle, end_s).summary()
    assert summary["reps"] == 10
    assert summary["reps_fast"] == fast
    assert summary["in_band"] == 10 - fast


@pytest.mark.parametrize(
    ("depth_deg", "band", "words"),
    [(25, "in", ""), (60, "over", "smaller range"), (16, "under", "little farther")],
)
def test_the_range_of_the_level_is_judged(depth_deg, band, words):
    angle, end_s = reps_trace(4, depth_deg=depth_deg, rep_s=4)
    coach = coached("hip_hinge", angle, end_s)
    assert {rep.band for rep in coach.counter.reps} == {band}
    assert words in coach.feed(end_s, up_of(0)).hint


def test_leaning_sideways_is_no_hip_hinge():
    coach = Coach(BY_ID["hip_hinge"])
    angle, end_s = reps_trace(6, depth_deg=25, rep_s=4)
    for t_s in samples(end_s):
        coach.feed(t_s, up_of(0, angle(t_s)))
    assert coach.counter.reps == []


def test_nothing_is_counted_when_lying_still():
    rng = random.Random(3)
    for drill, up in (("pelvic_tilt_supine", (0.0, 0.0, 1.0)), ("cat_cow", (0.0, 0.0, -1.0))):
        coach = Coach(BY_ID[drill])
        for t_s in samples(300):
            noisy = tuple(part + rng.gauss(0, 0.005) for part in up)
            length = math.sqrt(sum(part * part for part in noisy))
            coach.feed(t_s, tuple(part / length for part in noisy))
        assert coach.summary() == {}


def test_pelvic_tilts_on_the_back_are_counted():
    angle, end_s = reps_trace(10, depth_deg=8, rep_s=6)
    coach = Coach(BY_ID["pelvic_tilt_supine"])
    rng = random.Random(5)
    for t_s in samples(end_s):
        pitch = math.radians(angle(t_s) + rng.gauss(0, 0.3))
        coach.feed(t_s, (math.sin(pitch), 0.0, math.cos(pitch)))
    assert len(coach.counter.reps) == 10


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("hold_s", [8.0, 20.0])
def test_holds_are_measured_within_0_3_s(seed, hold_s):
    rng = random.Random(seed)
    meter = HoldMeter((20, 30))

    def angle(t_s: float) -> float:
        up_s, down_s = min(max(t_s - 3, 0), 1), min(max(t_s - 4 - hold_s, 0), 1)
        return 25 * (up_s - down_s)

    for t_s in samples(hold_s + 9):
        meter.feed(t_s, angle(t_s) + rng.gauss(0, 0.4))
    assert len(meter.holds) == 1
    assert abs(meter.holds[0].duration_s - hold_s) <= 0.3
    assert abs(meter.holds[0].steadiness_deg - 0.4) < 0.25


def test_passing_through_the_band_is_no_hold():
    meter = HoldMeter((0.0, 45.0))
    for t_s, tilt_deg in enumerate((0.5, 13.0, 26.3, 45.6)):
        meter.feed(float(t_s), tilt_deg)
        assert meter.running_s() <= 1.0
    assert meter.finish() is None


def test_a_wobble_does_not_end_a_hold_and_shows_in_its_steadiness():
    meter, calm = HoldMeter((20, 30)), HoldMeter((20, 30))
    for t_s in samples(14):
        plateau = 25 if 2 <= t_s < 12 else 0
        wobble = 3.5 * math.sin(2 * math.pi * t_s) if 2 <= t_s < 12 else 0
        meter.feed(t_s, plateau + wobble)
        calm.feed(t_s, plateau)
    assert len(meter.holds) == len(calm.holds) == 1
    assert meter.holds[0].steadiness_deg > 2 > calm.holds[0].steadiness_deg


def test_sway_is_that_of_the_trace():
    rng = random.Random(2)
    trace = [(t, Tilt(rng.gauss(0, 0.6), rng.gauss(0, 0.8))) for t in samples(60)]
    measured = sway(trace)
    assert measured is not None and abs(measured.rms_deg - 1.0) < 0.05
    assert sway(trace[:1]) is None


@pytest.mark.parametrize(
    ("up", "where"),
    [
        (up_of(5), Facing.UPRIGHT),
        ((0.0, 0.0, 1.0), Facing.SUPINE),
        ((0.2, 0.1, -0.97), Facing.FACE_DOWN),
        ((0.0, 1.0, 0.0), Facing.LEFT_SIDE),
        ((0.0, -1.0, 0.1), Facing.RIGHT_SIDE),
        ((-0.9, 0.1, 0.1), Facing.INVERTED),
    ],
)
def test_positions_are_told_apart_as_far_as_gravity_can(up, where):
    assert facing(up) is where


def test_the_wrong_position_is_said_and_nothing_starts():
    coach = Coach(BY_ID["side_plank"])
    for t_s in samples(5):
        view = coach.feed(t_s, (0.0, 0.0, 1.0))
    assert view.stage is Stage.POSITION and view.hint == "Lie on your side to begin."
    for t_s in samples(3):
        view = coach.feed(5 + t_s, (0.05, 0.99, 0.1))
    assert view.stage is Stage.RUNNING and view.side == "left"
    assert position_hint("prone", (0.0, 0.0, 1.0)) == "Lie on your front to begin."


def test_a_tilt_has_the_signs_of_the_wearer():
    neutral = (1.0, 0.0, 0.0)
    assert tilt_between(neutral, up_of(20)).forward_deg == pytest.approx(20)
    assert tilt_between(neutral, up_of(0, 20)).right_deg == pytest.approx(20)
    assert tilt_between(neutral, neutral) == Tilt(0.0, 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_repositioning_errors_are_recovered_within_half_a_degree(seed):
    rng = random.Random(seed)
    truth = [rng.gauss(1.5, 2.5) for _ in range(8)]
    test, t_s = RepositioningTest(), 0.0

    def go(angle_deg: float, seconds: float, start_deg: float) -> None:
        nonlocal t_s
        for i in range(int(seconds * RATE_HZ)):
            way = min(i / (1.2 * RATE_HZ), 1.0)
            test.feed(t_s, start_deg + (angle_deg - start_deg) * way + rng.gauss(0, 0.3))
            t_s += 1 / RATE_HZ

    go(4.0, 5, 4.0)
    at_deg = 4.0
    for error in truth:
        go(30.0, 4, at_deg)
        go(4.0 + error, 5, 30.0)
        at_deg = 4.0 + error
    result = test.result()
    assert result is not None and result.trials == 8
    mean = sum(truth) / 8
    spread = math.sqrt(sum((e - mean) ** 2 for e in truth) / 8)
    assert abs(result.constant_deg - mean) < 0.5
    assert abs(result.absolute_deg - sum(map(abs, truth)) / 8) < 0.5
    assert abs(result.variable_deg - spread) < 0.5
    assert all(abs(a - b) < 0.5 for a, b in zip(test.errors_deg, truth, strict=True))


def test_a_session_without_trials_has_no_result():
    test = RepositioningTest()
    for t_s in samples(20):
        test.feed(t_s, 3.0)
    assert test.target_deg == pytest.approx(3.0) and test.result() is None


@pytest.mark.parametrize("curve", ["sine", "steps", "wander"])
@pytest.mark.parametrize("lag_s", [0.2, 0.5])
def test_tracking_error_and_lag_of_a_known_follower_are_recovered(curve, lag_s):
    rng = random.Random(7)
    target = Target(curve)
    run = AngleTracking(target)
    clean = []
    for t_s in samples(60):
        follower = 0.9 * (target.at(t_s - lag_s) - 10) + 10.5
        if t_s >= 2:
            clean.append((follower - target.at(t_s)) ** 2)
        run.feed(t_s, follower + rng.gauss(0, 0.2))
    result = run.result()
    truth = math.sqrt(sum(clean) / len(clean) + 0.2**2)
    assert result is not None
    assert abs(result.rms_deg - truth) / truth < 0.05
    assert abs(result.lag_s - lag_s) < 0.1
