"""The shipped drills, and own packs with errors that name the line."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.records import Event
from monitor.drills.catalogue import load_catalogue, parse_pack
from monitor.drills.journal import Practice, check_in_due, days_practised, journal_of
from monitor.drills.progress import dose_at, level, unlocked_phases
from monitor.drills.proposal import break_drills, proposer
from monitor.errors import DrillPackError
from monitor.settings import DrillSettings

CATALOGUE = load_catalogue()
MONDAY = date(2026, 3, 2)

PACK = """title = "Mine"

[[drill]]
id = "mine"
name = "My drill"
aim = "From my physio"
position = "standing"
place = "stand"
clothes = "yes"
dose = { reps = 5 }
categories = ["reconnect"]
phase = "reconnect"
region = "back"
pillars = ["neuromuscular"]
audience = ["general"]
steps = ["Do it."]
caution = "Gently."
easier_how = "Less."
figure = "o"
figure_ascii = "o"
"""


def test_the_whole_catalogue_ships():
    assert len(CATALOGUE) == 40
    assert (
        sum(
            drill.clothes == "yes" and drill.place in ("chair", "stand", "wall", "walk")
            for drill in CATALOGUE
        )
        >= 10
    )


@pytest.mark.parametrize("drill", CATALOGUE, ids=lambda drill: drill.id)
def test_every_drill_can_be_shown_in_80_columns_and_in_ascii(drill):
    assert drill.caution and drill.steps
    assert drill.figure_ascii.isascii()
    for figure in (drill.figure, drill.figure_ascii):
        lines = figure.splitlines()
        assert len(lines) <= 6 and max(map(len, lines)) <= 16
    assert drill.dose.reps or drill.dose.hold_s or drill.dose.seconds
    assert not (drill.dose.hold_max_s and drill.dose.hold_max_s < drill.dose.hold_s)


STATED = {  # the lowest that the articles state: repetitions, hold and whole in seconds
    "pelvic_tilt_wall": (None, 10, 0),
    "wall_plank": (0, 20, 0),
    "hamstring_seated": (0, 20, 0),
    "pelvic_tilt_supine": (10, 5, 0),
    "cat_cow": (0, 0, 30),
    "bird_dog": (5, None, 0),
    "bird_dog_hold": (2, 10, 0),
    "superman_hold": (None, 10, 0),
    "side_plank": (0, 15, 0),
    "dead_bug_hold": (0, 10, 0),
    "knees_to_chest": (0, 20, 0),
    "glute_bridge": (10, None, 0),
    "sciatic_nerve_glide": (8, 0, 0),
    "piriformis_supine": (0, 20, 0),
    "roman_chair_hold": (0, 15, 0),
    "hanging": (0, 15, 0),
}


def test_every_dose_is_the_lowest_that_is_stated_or_says_that_it_is_ours():
    assert {drill.id for drill in CATALOGUE if not drill.dose.ours} == set(STATED)
    for drill in CATALOGUE:
        for stated, ours in zip(
            STATED.get(drill.id, (None, None, None)),
            (drill.dose.reps, drill.dose.hold_s, drill.dose.seconds),
            strict=True,
        ):
            assert stated in (None, ours)


def test_rule_26_the_roller_says_what_it_is_not_for():
    roll = next(drill for drill in CATALOGUE if drill.id == "foam_roll")
    assert "lower back" in roll.caution


def test_an_own_pack_adds_and_replaces(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(PACK.replace('"mine"', '"walk"', 1))
    drills = load_catalogue([path], disabled=["plank"])
    assert next(d for d in drills if d.id == "walk").name == "My drill"
    assert "plank" not in {d.id for d in drills}


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ('place = "stand"', 'place = "moon"', 8, "moon"),
        ("dose = { reps = 5 }", "dose = { reps = -5 }", 10, ">= 0"),
        ('clothes = "yes"\n', "", 3, "clothes"),
        ('clothes = "yes"', 'clothes = "yes"\ncolour = "red"', 10, "colour"),
        ('caution = "Gently."', 'caution = ""', 17, "length >= 1"),
        ("title =", "title", 1, "line 1"),
    ],
)
def test_a_bad_pack_is_refused_with_its_file_and_line(old, new, line, why):
    with pytest.raises(DrillPackError, match=why) as refusal:
        parse_pack(PACK.replace(old, new), "mine.toml")
    assert refusal.value.line == line
    assert str(refusal.value).startswith(f"mine.toml:{line}:")


def test_a_pack_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DrillPackError, match="cannot be read"):
        load_catalogue([tmp_path / "none.toml"])


def test_a_pack_in_the_home_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.toml").write_text(PACK)
    assert "mine" in {drill.id for drill in load_catalogue([Path("~/mine.toml")])}


def test_a_pack_that_cannot_be_read_costs_no_prompt_its_drill(caplog):
    propose = proposer(DrillSettings(packs=["/nowhere/mine.toml"]))
    assert propose("sitting", 0) == "walk"
    assert "without your own drills: /nowhere/mine.toml: cannot be read" in caplog.text


def test_breaks_propose_drills_in_turn_and_only_what_office_clothes_allow():
    propose = proposer(DrillSettings())
    offered = [propose("sitting", n) for n in range(4)]
    assert offered[0] == "walk" and len(set(offered)) == 4
    assert propose("standing", 0) == "walk"
    assert all(d.clothes == "yes" for d in break_drills(CATALOGUE, DrillSettings()))


def test_a_dose_rises_by_a_good_week_and_no_further_than_the_sources_go():
    bridge = next(drill for drill in CATALOGUE if drill.id == "glute_bridge")
    journal = [Practice(MONDAY + timedelta(days=d), bridge.id) for d in range(0, 70, 3)]
    assert [level(bridge, journal, MONDAY + timedelta(days=d)) for d in (0, 6, 7, 14)] == [
        0,
        0,
        1,
        2,
    ]
    assert [dose_at(bridge, n).reps for n in (0, 1, 5, 50)] == [10, 11, 15, 15]


def test_sharp_pain_steps_back_at_once_and_holds_for_a_week():
    bridge = next(drill for drill in CATALOGUE if drill.id == "glute_bridge")
    journal = [Practice(MONDAY + timedelta(days=d), bridge.id) for d in range(0, 16, 2)]
    journal.append(Practice(MONDAY + timedelta(days=16), bridge.id, "sharp"))
    journal += [Practice(MONDAY + timedelta(days=d), bridge.id) for d in range(18, 40, 2)]
    levels = [level(bridge, journal, MONDAY + timedelta(days=d)) for d in range(14, 36)]
    assert levels[:3] == [2, 2, 1]
    assert set(levels[2:14]) == {1}
    assert levels[14] == 2


def test_the_journal_reads_events_and_the_next_days_answer():
    day_ms = 1_772_445_600_000  # 2026-03-02T10:00Z
    events = [
        Event(kind="drill", t_ms=day_ms, data={"drill": "walk", "now_s": 0.0, "rating": "fine"}),
        Event(kind="drill", t_ms=day_ms, data={"drill": "plank", "now_s": 0.0, "stopped": "pain"}),
    ]
    zone = ZoneInfo("UTC")
    journal = journal_of(events, zone)
    assert [entry.rating for entry in journal] == ["fine", "sharp"]
    tomorrow = MONDAY + timedelta(days=1)
    assert check_in_due(journal, events, tomorrow)
    answer = {"answer": "sore", "now_s": 0.0, "day": MONDAY.isoformat()}
    events.append(Event(kind="check_in", t_ms=day_ms + 86_400_000, data=answer))
    assert not check_in_due(journal, events, tomorrow)
    assert [entry.rating for entry in journal_of(events, zone)] == ["sore", "sore"]
    assert days_practised(journal, tomorrow) == 1
    assert days_practised(journal, MONDAY + timedelta(days=27)) == 1
    assert days_practised(journal, MONDAY + timedelta(days=28)) == 0


def test_rule_5_the_day_after_is_asked_about_only_where_something_was_practised():
    journal = [Practice(MONDAY, "walk")]
    assert check_in_due(journal, [], MONDAY + timedelta(days=1))
    assert not check_in_due(journal, [], MONDAY)
    assert not check_in_due(journal, [], MONDAY + timedelta(days=2))


def test_rule_6_a_session_of_mostly_fast_repetitions_raises_no_dose_and_opens_no_phase():
    def done(day: int, fast: int) -> Event:
        data = {"drill": "pelvic_tilt_wall", "now_s": 0.0, "reps": 10, "reps_fast": fast}
        return Event(kind="drill", t_ms=1_772_445_600_000 + day * 86_400_000, data=data)

    tilt = next(drill for drill in CATALOGUE if drill.id == "pelvic_tilt_wall")
    today = MONDAY + timedelta(days=7)
    for fast, counts in ((5, True), (6, False)):
        journal = journal_of([done(day, fast) for day in range(7)], ZoneInfo("UTC"))
        assert (level(tilt, journal, today) == 1) is counts
        assert ("isometric" in unlocked_phases(CATALOGUE, journal)) is counts
        assert days_practised(journal, today) == 7
