"""Prompts and drills of a wearer who never stands or walks."""

from __future__ import annotations

import re

import pytest

from ingest.records import PostureState
from monitor import wording
from monitor.drills.catalogue import load_catalogue
from monitor.drills.plan import fitting
from monitor.drills.proposal import break_drills, proposer
from monitor.nudge import RUNGS
from monitor.settings import DrillSettings, MonitorSettings, NudgeSettings
from tui.tables import Config, WearerSettings

UP = re.compile(r"\b(?:stand\w*|up|walk\w*|feet|steps?)\b", re.IGNORECASE)
CATALOGUE = load_catalogue()


def of(*, stands: bool, **changes: object) -> DrillSettings:
    drills = DrillSettings(**changes)
    return Config(wearer=WearerSettings(stands=stands), drills=drills).own_drills


@pytest.mark.parametrize("rung", RUNGS)
def test_every_reason_says_what_the_body_can_do(rung):
    assert len(wording.SEATED[rung]) == len(wording.SITTING[rung])
    for variant in range(len(wording.SITTING[rung])):
        rise, shift = (
            wording.reason("sitting", rung, 1800, variant=variant, stands=stands)
            for stands in (True, False)
        )
        assert UP.search(rise), rise
        assert not UP.search(shift) and re.search(r"weight|lean", shift, re.IGNORECASE), shift


def test_no_drill_of_plan_or_break_stands_or_walks():
    settings = of(stands=False, places=["chair", "stand", "wall", "floor", "walk", "gym"])
    plan = fitting(CATALOGUE, settings)
    assert {drill.place for drill in plan} == {"chair", "floor"}
    assert not any(drill.stands_up for drill in plan)
    breaks = break_drills(CATALOGUE, settings)
    assert breaks and {drill.place for drill in breaks} == {"chair"}
    assert proposer(settings)("sitting", 0) in {drill.id for drill in breaks}


def test_who_stands_keeps_every_place():
    assert of(stands=True) == DrillSettings()
    assert all(drill.stands_up for drill in break_drills(CATALOGUE, of(stands=True)))


@pytest.mark.parametrize("stands", [True, False])
def test_the_prompt_follows_the_setting(day, stands):
    settings = MonitorSettings(nudges=NudgeSettings(hint_min=0, moment_s=0), stands=stands)
    (nudge,) = day(settings).live(PostureState.SITTING, 31 * 60).of("nudge")
    assert bool(UP.search(str(nudge.data["reason"]))) is stands
