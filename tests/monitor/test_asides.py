"""Slumps, end-range load, reminders about the strap, the novelty guard and experiments in force."""

from __future__ import annotations

import math
import random
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ingest.messages import CalibrationMessage, LinkMessage, NudgeMessage
from ingest.past import exposure
from ingest.records import PostureState as P
from monitor.core import Monitor
from monitor.levels import extra_sink, levels_at
from monitor.novelty import Novelty, novelty
from monitor.settings import DrillSettings, MonitorSettings, NudgeSettings, ScheduleSettings
from monitor.slump import (
    SlumpParams,
    SlumpState,
    crept,
    follow_load,
    follow_slump,
    seated_percent,
)
from monitor.state import MonitorState, shift_times

UTC = ZoneInfo("UTC")


OWN = (-10.0, 30.0)


def slumps(story):
    state, found, t_s = SlumpState(), [], 0
    for posture, percent, seconds in story:
        angle = None if percent is None else OWN[0] + percent * 0.4
        for _ in range(seconds):
            share = seated_percent(posture, angle, OWN)
            ended = follow_slump(state, t_s, share, SlumpParams())
            found += [ended] if ended else []
            t_s += 1
    return [(slump.start_s, slump.end_s) for slump in found]


@pytest.mark.parametrize(
    ("story", "found"),
    [
        ([(P.SITTING, 65, 119), (P.SITTING, 30, 20)], []),
        ([(P.SITTING, 65, 130), (P.SITTING, 30, 20)], [(0, 130)]),
        # between the two levels, and below for less than ten seconds, it goes on
        ([(P.SITTING, 65, 90), (P.SITTING, 50, 60), (P.SITTING, 30, 20)], [(0, 150)]),
        (
            [(P.SITTING, 65, 90), (P.SITTING, 30, 9), (P.SITTING, 65, 60), (P.SITTING, 30, 20)],
            [(0, 159)],
        ),
        # one slump is one event, however long
        ([(P.SITTING, 90, 3600), (P.STANDING, 0, 15)], [(0, 3600)]),
        # what is not seated, or has no angle, is no slump
        ([(P.SITTING, 65, 130), (P.UNKNOWN, None, 50), (P.SITTING, 65, 20)], [(0, 130)]),
        ([(P.SITTING, None, 600), (P.STANDING, None, 15)], []),
        ([(P.STANDING, 90, 600), (P.SITTING, 30, 20)], []),
    ],
)
def test_a_slump_has_hysteresis_and_a_least_time(story, found):
    assert slumps(story) == found


def test_end_range_load_follows_its_closed_form():
    state = SlumpState()
    for t_s in range(1200):
        follow_load(state, t_s, 90.0)
    assert state.charge == pytest.approx(1 - math.exp(-1200 / (9.4 * 60)))
    assert crept(state)
    charged = state.charge
    follow_load(state, 1200, None, seconds=120)
    assert state.charge == pytest.approx(charged / 2)
    assert not crept(state)


@pytest.mark.parametrize("seed", range(5))
def test_streaming_slumps_and_load_equal_the_batch_forms(seed, second):
    rng, rows, t_s = random.Random(seed), [], 0
    for _ in range(60):
        state = rng.choice([P.SITTING, P.SITTING, P.SITTING, P.STANDING, P.UNKNOWN])
        angle = rng.choice([-5.0, 6.0, 9.0, 12.0, 20.0, 28.0, None])
        t_s += rng.choice([0, 0, 0, 3, 40])
        for _ in range(rng.choice([5, 12, 60, 200])):
            rows.append(second(t_s, state, sagittal_deg=angle))
            t_s += 1
    rows += [second(t_s + i, P.STANDING) for i in range(20)]
    streamed, found = SlumpState(), []
    for row in rows:
        percent = seated_percent(row.state, row.sagittal_deg, OWN)
        follow_load(streamed, row.t_s, percent)
        ended = follow_slump(streamed, row.t_s, percent, SlumpParams())
        found += [(ended.start_s, ended.end_s)] if ended else []
    own = exposure.Range(*OWN)
    assert found == [(slump.from_s, slump.to_s) for slump in exposure.slumps(rows, own)]
    assert found
    assert streamed.charge == pytest.approx(exposure.end_range_load(rows, own))


