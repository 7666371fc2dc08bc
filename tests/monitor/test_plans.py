"""A thousand generated plans for random histories: every invariant of the catalogue's rules."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from monitor.drills.catalogue import Drill, load_catalogue
from monitor.drills.journal import Practice
from monitor.drills.plan import (
    CONFIDENCE,
    REGIONS,
    WARM_UPS,
    Body,
    DayPlan,
    daily_plan,
    fitting,
    week_plan,
)
from monitor.drills.progress import PHASES, dose_at, eased, level, unlocked_phases
from monitor.drills.proposal import break_drills
from monitor.drills.traits import is_activation, is_compression, is_load
from monitor.settings import DrillSettings

PLANS = 1000
TODAY = date(2026, 3, 2)
CATALOGUE = load_catalogue()
BY_ID = {drill.id: drill for drill in CATALOGUE}
EQUIPMENT = ("mat", "support", "band", "weights", "bar", "bench", "roller", "pad")


@dataclass(frozen=True)
class Case:
    """One plan with what it was made from."""

    settings: DrillSettings
    journal: tuple[Practice, ...]
    body: Body
    week: tuple[DayPlan, ...]

    @property
    def days(self) -> Iterator[tuple[DayPlan, list[Drill]]]:
        for plan in self.week:
            yield plan, [step.drill for step in plan.items]

    @property
    def unlocked(self) -> list[Drill]:
        phases = unlocked_phases(CATALOGUE, self.journal) - {"recovery"}
        fits = fitting(CATALOGUE, self.settings)
        return [drill for drill in fits if drill.phase in phases and drill.id != "walk"]

    @property
    def pool(self) -> list[Drill]:
        """What the other rules leave: eased after pain, warmed up, activated, paired."""
        fits, unlocked = fitting(CATALOGUE, self.settings), self.unlocked
        hurt = {entry.drill for entry in eased(unlocked, self.journal).values()}
        ready = any(d.id in WARM_UPS for d in fits) and any(map(is_activation, unlocked))
        paired = any("decompression" in d.categories and not is_both(d) for d in fits)
        return [
            drill
            for drill in unlocked
            if drill.id not in hurt
            and (ready or not is_load(drill))
            and (paired or not is_compression(drill))
        ]


def is_both(drill: Drill) -> bool:
    return {"compression", "decompression"} <= set(drill.categories)


def random_settings(rng: random.Random) -> DrillSettings:
    places = rng.choice(
        [
            ["chair", "stand", "walk"],
            ["chair", "stand", "wall", "floor", "walk"],
            ["stand", "floor"],
            ["chair", "stand", "wall", "floor", "bar", "gym", "walk"],
        ]
    )
    return DrillSettings(
        profile=rng.choice(["general", "general", "sciatica", "older", "advanced"]),
        allow_advanced=rng.random() < 0.5,
        places=places,
        equipment=[item for item in EQUIPMENT if rng.random() < 0.7],
        office_clothes=rng.random() < 0.5,
        disabled=rng.sample([drill.id for drill in CATALOGUE], rng.choice([0, 0, 3, 15, 25])),
    )


def random_journal(rng: random.Random, settings: DrillSettings) -> tuple[Practice, ...]:
    """Follow the plans of some weeks, with days missed and pain now and then."""
    journal: list[Practice] = []
    days = rng.choice([0, 5, 12, 25, 45, 80])
    diligence, pain = rng.choice([0.4, 0.8, 1.0]), rng.choice([0, 0, 0.02, 0.1])
    drills = fitting(CATALOGUE, settings)
    for back in range(days, 0, -1):
        day = TODAY - timedelta(days=back)
        if rng.random() > diligence:
            continue
        phases = unlocked_phases(CATALOGUE, journal)
        open_drills = [d for d in drills if d.phase in phases]
        for drill in rng.sample(open_drills, min(len(open_drills), rng.choice([1, 2, 3]))):
            rating = "fine" if rng.random() >= pain else rng.choice(["mild", "sharp", "sore"])
            journal.append(Practice(day, drill.id, rating))
    return tuple(journal)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    made = []
    for seed in range(PLANS):
        rng = random.Random(seed)
        settings = random_settings(rng)
        journal = random_journal(rng, settings)
        body = Body(warm=rng.random() < 0.5, crept=rng.random() < 0.3)
        week = week_plan(CATALOGUE, settings, journal, TODAY, body=body)
        made.append(Case(settings, journal, body, week))
    return made


def test_the_cases_reach_every_phase_and_many_drills(cases):
    phases = {drill.phase for case in cases for _, items in case.days for drill in items}
    assert set(PHASES) <= phases
    assert len({drill.id for case in cases for _, items in case.days for drill in items}) >= 28
    assert any(len(unlocked_phases(CATALOGUE, case.journal)) == 2 for case in cases)


def test_rule_1_a_new_wearer_starts_in_the_first_phase_at_the_lowest_dose(cases):
    new = [case for case in cases if not case.journal]
    assert new
    for case in new:
        for plan, items in case.days:
            assert {drill.phase for drill in items} <= {PHASES[0], "recovery"}
            assert all(step.dose == step.drill.dose for step in plan.steps)


def test_rule_2_no_target_rises_by_more_than_ten_percent_or_one_repetition_a_week(cases):
    for case in cases:
        for drill in {step.drill.id for plan in case.week for step in plan.items}:
            last = None
            for weeks in range(13):
                dose = dose_at(
                    BY_ID[drill],
                    level(BY_ID[drill], case.journal, TODAY - timedelta(weeks=12 - weeks)),
                )
                if last is not None:
                    assert dose.reps <= max(last.reps + 1, 1.1 * last.reps)
                    assert dose.hold_s <= 1.1 * last.hold_s + 1e-9
                    assert dose.seconds <= 1.1 * last.seconds + 1e-9
                last = dose


def test_rule_3_sharp_pain_steps_back_once_and_nothing_rises_for_seven_days(cases):
    seen = 0
    for case in cases:
        for entry in (entry for entry in case.journal if entry.rating == "sharp"):
            drill = BY_ID[entry.drill]
            others = [e for e in case.journal if e.drill == drill.id and e.day != entry.day]
            before = level(drill, others, entry.day)
            after = level(drill, case.journal, entry.day)
            seen += before > 0
            assert after == max(before - 1, 0)
            for days in range(1, 8):
                assert level(drill, case.journal, entry.day + timedelta(days=days)) <= after
    assert seen > 20


@pytest.mark.parametrize(
    ("ratings", "reached"),
    [
        (["fine", "fine"], 1),
        (["mild", "fine"], 1),
        (["fine"], 0),
        (["fine", "sore"], 0),
        (["fine", "fine", "sore"], 0),
    ],
)
def test_rule_3_a_week_of_soreness_or_of_missed_sessions_raises_nothing(ratings, reached):
    start = TODAY - timedelta(days=7)
    journal = [
        Practice(start + timedelta(days=2 * i), "glute_bridge", rating)
        for i, rating in enumerate(ratings)
    ]
    assert level(BY_ID["glute_bridge"], journal, TODAY) == reached


def test_rule_4_after_pain_the_easier_variant_stands_in_until_it_went_well(cases):
    seen = set()
    for case in cases[:200]:
        for drill in case.unlocked:
            hurt = Practice(TODAY - timedelta(days=1), drill.id, "sharp")
            journal = (*(e for e in case.journal if e.day < hurt.day), hurt)
            after = Case(case.settings, journal, Body(), ())
            if drill.id not in {other.id for other in after.unlocked}:
                continue
            if drill.easier not in {other.id for other in after.pool}:
                continue
            plan = daily_plan(CATALOGUE, case.settings, journal, TODAY)
            planned = {step.drill.id for step in plan.items}
            assert drill.easier in planned and drill.id not in planned
            seen.add(drill.id)
    assert len(seen) >= 5
    hurt = Practice(TODAY - timedelta(days=1), "plank", "sharp")
    assert eased(CATALOGUE, [hurt])
    assert not eased(CATALOGUE, [hurt, Practice(TODAY, "wall_plank")])
    assert eased(CATALOGUE, [hurt, Practice(TODAY, "wall_plank", "sharp")])


def test_rule_8_a_phase_needs_six_sessions_on_four_days_without_sharp_pain(cases):
    for case in cases:
        for _, items in case.days:
            for drill in items:
                for phase in PHASES[: PHASES.index(drill.phase) if drill.phase in PHASES else 0]:
                    done = [e for e in case.journal if BY_ID[e.drill].phase == phase]
                    sharp = max((e.day for e in done if e.rating == "sharp"), default=date.min)
                    since = [e for e in done if e.day > sharp]
                    assert len(since) >= 6 and len({e.day for e in since}) >= 4


def test_rule_9_compression_is_followed_by_decompression(cases):
    seen = 0
    for case in cases:
        for plan in case.week:
            for i, step in enumerate(plan.steps):
                if is_compression(step.drill):
                    seen += 1
                    assert "decompression" in plan.steps[i + 1].drill.categories
    assert seen > 50


def test_rule_11_a_day_has_one_to_three_items(cases):
    for case in cases:
        for plan in case.week:
            easy = any(not is_load(drill) for drill in case.unlocked)
            assert easy <= len(plan.items) <= 3
            assert len({step.drill.id for step in plan.items}) == len(plan.items)


def test_rule_14_load_begins_with_a_warm_up_unless_the_body_is_warm(cases):
    seen = 0
    for case in cases:
        for i, (plan, items) in enumerate(case.days):
            if any(map(is_load, items)) and not (case.body.warm and i == 0):
                first = plan.steps[0]
                assert first.role == "warm_up" and first.drill.id in WARM_UPS
                assert first.drill.id != "walk" or first.dose.seconds >= 300
                seen += 1
    assert seen > 500
    assert not any(
        step.role == "warm_up" for case in cases if case.body.warm for step in case.week[0].steps
    )


def test_rule_15_static_stretches_come_last_and_breaks_prefer_dynamic_drills(cases):
    for case in cases:
        for _, items in case.days:
            still = ["flexibility" in d.categories and not d.dynamic for d in items]
            assert still == sorted(still)
        offered = [d.dynamic for d in break_drills(CATALOGUE, case.settings)]
        assert offered == sorted(offered, reverse=True)


def test_rule_16_a_load_is_preceded_by_an_activation(cases):
    seen = 0
    for case in cases:
        for _, items in case.days:
            for i, drill in enumerate(items):
                if is_load(drill):
                    seen += 1
                    assert any(map(is_activation, items[:i]))
    assert seen > 500


def test_rule_17_a_break_always_stands_up(cases):
    for case in cases:
        assert all(d.position == "standing" for d in break_drills(CATALOGUE, case.settings))


def test_rule_20_a_week_goes_all_round_and_a_third_of_it_is_the_back(cases):
    for case in cases:
        done = [drill for _, items in case.days for drill in items]
        for region in REGIONS:
            if any(drill.region == region for drill in case.pool):
                assert any(drill.region == region for drill in done)
        if any(drill.region == "back" for drill in case.pool):
            assert sum(drill.region == "back" for drill in done) * 3 >= len(done)


def test_rule_21_a_week_covers_the_three_pillars(cases):
    for case in cases:
        done = {pillar for _, items in case.days for drill in items for pillar in drill.pillars}
        assert {pillar for drill in case.pool for pillar in drill.pillars} <= done


@pytest.mark.parametrize("pillar", ["strength", "flexibility", "neuromuscular"])
def test_rule_21_a_pillar_is_kept_up_though_it_was_practised_last(pillar):
    settings = DrillSettings()
    drills = fitting(CATALOGUE, settings)
    journal = [
        Practice(TODAY - timedelta(days=back), drill.id)
        for back in range(120, 0, -2)
        for drill in drills
        if back > 12 or pillar in drill.pillars
    ]
    week = week_plan(CATALOGUE, settings, journal, TODAY)
    assert any(pillar in step.drill.pillars for plan in week for step in plan.items)


def test_rule_22_strength_never_comes_on_two_days_in_a_row(cases):
    for case in cases:
        strong = {e.day for e in case.journal if "strength" in BY_ID[e.drill].categories}
        for plan, items in case.days:
            if any("strength" in drill.categories for drill in items):
                assert plan.day - timedelta(days=1) not in strong
                strong.add(plan.day)


def test_rule_23_every_drill_has_an_easier_variant():
    for drill in CATALOGUE:
        assert drill.easier_how
        assert not drill.easier or drill.easier in BY_ID


def test_rule_24_advanced_drills_need_the_profile_and_the_consent(cases):
    seen = 0
    for case in cases:
        for plan in case.week:
            for step in plan.steps:
                if step.drill.advanced:
                    seen += 1
                    assert case.settings.profile == "advanced" and case.settings.allow_advanced
    assert seen > 0


def test_rule_25_nerve_drills_are_for_their_profile_and_never_rise(cases):
    for case in cases:
        for plan in case.week:
            for step in plan.steps:
                if "nerve" in step.drill.categories:
                    assert case.settings.profile == "sciatica"
                    assert step.dose == step.drill.dose


def test_rule_27_older_adults_get_drills_for_them_and_a_support_for_balance(cases):
    for case in cases:
        if case.settings.profile == "older":
            for plan in case.week:
                assert all("older" in step.drill.audience for step in plan.steps)
    assert "support" in " ".join(BY_ID["single_leg_stand"].steps)


def test_rule_29_the_plan_never_ends_and_maintenance_asks_for_less():
    settings = DrillSettings(places=["chair", "stand", "wall", "floor", "walk"])
    journal = tuple(
        Practice(TODAY - timedelta(days=back), drill.id)
        for back in range(120, 0, -2)
        for drill in fitting(CATALOGUE, settings)
    )
    kept = week_plan(CATALOGUE, settings, journal, TODAY)
    climbing = week_plan(CATALOGUE, settings, journal[-100:], TODAY)
    assert all(plan.items for plan in kept)
    assert sum(len(p.items) for p in kept) < sum(len(p.items) for p in climbing)


def test_rule_32_nothing_needs_equipment_that_is_not_owned(cases):
    for case in cases:
        for plan in case.week:
            for step in plan.steps:
                assert set(step.drill.equipment) <= set(case.settings.equipment)
                assert step.drill.place in case.settings.places
                assert step.drill.id not in case.settings.disabled


def test_no_load_and_no_end_range_right_after_long_slumping(cases):
    crept = [case for case in cases if case.body.crept]
    assert crept
    for case in crept:
        planned = [step.drill for step in case.week[0].items]
        assert not any(is_load(drill) or drill.end_range for drill in planned)
        assert not any(
            is_load(d) or d.end_range
            for d in break_drills(CATALOGUE, case.settings, body=case.body)
        )


def test_a_days_plan_sees_yesterdays_pain(cases):
    for case in cases[:100]:
        first = daily_plan(CATALOGUE, case.settings, case.journal, TODAY)
        hurt = [Practice(TODAY, step.drill.id, "sharp") for step in first.items]
        second = daily_plan(
            CATALOGUE, case.settings, (*case.journal, *hurt), TODAY + timedelta(days=1)
        )
        for step in second.items:
            if any(entry.drill == step.drill.id for entry in hurt):
                old = next(s for s in first.items if s.drill.id == step.drill.id)
                assert step.dose.reps <= old.dose.reps and step.dose.hold_s <= old.dose.hold_s


def test_rule_28_the_first_day_builds_confidence(cases):
    new = [case for case in cases if not case.journal]
    for case in new:
        able = {drill.id for drill in case.pool} & set(CONFIDENCE)
        first = {step.drill.id for step in case.week[0].items}
        assert len(first & able) >= min(len(able), len(first))
    assert {len(case.week[0].items) for case in new} >= {2}


def test_days_that_are_planned_one_by_one_and_followed_keep_the_rules_of_a_week(cases):
    for case in cases[:80]:
        journal, week = list(case.journal), []
        for i in range(7):
            week.append(daily_plan(CATALOGUE, case.settings, journal, TODAY + timedelta(days=i)))
            journal += [Practice(week[-1].day, step.drill.id) for step in week[-1].steps]
        followed = [Case(case.settings, case.journal, Body(), tuple(week))]
        test_rule_11_a_day_has_one_to_three_items(followed)
        test_rule_20_a_week_goes_all_round_and_a_third_of_it_is_the_back(followed)
        test_rule_21_a_week_covers_the_three_pillars(followed)
        test_rule_22_strength_never_comes_on_two_days_in_a_row(followed)
