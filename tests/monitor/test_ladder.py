"""The ladder over event time."""

from zoneinfo import ZoneInfo

import pytest

from ingest.messages import CalibrationMessage
from ingest.records import Event
from ingest.records import PostureState as P
from monitor.body import stretch
from monitor.core import Monitor
from monitor.settings import DrillSettings, MonitorSettings, NudgeSettings
from monitor.why import explain, recompute

MONDAY_9_UTC = 1_578_301_200


def test_rungs_come_at_their_times_and_repeats_are_capped(day):
    d = day().live(P.SITTING, 3 * 3600)
    assert d.minutes("hint") == [(25.0, "hint")]
    assert d.minutes("nudge") == [(30.0, "nudge"), (45.0, "firm"), (55.0, "firm")]


def test_a_prompt_is_completed_by_standing_up(day):
    d = day().live(P.SITTING, 1830).live(P.STANDING, 60)
    assert [e.data["stood_up"] for e in d.of("response")] == [False, True]
    assert d.monitor.state.active is None
    d.live(P.SITTING, 60)
    assert [(e.data["share"], e.data["after_s"]) for e in d.of("break")] == [(0.5, 900.0)]
    answered = d.of("nudge")[0].data["nudge"]
    assert d.of("break")[0].data["nudge"] == answered
    assert "already" in d.order("skip", nudge=answered).replies[0].reason


def test_a_walk_of_six_minutes_resets_the_bout_and_nothing_is_prompted_on_return(day):
    d = day().live(P.SITTING, 1400).live(P.MOVING, 360).live(P.SITTING, 1400)
    assert d.of("hint", "nudge") == []
    assert [e.data["share"] for e in d.of("break")] == [1.0]


def test_unknown_off_body_and_no_data_are_neither_sitting_nor_break(day):
    d = day().live(P.SITTING, 1000)
    for state in (P.UNKNOWN, P.OFF_BODY, None):
        d.live(state, 1000)
    assert d.monitor.status().sitting_s == 1000
    assert d.of("hint", "nudge", "break") == []


def test_nothing_is_prompted_from_records_older_than_30_s(day):
    d = day().live(P.SITTING, 1490).live(None, 20)
    d.monitor.advance(d.now_s + 3600)
    assert d.of("hint", "nudge") == []


def test_a_snoozed_prompt_comes_back_and_snoozes_are_bounded(day):
    d = day().live(P.SITTING, 1800)
    for _ in range(3):
        assert d.order("snooze", minutes=5).replies[0].accepted
        d.live(P.SITTING, 300)
    assert d.minutes("nudge") == [(30, "nudge"), (35, "nudge"), (40, "nudge"), (45, "firm")]
    refused = d.order("snooze", minutes=5).replies[0]
    assert not refused.accepted and "3 times" in refused.reason


def test_a_skip_is_quiet_for_another_interval(day):
    d = day().live(P.SITTING, 1800)
    d.order("skip")
    d.live(P.SITTING, 29 * 60)
    assert d.minutes("nudge") == [(30, "nudge")]
    d.live(P.SITTING, 60)
    assert d.minutes("nudge")[1:] == [(60, "firm")]


def test_a_click_completes_no_break(day):
    d = day().live(P.SITTING, 1800)
    assert d.order("done").replies[0].accepted
    d.live(P.SITTING, 100)
    assert d.of("break") == [] and d.monitor.status().sitting_s == 1900


def test_a_call_of_50_minutes_gives_no_prompt_inside_and_one_after(day):
    d = day().live(P.SITTING, 20 * 60)
    d.order("in_call", minutes=50)
    d.live(P.SITTING, 50 * 60 - 10)
    assert d.of("hint", "nudge") == []
    assert d.monitor.status().sitting_s == 70 * 60 - 10
    assert d.monitor.status().held == "in a call"
    d.live(P.SITTING, 9 * 60)
    assert [(e.data["rung"], e.data["cause"]) for e in d.of("hint", "nudge")] == [
        ("firm", "released")
    ]


def test_a_break_inside_a_call_leaves_nothing_to_hold(day):
    d = day().live(P.SITTING, 20 * 60)
    d.order("in_call", minutes=50)
    d.live(P.SITTING, 20 * 60).live(P.MOVING, 400).live(P.SITTING, 24 * 60)
    assert d.of("hint", "nudge") == []