def test_a_range_that_is_not_calibrated_gives_no_percent():
    assert seated_percent(P.SITTING, 10.0, None) is None
    assert seated_percent(P.SITTING, 10.0, (5.0, 5.0)) is None
    assert seated_percent(P.SITTING, None, OWN) is None
    assert seated_percent(P.STANDING, 10.0, OWN) is None
    assert seated_percent(P.SITTING, 10.0, OWN) == 50.0


def calibrated(day, **nudges):
    settings = MonitorSettings(nudges=NudgeSettings(moment_s=0, hint_min=0, **nudges))
    d = day(settings)
    d.monitor.feed(CalibrationMessage(t_ms=0, id="c", flexion_range_deg=(-10.0, 30.0)), d.now_s)
    return d


def test_slump_notices_are_off_by_default_and_never_on_the_first_day(day):
    quiet = calibrated(day).live(P.SITTING, 600, sagittal_deg=25.0).live(P.STANDING, 60)
    assert quiet.of("reminder") == []
    assert [e.data["slumped_s"] for e in quiet.of("slump")] == [600]
    first_day = calibrated(day, slump_notice=True).live(P.SITTING, 600, sagittal_deg=25.0)
    assert first_day.of("reminder") == []


def test_slump_notices_keep_their_limit_an_hour(day):
    d = calibrated(day, slump_notice=True).live(P.SITTING, 10)
    d.now_s += 86_400
    for _ in range(12):
        d.live(P.SITTING, 150, sagittal_deg=25.0).live(P.SITTING, 150, sagittal_deg=0.0)
    assert len(d.of("reminder")) == 4
    assert {e.data["topic"] for e in d.of("reminder")} == {"slump"}


def test_a_slump_notice_that_was_put_off_comes_back_while_the_slump_lasts(day):
    d = calibrated(day, slump_notice=True, nudge_min=120, firm_min=0).live(P.SITTING, 10)
    d.now_s += 86_400
    d.live(P.SITTING, 130, sagittal_deg=25.0)
    assert d.order("snooze", minutes=5).replies[0].accepted
    d.live(P.SITTING, 900, sagittal_deg=25.0)
    first, again = d.of("reminder")
    assert again.t_ms - first.t_ms == pytest.approx(300_000, abs=30_000)


def test_a_clock_set_back_keeps_the_limit_of_slump_notices_an_hour_long():
    state = MonitorState()
    state.slump.noticed = [10_000.0]
    shift_times(state, -4000.0)
    assert state.slump.noticed == [6000.0]


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp())


def test_a_strap_that_is_not_put_on_at_the_start_of_work_is_said_once(day):
    hours = ScheduleSettings(monday=["09:00-17:00"], quiet=["21:00-07:00"])
    d = day(MonitorSettings(schedule=hours))
    d.now_s = at("2026-01-05T08:50:00")
    d.live(None, 2 * 3600)
    (reminder,) = d.of("reminder")
    assert reminder.data["topic"] == "not_worn"
    assert reminder.t_ms / 1000 == at("2026-01-05T09:15:00")
    worn = day(MonitorSettings(schedule=hours))
    worn.now_s = at("2026-01-05T08:50:00")
    assert worn.live(P.STANDING, 3600).of("reminder") == []


def test_a_strap_left_on_at_night_is_said_once(day):
    d = day()
    d.now_s = at("2026-01-05T21:30:00")
    d.live(P.LYING, 4 * 3600)
    assert [e.data["topic"] for e in d.of("reminder")] == ["left_on"]


