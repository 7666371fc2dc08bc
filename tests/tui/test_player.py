"""The player of a drill: its steps, its breath, and when the body is still."""

from __future__ import annotations

import pytest

from monitor.drills.catalogue import load_catalogue
from tui.poses import still, sway_deg
from tui.session import Player, Stage, StepKind, breath, steps_of

DRILLS = {drill.id: drill for drill in load_catalogue()}
SIDED = next(d for d in DRILLS.values() if d.dose.sides == 2 and d.dose.hold_s)


@pytest.mark.parametrize("drill_id", sorted(DRILLS))
def test_every_drill_starts_with_getting_ready_and_ends(drill_id: str) -> None:
    drill = DRILLS[drill_id]
    steps = steps_of(drill)
    assert steps[0].kind is StepKind.READY and steps[-1].work
    player = Player(drill, 0.0)
    player.advance(sum(step.seconds for step in steps) + 1)
    assert player.stage is Stage.DONE and player.share == 1.0


def test_both_sides_get_the_same_work() -> None:
    work = [step for step in steps_of(SIDED) if step.work]
    sides = [[step.seconds for step in work if step.side == side] for side in (1, 2)]
    assert sides[0] == sides[1] and sides[0]


def test_a_paused_player_does_not_move() -> None:
    player = Player(SIDED, 0.0)
    player.pause(2.0)
    player.advance(100.0)
    assert player.stage is Stage.PAUSED and player.left_s == 3.0
    player.pause(100.0)
    player.advance(101.0)
    assert player.left_s == 2.0


def test_a_paused_player_can_go_to_the_next_step_and_stays_paused() -> None:
    player = Player(SIDED, 0.0)
    player.pause(2.0)
    player.skip(3.0)
    assert player.step is player.steps[1] and player.stage is Stage.PAUSED
    for _ in player.steps[1:]:
        player.skip(4.0)
    assert player.stage is Stage.DONE


def test_a_player_that_was_away_walks_through_all_that_passed() -> None:
    player = Player(SIDED, 0.0)
    player.advance(5.0 + SIDED.dose.hold_s / 2)
    assert player.step.kind is StepKind.HOLD
    assert player.worked_s == pytest.approx(SIDED.dose.hold_s / 2)


def test_stopping_ends_at_once_and_for_good() -> None:
    player = Player(SIDED, 0.0)
    player.stop(6.0)
    player.advance(1000.0)
    assert player.stage is Stage.STOPPED and player.worked_s == pytest.approx(1.0)


@pytest.mark.parametrize(("into_s", "way"), [(0.0, "in"), (3.9, "in"), (4.1, "out"), (8.0, "in")])
def test_the_breath_is_as_long_out_as_in(into_s: float, way: str) -> None:
    assert breath(into_s)[0] == way


def test_stillness_is_judged_by_the_last_four_seconds() -> None:
    moving = [(t / 10, 10.0 * (t < 40)) for t in range(100)]
    assert still(sway_deg(moving, 9.9)) is True
    assert still(sway_deg(moving, 5.0)) is False
    assert still(sway_deg([], 5.0)) is None


def test_stillness_is_judged_on_a_fast_timeline_too_but_not_by_what_is_old() -> None:
    seldom = [(2.0 * i, 10.0 + 30.0 * (i == 2)) for i in range(10)]
    assert still(sway_deg(seldom, 22.0, rate=20.0)) is True
    assert still(sway_deg(seldom[:4], 8.0, rate=20.0)) is False
    assert still(sway_deg(seldom, 22.0)) is None
    assert still(sway_deg(seldom, 60.0, rate=20.0)) is None
    rare = [(5.0 * i, 10.0) for i in range(6)]  # fewer than three of them in any four seconds
    assert (still(sway_deg(rare, 25.5, rate=20.0)), still(sway_deg(rare, 25.5))) == (True, None)