def test_every_pause_ends_by_itself_and_resume_ends_it_before(day):
    d = day().live(P.SITTING, 60)
    assert not d.order("pause", minutes=100_000).replies[0].accepted
    d.order("pause", minutes=60)
    d.live(P.SITTING, 59 * 60 - 10)
    assert d.of("hint", "nudge") == [] and d.monitor.status().next_rung is None
    d.live(P.SITTING, 120)
    assert d.minutes("nudge") == [(61.0, "firm")]
    d.order("pause", minutes=60)
    d.order("resume")
    assert d.monitor.status().paused_until_ms is None


def test_long_standing_is_prompted_once_and_sitting_down_answers_it(day):
    d = day().live(P.STANDING, 55 * 60).live(P.SITTING, 30)
    assert [(e.data["topic"], e.data["load_s"]) for e in d.of("nudge")] == [("standing", 3000)]
    assert d.monitor.state.active is None


def test_a_nudge_waits_for_a_shift_in_the_chair_but_not_for_long(day):
    settings = MonitorSettings(nudges=NudgeSettings(moment_s=60))
    still = day(settings).live(P.SITTING, 1900)
    assert still.minutes("nudge") == [(31.0, "nudge")]
    d = day(settings).live(P.SITTING, 1820)
    d.live(P.SITTING, 1, acc_sd_ms2=0.6).live(P.SITTING, 60)
    assert d.minutes("nudge") == [(30.5, "nudge")]