@pytest.mark.parametrize(
    ("percent", "lasts_h", "said"),
    [(40, 3, ["battery"]), (40, 20, []), (40, None, []), (9, None, ["battery"])],
)
def test_a_battery_that_will_not_last_is_said_in_time(day, percent, lasts_h, said):
    d = day().live(P.SITTING, 20)
    until_ms = None if lasts_h is None else round((d.now_s + lasts_h * 3600) * 1000)
    known = {"battery_percent": percent, "battery_until_ms": until_ms}
    link = LinkMessage(t_ms=round(d.now_s * 1000), state="connected", **known)
    d.monitor.feed(link, d.now_s)
    d.live(P.SITTING, 20)
    assert [e.data["topic"] for e in d.of("reminder")] == said


def test_a_battery_that_lasts_the_hours_out_is_not_mentioned(day):
    open_until = ["00:00-11:00"]  # the day of these tests begins at 10:00 in Berlin
    d = day(MonitorSettings(schedule=ScheduleSettings(monday=open_until))).live(P.SITTING, 20)
    until_ms = round((d.now_s + 2 * 3600) * 1000)
    known = {"battery_percent": 40, "battery_until_ms": until_ms}
    d.monitor.feed(LinkMessage(t_ms=0, state="connected", **known), d.now_s)
    assert d.live(P.SITTING, 20).of("reminder") == []


@pytest.mark.parametrize("date", ["2026-01-05", "2026-03-29", "2026-10-25"])
@pytest.mark.parametrize("slot", ["02:30", "12:30"])
def test_the_daily_slot_comes_once_a_day_over_dst_and_restarts(day, date, slot):
    settings = MonitorSettings(drills=DrillSettings(slot=slot))
    d = day(settings)
    d.now_s = at(f"{date}T00:00:00")
    for _ in range(14):
        d.live(P.LYING, 1800).live(P.MOVING, 1800)
        d.monitor = Monitor.restored(
            d.monitor.checkpoint(), settings, timezone=ZoneInfo("Europe/Berlin")
        )
    (plan,) = d.of("reminder")
    local = datetime.fromtimestamp(plan.t_ms / 1000, ZoneInfo("Europe/Berlin"))
    # the spring night has no 02:30; the clock goes from 02:00 to 03:00
    expected = "03:00" if (date, slot) == ("2026-03-29", "02:30") else slot
    assert (plan.data["topic"], local.strftime("%H:%M")) == ("plan", expected)


@pytest.mark.parametrize(
    ("answered", "follows"),
    [
        ([False] * 29, Novelty.KEEP),
        ([True] * 30, Novelty.KEEP),
        ([True] * 20 + [False] * 10, Novelty.REDUCE),
        ([True, False] * 10 + [True] * 2 + [False] * 8, Novelty.VARY),
        ([True, False] * 10 + [True] * 5 + [False] * 5, Novelty.KEEP),
        ([False] * 30, Novelty.REDUCE),
    ],
)
def test_fading_answers_lead_to_variety_or_fewer_prompts(answered, follows):
    assert novelty(answered) is follows


def test_fading_answers_bring_other_sentences_at_better_moments(day):
    settings = MonitorSettings(nudges=NudgeSettings(hint_min=0, firm_min=0, moment_s=60))
    usual, faded = day(settings), day(settings)
    faded.monitor.state.responses = [True, False] * 10 + [True] * 2 + [False] * 8
    for d in (usual, faded):
        d.live(P.SITTING, 2100)
    assert usual.minutes("nudge") == [(31.0, "nudge")]
    assert faded.minutes("nudge") == [(33.0, "nudge")]
    for _ in range(2):
        faded.live(P.MOVING, 400)
        faded.monitor.state.responses = [True, False] * 10 + [True] * 2 + [False] * 8
        faded.now_s += 86_400
        faded.live(P.SITTING, 2100)
    assert len({e.data["reason"] for e in faded.of("nudge")}) == len(faded.of("nudge")) == 3


@pytest.mark.parametrize("guard", list(Novelty))
def test_the_novelty_guard_is_never_louder(guard):
    settings = NudgeSettings()
    usual = levels_at(0, settings, experiment=None, guard=Novelty.KEEP, timezone=UTC)
    guarded = levels_at(0, settings, experiment=None, guard=guard, timezone=UTC)
    assert guarded.budget <= usual.budget
    assert guarded.nudge_s == usual.nudge_s and guarded.hint_s == usual.hint_s
    assert guarded.firm_s in (usual.firm_s, 0)


