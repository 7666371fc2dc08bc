"""When upright is believed, and what of a movement is walking."""

from __future__ import annotations

import json
from math import cos, radians, sin

import pytest

from ingest.measurement.doubt import Doubt
from ingest.measurement.evidence import sitting_odds
from ingest.measurement.lean import SPAN_S, lean_deg, lean_odds
from ingest.measurement.posture import (
    LAG_S,
    LIE,
    SIT,
    STAND,
    Observed,
    PostureEstimator,
    movement_odds,
)
from ingest.measurement.steps import SPAN_S as STEPS_S
from ingest.measurement.steps import SoftSteps

UP = (0.0, 0.0, 1.0)
SOFT_MS2 = 0.75  # as restless as a fidget


def tilted(deg: float) -> tuple[float, float, float]:
    return sin(radians(deg)), 0.0, cos(radians(deg))


def after(*spells: tuple[float, bool, int]) -> Doubt:
    doubt = Doubt()
    for tilt_deg, walking, seconds in spells:
        for _ in range(seconds):
            doubt.feed(tilt_deg, walking=walking)
    return doubt


@pytest.mark.parametrize("spell", [(60.0, True, 5), (150.0, False, 5)])
def test_upright_is_doubted_of_who_would_walk_lying_or_hang_head_down(
    spell: tuple[float, bool, int],
) -> None:
    assert after(spell).doubted
    assert after(spell, (90.0, False, 60)).doubted
    assert not after(spell, (10.0, False, 5)).doubted


@pytest.mark.parametrize("spell", [(90.0, False, 600), (20.0, True, 600), (150.0, False, 4)])
def test_who_lies_or_walks_upright_gives_no_doubt(spell: tuple[float, bool, int]) -> None:
    assert not after(spell).doubted


def test_a_strap_put_on_again_is_known_to_sit_otherwise_until_a_walk() -> None:
    doubt = Doubt()
    doubt.reworn = True
    for _ in range(9):
        doubt.feed(5.0, walking=True)
    assert doubt.reworn
    doubt.feed(5.0, walking=True)
    assert not doubt.reworn
    assert 0 < sitting_odds(20.0, reworn=True) < 0.5 * sitting_odds(20.0)


def test_even_steps_are_walking_and_a_burst_is_not() -> None:
    even, burst = SoftSteps(), SoftSteps()
    assert movement_odds(SOFT_MS2) < 0
    assert movement_odds(SOFT_MS2) + [even.feed(SOFT_MS2) for _ in range(STEPS_S + 6)][-1] > 1
    assert not any(burst.feed(level) for level in (0.5, 1.1, 0.7, 0.45, 0.9, 1.2, 0.5, 0.05) * 3)


def test_a_lean_is_measured_from_the_way_between_both_postures() -> None:
    ups = [tilted(deg) for deg in (0, 0, 12, 35, 25, 10, 10)]
    assert lean_deg(ups) == pytest.approx(30, abs=1)
    assert lean_deg([tilted(5.0 * i) for i in range(SPAN_S)]) == pytest.approx(0, abs=2.5)
    assert lean_deg([None, *ups[1:]]) is None
    assert lean_odds(2.0) < 0.3 < lean_odds(None) < 4 < lean_odds(30.0)


def said(estimator: PostureEstimator, seconds: list[tuple[Observed, float]]) -> list[int]:
    """Return the likeliest state of each second that is decided."""
    said = []
    for i, (seen, _) in enumerate(seconds):
        estimator.feed(seen)
        if i >= LAG_S:
            posterior = estimator.decide(seconds[i - LAG_S][1])
            said.append(posterior.index(max(posterior)))
    return said


@pytest.mark.parametrize(("lean", "state"), [(30.0, SIT), (0.0, STAND)])
def test_who_walks_and_goes_down_sits_only_after_leaning(lean: float, state: int) -> None:
    walk = [(Observed.of(UP, 2.3, UP), 0.0)] * 20
    leans = [Observed.of(tilted(deg), 1.6, UP) for deg in (0.6 * lean, lean, 0.7 * lean)]
    down = list(zip(leans, (0.0, -0.15, 0.0), strict=True))
    still = [(Observed.of(tilted(10.0), 0.05, UP), 0.0)] * 20
    assert said(PostureEstimator(), walk + down + still)[-1] == state


def test_who_sits_under_a_wrong_upright_is_not_said_to_lie() -> None:
    wrong = tilted(150.0)
    walk = [(Observed.of(UP, 2.3, wrong), 0.0)] * 8
    still = [(Observed.of(UP, 0.05, wrong), 0.0)] * 60
    assert LIE not in said(PostureEstimator(), walk + still)[10:]


def test_what_is_known_of_upright_is_taken_up_again() -> None:
    doubt, steps = after((150.0, False, 4)), SoftSteps()
    for _ in range(STEPS_S + 1):
        steps.feed(SOFT_MS2)
    doubt_again, steps_again = Doubt(), SoftSteps()
    doubt_again.restore(json.loads(json.dumps(doubt.checkpoint())))
    steps_again.restore(json.loads(json.dumps(steps.checkpoint())))
    doubt_again.feed(150.0, walking=False)
    assert doubt_again.doubted
    assert steps_again.feed(SOFT_MS2) == steps.feed(SOFT_MS2) > 0
