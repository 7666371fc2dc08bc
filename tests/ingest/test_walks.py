"""What walks say of upright."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.measurement.features import Measured
from ingest.measurement.inclination import WearerFrame
from ingest.measurement.walks import Walks
from sensor.sample import Floats

UPRIGHT = np.array([1.0, 0.0, 0.0])
WALK_S = 20


def leaning(degrees: float) -> Floats:
    """Return the upward direction of somebody who leans forward."""
    return np.array([np.cos(np.radians(degrees)), 0.0, -np.sin(np.radians(degrees))])


def walk(degrees: float) -> list[Measured]:
    up = leaning(degrees)
    second = Measured(0, 1.0, (up[0], up[1], up[2]), 2.0, 1.0, np.zeros(10), np.tile(up, (10, 1)))
    return [second] * WALK_S


def lean_deg(up: Floats) -> float:
    return float(np.degrees(np.arctan2(-up[2], up[0])))


def test_under_a_pose_walks_never_move_upright() -> None:
    walks = Walks()
    assert [walks.add(leaning(lean), UPRIGHT) for lean in (3.0, 1.0, 5.0)] == [None] * 3


def test_without_a_pose_upright_is_the_mean_of_the_walks() -> None:
    walks = Walks(mean=leaning(9.0))
    for lean in (2.0, 4.0):
        upright = walks.add(leaning(lean), UPRIGHT)
    assert upright is not None
    assert lean_deg(upright) == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(("earlier", "counts"), [(1, 1 / 2), (4, 4 / 5)])
def test_after_a_slip_the_usual_lean_counts_the_more_the_better_it_is_known(
    earlier: int, counts: float
) -> None:
    walks = Walks()
    for _ in range(earlier):
        walks.add(leaning(4.0), UPRIGHT)
    assert walks.slipped(walk(30.0), UPRIGHT)
    frame = walks.begin_again(leaning(30.0), WearerFrame.of(UPRIGHT, np.array([0.0, 0.0, 1.0])))
    assert lean_deg(np.array(frame.up)) == pytest.approx(30.0 - 4.0 * counts, abs=0.1)


def test_one_walk_that_is_a_little_off_teaches_nothing_and_two_are_a_slip() -> None:
    walks = Walks(mean=UPRIGHT)
    assert not walks.slipped(walk(9.0), UPRIGHT)
    assert walks.add(leaning(9.0), UPRIGHT) is None
    assert walks.slipped(walk(9.0), UPRIGHT)


def test_a_walk_as_usual_between_two_that_are_off_takes_the_suspicion_away() -> None:
    walks = Walks(mean=UPRIGHT)
    assert not any(walks.slipped(walk(lean), UPRIGHT) for lean in (9.0, 1.0, 9.0))


def test_a_checkpoint_keeps_what_walks_have_said() -> None:
    walks = Walks()
    walks.add(leaning(4.0), UPRIGHT)
    again = Walks.restored(walks.checkpoint())
    assert again.checkpoint() == walks.checkpoint()
