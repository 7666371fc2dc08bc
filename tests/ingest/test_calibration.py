"""The poses and movements of a calibration, made by hand: what is taken and why not."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin

import numpy as np
import pytest

from ingest.measurement import calibration as poses
from ingest.measurement.calibration import BEND_MIN_DEG, POSE_S, Calibration
from ingest.measurement.features import BINS, Measured
from ingest.measurement.inclination import WearerFrame
from sensor.sample import Floats

# A strap whose x axis points up and whose z axis points forward.
UP, FORWARD, RIGHT = np.eye(3)[0], np.eye(3)[2], -np.eye(3)[1]
QUIET_RADS, QUIET_MS2 = 0.01, 0.05


def leaning(deg: float, towards: Floats = FORWARD) -> Floats:
    """Return the upward vector (3,) that the strap sees when the wearer leans."""
    return np.asarray(cos(radians(deg)) * UP - sin(radians(deg)) * towards)


def second(ups: Floats, *, gyro: float | None = QUIET_RADS, acc_sd: float = QUIET_MS2) -> Measured:
    """Return a second with these upward vectors (BINS, 3)."""
    mean = ups.mean(axis=0)
    x, y, z = (mean / np.linalg.norm(mean)).tolist()
    return Measured(0, 1.0, (x, y, z), acc_sd, gyro, np.zeros(BINS), ups)


def posed(deg: float = 0.0, *, seconds: int = POSE_S, **how: float | None) -> list[Measured]:
    """Return some seconds of one pose."""
    gyro, acc_sd = how.get("gyro", QUIET_RADS), how.get("acc_sd") or QUIET_MS2
    ups = np.tile(leaning(deg), (BINS, 1))
    return [second(ups, gyro=gyro, acc_sd=acc_sd) for _ in range(seconds)]


def bending(degs: Sequence[float], towards: Floats = FORWARD) -> list[Measured]:
    """Return the seconds of a movement through these angles, BINS of them to a second."""
    ups = np.array([leaning(deg, towards) for deg in degs]).reshape(-1, BINS, 3)
    return [second(each) for each in ups]


def there_and_back(deepest_deg: float, start_deg: float = 0.0) -> list[float]:
    """Return the angles of a bend of four seconds."""
    swing = (1 - np.cos(np.linspace(0, 2 * np.pi, 4 * BINS))) / 2
    return [float(deg) for deg in start_deg + (deepest_deg - start_deg) * swing]


def calibrated() -> Calibration:
    return Calibration("c", 0.0, "upright", 1.0, WearerFrame.of(UP, FORWARD))


@pytest.mark.parametrize("gyro", [QUIET_RADS, None])
def test_a_quiet_pose_is_taken_without_a_gyroscope_too(gyro: float | None) -> None:
    assert poses.refuse_pose(posed(gyro=gyro)) is None


@pytest.mark.parametrize(
    ("seconds", "why"),
    [
        (posed(seconds=POSE_S - 2), f"Stand still for {POSE_S} s"),
        (posed(gyro=radians(2.1)), "still turning"),
        (posed(acc_sd=0.3), "still moving"),
    ],
)
def test_a_pose_is_refused_with_its_reason(seconds: list[Measured], why: str) -> None:
    assert why in (poses.refuse_pose(seconds) or "")


@pytest.mark.parametrize("start_deg", [0.0, -10.0])
@pytest.mark.parametrize("towards", [FORWARD, RIGHT, (FORWARD + RIGHT) / np.sqrt(2)])
def test_a_bend_tells_forward_its_depth_and_that_it_is_straight(
    towards: Floats, start_deg: float
) -> None:
    bend = poses.find_bend(bending(there_and_back(50, start_deg), towards), UP)
    assert bend.forward @ towards == pytest.approx(1, abs=1e-6)
    assert bend.depth_deg == pytest.approx(50 - start_deg, abs=0.5)
    assert bend.explained == pytest.approx(1, abs=1e-6)
    assert poses.refuse_bend(bend) is None


def test_a_shallow_bend_and_a_crooked_one_are_refused_with_their_reasons() -> None:
    shallow = poses.find_bend(bending(there_and_back(BEND_MIN_DEG - 1)), UP)
    sideways = bending(there_and_back(25), RIGHT)
    crooked = poses.find_bend([*bending(there_and_back(30)), *sideways], UP)
    assert "bend further forward" in (poses.refuse_bend(shallow) or "")
    assert "turned while bending" in (poses.refuse_bend(crooked) or "")


def test_the_own_range_runs_from_leaning_back_to_slumping() -> None:
    back = poses.with_range(calibrated(), "lean_back", posed(-20))
    assert isinstance(back, Calibration)
    both = poses.with_range(back, "slump", posed(30))
    assert isinstance(both, Calibration)
    assert (both.lean_back_deg, both.slump_deg) == (-20, 30)
    assert both.range_percent(5) == pytest.approx(50)


def test_two_ends_that_hardly_differ_and_a_restless_end_are_refused() -> None:
    back = poses.with_range(calibrated(), "lean_back", posed(10))
    assert isinstance(back, Calibration)
    assert "differ by less" in str(poses.with_range(back, "slump", posed(12)))
    assert "still moving" in str(poses.with_range(back, "slump", posed(40, acc_sd=0.4)))


@pytest.mark.parametrize(("swing_deg", "steady"), [(2.0, True), (5.0, False)])
def test_who_sways_around_one_direction_is_steady_on_average(
    swing_deg: float, *, steady: bool
) -> None:
    swaying = [posed(swing_deg * (-1) ** i, seconds=1)[0] for i in range(poses.RESTLESS_S)]
    assert poses.steady_on_average(swaying) is steady
    assert not poses.steady_on_average(swaying[1:])
