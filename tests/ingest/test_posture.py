"""What the chain makes of seconds that are made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import cos, radians, sin

import pytest

from ingest.measurement.evidence import PARAMS, SIT, Observed
from ingest.measurement.posture import LAG_S, STATES, PostureEstimator
from ingest.records import PostureState

UPRIGHT = (1.0, 0.0, 0.0)
STILL, RESTLESS = 0.03, 2.0  # m/s²

Spell = tuple[int, float, float]
"""Seconds, tilt in degrees, sd of |acc| in m/s²."""

LYING: Spell = (20, 90.0, STILL)
WALK: Spell = (20, 4.0, RESTLESS)


def observed(spell: Spell) -> list[Observed]:
    """Return the seconds of a spell."""
    seconds, tilt_deg, acc_sd = spell
    up = (cos(radians(tilt_deg)), 0.0, sin(radians(tilt_deg)))
    return [Observed.of(up, acc_sd, UPRIGHT) for _ in range(seconds)]


def decided(
    *spells: Spell, travels_m: dict[int, float] | None = None, estimator: PostureEstimator
) -> list[PostureState]:
    """Return the likeliest state of each second; `travels_m` holds the seconds that travelled."""
    seen: Sequence[Observed | None] = [s for spell in spells for s in observed(spell)]
    found = []
    for second in [*seen, *([None] * LAG_S)]:
        estimator.feed(second)
        if len(estimator) > LAG_S:
            posterior = estimator.decide((travels_m or {}).get(len(found), 0.0))
            found.append(STATES[max(range(4), key=lambda i: posterior[i])])
    return found


@pytest.mark.parametrize("getting_up_s", [2, 3, 4, 5])
def test_who_gets_up_from_lying_and_stays_there_is_thought_to_sit(getting_up_s: int) -> None:
    states = decided(
        LYING, (getting_up_s, 10.0, RESTLESS), (20, 5.0, STILL), estimator=PostureEstimator()
    )
    assert set(states[:18]) == {PostureState.LYING}
    assert set(states[-18:]) == {PostureState.SITTING}


def test_who_gets_up_from_lying_and_walks_on_is_moving_and_stands_when_the_walk_ends() -> None:
    states = decided(LYING, WALK, (20, 2.0, STILL), estimator=PostureEstimator())
    assert set(states[30:38]) == {PostureState.MOVING}
    assert set(states[-18:]) == {PostureState.STANDING}


def test_a_restless_second_or_two_is_no_walk() -> None:
    states = decided(
        (20, 20.0, STILL), (2, 20.0, RESTLESS), (20, 20.0, STILL), estimator=PostureEstimator()
    )
    assert set(states) == {PostureState.SITTING}


def test_who_leans_far_back_in_a_chair_goes_on_sitting_and_who_lies_is_found() -> None:
    seated: Spell = (60, 20.0, STILL)
    reclined = decided(seated, (300, 63.5, STILL), estimator=PostureEstimator())
    lying = decided(seated, (60, 68.0, STILL), estimator=PostureEstimator())
    assert set(reclined[60:]) == {PostureState.SITTING}
    assert set(lying[75:]) == {PostureState.LYING}


def test_what_is_learned_of_a_wearer_counts_after_the_strap_was_off_too() -> None:
    spells: tuple[Spell, ...] = ((2, 30.0, RESTLESS), (60, 30.0, STILL))
    states = {}
    for sitting_deg in (30.0, 80.0):
        estimator = PostureEstimator()
        estimator.learn(replace(PARAMS, sitting_deg=sitting_deg, sitting_sd_deg=6.0))
        estimator.took_off()
        for second in (s for spell in spells for s in observed(spell)):
            estimator.feed(second)
        states[sitting_deg] = estimator.newest()[SIT]
    assert states[30.0] > states[80.0] + 0.2


def test_a_rise_tells_standing_from_sitting_at_the_same_tilt() -> None:
    still = (60, 6.0, STILL)
    rose = decided((20, 20.0, STILL), still, travels_m={20: 0.4}, estimator=PostureEstimator())
    stayed = decided((20, 20.0, STILL), still, estimator=PostureEstimator())
    assert set(rose[25:]) == {PostureState.STANDING}
    assert set(stayed[25:]) == {PostureState.SITTING}


@pytest.mark.parametrize("at", [19, 21, 22, 24, 30])
def test_a_restored_chain_goes_on_as_if_nothing_had_been(at: int) -> None:
    spells = LYING, (4, 10.0, RESTLESS), (20, 5.0, STILL)
    seconds = [s for spell in spells for s in observed(spell)]
    whole, first = PostureEstimator(), PostureEstimator()
    for second in seconds[:at]:
        whole.feed(second)
        first.feed(second)
    for estimator in (whole, first):
        while len(estimator) > LAG_S:
            estimator.decide(0.0)
    restored = PostureEstimator()
    restored.restore(first.checkpoint())
    for second in seconds[at:]:
        whole.feed(second)
        restored.feed(second)
        assert restored.decide(0.0) == whole.decide(0.0)
