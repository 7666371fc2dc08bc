"""The prompt says all it has to say in three lines of the smallest ordinary terminal."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from monitor import wording
from monitor.drills.catalogue import load_catalogue
from monitor.drills.proposal import break_drills
from monitor.nudge import RUNGS, Rung
from monitor.settings import DrillSettings
from tui.drill_names import drill_name
from tui.keys import DRILL_ANSWER, NUDGE_ANSWERS
from tui.phrases import RUNG
from tui.signs import ASCII, UNICODE, Signs
from tui.widgets.nudge_bar import NudgeBar, NudgeReading

WIDTH = 77  # of 80 columns, without the edge and the padding
KEYS = tuple((answer.key, answer.description) for answer in NUDGE_ANSWERS)
NAMES = [
    drill_name(drill.id)
    for places in (["stand", "wall", "walk"], ["chair"])
    for drill in break_drills(load_catalogue(), DrillSettings(places=list(places)))
]
REASONS = [
    (rung, wording.reason(topic, rung, 480 * 60, variant=variant, stands=stands))
    for topic, rung, variant, stands in itertools.product(
        ("sitting", "standing"), RUNGS, range(3), (True, False)
    )
]


def drawn(signs: Signs, rung: Rung, reason: str, drill: str) -> list[str]:
    reading = NudgeReading(
        rung=rung, reason=reason, since_break_s=10 * 3600, snoozed=12, drill=drill, keys=KEYS
    )
    return NudgeBar(signs).draw(reading, WIDTH).plain.split("\n")


@pytest.mark.parametrize("signs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_three_lines_hold_every_reason_circumstance_and_answer(signs: Signs) -> None:
    assert {rung for rung, _ in REASONS} == set(get_args(Rung))
    for (rung, reason), name in itertools.product(REASONS, NAMES):
        lines = drawn(signs, rung, reason, name)
        assert len(lines) == 3 and max(map(len, lines)) <= WIDTH, lines
        assert lines[0] == f"{RUNG[rung]}  {reason}"
        for said in ("10 h 00 ago", "put off 12 times", f"drill: {name}"):
            assert said in lines[1]
        for key, words in KEYS:
            assert f" {key}  {words}" in lines[2]
    assert (DRILL_ANSWER.key, DRILL_ANSWER.description) in KEYS