def test_an_experiment_moves_the_rungs_of_its_half_days(day):
    d = day().live(P.SITTING, 10)
    refused = d.order("experiment", setting="sink", second="x").replies[0]
    assert not refused.accepted
    assert not d.order("experiment", second="20", days=3).replies[0].accepted
    assert d.order("experiment", second="20", days=20).replies[0].accepted
    assert not d.order("experiment", second="45").replies[0].accepted
    d.now_s += 86_400 - 3600
    seen = set()
    for _ in range(12):
        d.live(P.MOVING, 400).live(P.SITTING, 40 * 60)
    seen = {e.data["load_s"] for e in d.of("nudge") if e.data["rung"] == "nudge"}
    assert seen == {1200, 1800}
    assert d.order("experiment_stop").replies[0].accepted
    assert [e.data["action"] for e in d.of("experiment")] == ["started", "stopped"]


def test_an_experiment_over_the_sink_adds_it_in_one_half_of_each_day(day):
    d = day().live(P.SITTING, 10)
    assert d.order("experiment", setting="sink", second="strap", days=10).replies[0].accepted
    experiment = d.monitor.state.experiment
    noon = datetime(2020, 1, 7, 12, tzinfo=UTC).timestamp()

    def prompt(t_s: float) -> NudgeMessage:
        t_ms = round(t_s * 1000)
        return NudgeMessage(id="n", t_ms=t_ms, expires_ms=t_ms + 1, rung="nudge", reason="")

    for i in range(10):
        added = [
            extra_sink(prompt(noon + i * 86_400 + at_s), experiment, UTC) for at_s in (-3600, 3600)
        ]
        assert set(added) == {"strap", None}
    assert extra_sink(prompt(noon + 20 * 86_400), experiment, UTC) is None
    usual = levels_at(0, NudgeSettings(), experiment=None, guard=Novelty.KEEP, timezone=UTC)
    during = levels_at(
        noon, NudgeSettings(), experiment=experiment, guard=Novelty.KEEP, timezone=UTC
    )
    assert during == usual


def test_an_experiment_that_is_over_makes_room_for_the_next(day):
    d = day().live(P.SITTING, 10)
    assert d.order("experiment", second="20", days=10).replies[0].accepted
    d.now_s += 11 * 86_400
    d.live(P.SITTING, 10)
    assert d.order("experiment", second="45", days=10).replies[0].accepted


def test_a_pain_mark_keeps_the_ten_minutes_before_it(day):
    d = day().live(P.SITTING, 400, sagittal_deg=10.0).live(P.SITTING, 300, sagittal_deg=20.0)
    assert d.order("mark", note="left side").replies[0].reason == "saved"
    (mark,) = d.of("mark")
    assert mark.data["note"] == "left side"
    assert mark.data["to_s"] - mark.data["from_s"] == 600
    assert mark.data["known_s"] == mark.data["sitting_s"] == 600
    assert mark.data["sagittal_mean_deg"] == 15.0
    assert (mark.data["sagittal_min_deg"], mark.data["sagittal_max_deg"]) == (10.0, 20.0)


def test_a_pain_mark_leaves_out_what_lies_further_back(day):
    d = day().live(P.SITTING, 300).live(None, 500).live(P.SITTING, 10)
    d.order("mark")
    assert d.of("mark")[0].data["known_s"] == 100


def test_the_journal_takes_a_drill_and_refuses_nonsense(day):
    d = day().live(P.SITTING, 10)
    assert d.order("drill", drill="walk", duration_s=60.0, rating="fine").replies[0].accepted
    refused = d.order("drill", drill="walk", reps="many").replies[0]
    assert not refused.accepted and "reps must be int" in refused.reason
    assert not d.order("check_in", answer="great").replies[0].accepted
    assert d.order("check_in", answer="sore", day="2020-01-05").replies[0].accepted
    assert not d.order("dance").replies[0].accepted