def test_the_budget_of_the_day_ends_at_local_midnight(day):
    settings = MonitorSettings(nudges=NudgeSettings(budget=2, moment_s=0))
    d = day(settings)
    for _ in range(20):  # 09:00Z is 10:00 in Berlin; 14 hours to midnight
        d.live(P.SITTING, 40 * 60).live(P.MOVING, 300)
    days = [e.t_ms // 1000 + 3600 for e in d.of("nudge")]
    assert [sum(t // 86_400 == n for t in days) for n in sorted({t // 86_400 for t in days})] == [
        2,
        2,
    ]


def test_a_strap_taken_off_ends_the_prompt(day):
    d = day().live(P.SITTING, 1800).live(P.OFF_BODY, 20)
    assert d.monitor.state.active is None


def test_a_clock_set_back_an_hour_keeps_the_bout(day):
    d = day().live(P.SITTING, 1000)
    d.now_s -= 3600
    d.monitor.advance(d.now_s)
    d.live(P.SITTING, 500)
    assert d.monitor.status().sitting_s == 1500
    assert [e.data["load_s"] for e in d.of("hint")] == [1500]


def test_a_checkpoint_decides_next_what_the_original_would_have(day):
    d = day().live(P.SITTING, 1700)
    twin = day()
    twin.monitor = Monitor.restored(
        d.monitor.checkpoint(), d.monitor.settings, timezone=ZoneInfo("Europe/Berlin")
    )
    twin.now_s = d.now_s
    before = len(d.events)
    for which in (d, twin):
        which.live(P.SITTING, 1200).live(P.STANDING, 100).live(P.SITTING, 40)
    assert d.events[before:] == twin.events
    assert d.monitor.checkpoint() == twin.monitor.checkpoint()


def test_history_warms_up_without_prompting(day, second):
    d = day()
    past = [second(d.now_s - 1700 + i, P.SITTING) for i in range(1700)]
    d.monitor.warm_up(past, [])
    assert d.monitor.status().sitting_s == 1700
    d.live(P.SITTING, 120)
    assert d.minutes("nudge") == [(1.7, "nudge")]


def test_history_tells_the_last_break_and_the_last_nudge(day):
    d = day()
    data = {"start_s": 0.0, "end_s": 0.0, "up_s": 300.0, "share": 1.0, "before_s": 900.0}
    past = [
        Event(kind="break", t_ms=(d.now_s - 2400) * 1000, data=data),
        Event(kind="nudge", t_ms=(d.now_s - 3000) * 1000, data={"rung": "nudge"}),
    ]
    d.monitor.warm_up([], past)
    d.live(P.SITTING, 1900)
    (nudge,) = d.of("nudge")
    assert nudge.data["break_end_s"] == MONDAY_9_UTC - 2400
    assert nudge.data["last_prompt_s"] == MONDAY_9_UTC - 3000
    told = dict(explain(nudge).inputs)
    assert told["since the last credited break"] == "70 min"
    assert told["since the last nudge"] == "80 min"


def test_a_prompt_that_was_stored_before_an_input_existed_still_recomputes(day):
    (nudge,) = day().live(P.SITTING, 1900).of("nudge")
    for name in ("charge", "max_age_s"):
        del nudge.data[name]
    assert recompute(nudge).prompts


@pytest.mark.parametrize(("before_s", "after_min"), [(10, 30.0), (40, 31.0)])
def test_a_shift_shortly_before_is_the_natural_pause_waited_for(day, before_s, after_min):
    d = day(MonitorSettings(nudges=NudgeSettings(moment_s=60, hint_min=0, firm_min=0)))
    d.live(P.SITTING, 1799 - before_s).live(P.SITTING, 1, acc_sd_ms2=0.4).live(P.SITTING, 100)
    assert d.minutes("nudge") == [(after_min, "nudge")]


def test_stuck_at_the_end_of_the_range_no_natural_pause_is_waited_for(day):
    d = day(MonitorSettings(nudges=NudgeSettings(moment_s=600, hint_min=0, firm_min=0)))
    d.monitor.feed(CalibrationMessage(t_ms=0, id="c", flexion_range_deg=(-10.0, 30.0)), d.now_s)
    d.live(P.SITTING, 1900, sagittal_deg=29.0)
    assert d.minutes("nudge") == [(30.0, "nudge")]
    (nudge,) = d.of("nudge")
    assert recompute(nudge).prompts
    assert dict(explain(nudge).inputs)["end-range load (experimental)"] == "96 %"
    upright = day(d.monitor.settings).live(P.SITTING, 1900, sagittal_deg=0.0)
    assert upright.of("nudge") == []


def test_a_prompt_that_is_answered_with_in_a_call_comes_back_after_it(day):
    d = day().live(P.SITTING, 1800)
    assert d.order("in_call", minutes=12).replies[0].accepted
    d.live(P.SITTING, 14 * 60)
    assert [(e.data["cause"], e.data["prompts_in_bout"]) for e in d.of("nudge")] == [
        ("ladder", 0),
        ("released", 0),
    ]
    assert d.minutes("nudge")[1] == (42.0, "nudge")
    assert d.live(P.SITTING, 9 * 60).of("nudge")[2].data["cause"] == "ladder"


def test_a_reminder_is_answered_without_touching_the_bout(day):
    settings = MonitorSettings(nudges=NudgeSettings(moment_s=0), drills=DrillSettings(slot="10:05"))
    d = day(settings).live(P.SITTING, 330)
    assert d.monitor.state.active.topic == "plan"
    assert d.order("snooze", minutes=5).replies[0].accepted
    assert d.monitor.state.sitting_bout.snoozed_until_s is None
    d.live(P.SITTING, 1500)
    assert d.minutes("nudge") == [(30.0, "nudge")]


def test_a_reminder_that_was_put_off_comes_back_once_while_there_is_reason_for_it(day):
    settings = MonitorSettings(nudges=NudgeSettings(hint_min=0), drills=DrillSettings(slot="10:05"))
    d = day(settings).live(P.STANDING, 330)
    d.order("snooze", minutes=10)
    d.live(P.STANDING, 1800)
    first, again = d.of("reminder")
    assert again.t_ms - first.t_ms == pytest.approx(630_000, abs=30_000)
    late = day(settings).live(P.STANDING, 330)
    late.order("snooze", minutes=60)  # the hour of the plan is over by then
    assert len(late.live(P.STANDING, 4000).of("reminder")) == 1


def test_an_accelerated_demo_may_prompt_from_what_two_wall_seconds_carry(day):
    d = day().live(P.SITTING, 1490).live(P.SITTING, 9)
    d.live(None, 1)
    d.monitor.run_at(60.0)
    d.monitor.feed(stretch(d.now_s - 1, 1, P.SITTING), d.now_s)
    d.monitor.feed(stretch(d.now_s, 30, P.SITTING), d.now_s)
    assert d.take(d.monitor.advance(d.now_s + 200)).nudge is None
    d.monitor.feed(stretch(d.now_s + 30, 70, P.SITTING), d.now_s)
    d.take(d.monitor.advance(d.now_s + 200))
    (hint,) = d.of("hint")
    assert recompute(hint).prompts
