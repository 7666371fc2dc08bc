"""What the live screen and the sentences read from the facts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import ModuleType

import pytest

from ingest.messages import LinkMessage, PostureMessage, StatusMessage
from ingest.records import PostureState
from tui.facts import ConnectionChanged, Fact, ServiceChanged
from tui.listening import Listener
from tui.live import Live
from tui.past import goal_figures
from tui.plain import sentences
from tui.readings import (
    TankReading,
    scale_of,
    strip_reading,
    tank_reading,
    trail_reading,
)
from tui.signs import UNICODE
from tui.strap_facts import link_figures
from tui.widgets.strip import Strip
from tui.widgets.tank import what_next


def test_the_goal_of_a_day_grows_with_the_hours_worn(scenes: ModuleType) -> None:
    day = scenes.ScriptedHistory().day(scenes.NOW.date())
    assert day.totals.worn_s == pytest.approx(6.4 * 3600, abs=600)
    assert goal_figures(day, 2.0) == (("on your feet", "2 h 00"), ("your goal by now", "1 h 38"))
    assert goal_figures(day, 4.0)[1] == ("your goal by now", "3 h 16")


def test_the_strip_tells_how_long_the_battery_lasts(scenes: ModuleType) -> None:
    def battery(**told: int) -> str:
        live = Live().after(ConnectionChanged(True)).after(ServiceChanged("ingest", True))
        link = LinkMessage(t_ms=0, state="connected", battery_percent=40, **told)
        reading = strip_reading(live.after(scenes.TIMELINE).after(link), 0.0, 1.0)
        parts = Strip(UNICODE)._parts(reading)
        return next(part.plain for part in parts if part.plain.startswith("battery"))

    assert battery() == "battery 40 %"
    assert battery(battery_until_ms=19_300_000) == "battery 40 %, lasts 5 h 20"


def folded(*facts: Fact) -> Live:
    live = Live()
    for fact in facts:
        live = live.after(fact)
    return live


@pytest.mark.parametrize(("in_s", "said_s"), [(45, 45), (90, 60), (3599, 3540), (-5, 0)])
def test_what_comes_next_is_told_in_whole_minutes_until_the_last(in_s: int, said_s: int) -> None:
    status = StatusMessage(now_ms=0, sitting_s=0, full_s=1, next_rung="nudge", next_ms=in_s * 1000)
    assert tank_reading(folded(status), 0.0, dt.UTC).next_in_s == said_s


def test_a_connected_strap_that_says_nothing_is_called_silent_everywhere(
    scenes: ModuleType,
) -> None:
    live, now_s = folded(*scenes.SCENES["late"]), scenes.NOW_MS / 1000
    assert strip_reading(live, now_s, None).link == "stale"
    assert dict(link_figures(live, now_s))["link"] == "strap silent"


def test_records_that_wait_are_counted(scenes: ModuleType) -> None:
    waiting = LinkMessage(t_ms=scenes.NOW_MS, state="connected", backlog=500)
    live = folded(*scenes.SCENES["sitting"], waiting)
    assert strip_reading(live, scenes.NOW_MS / 1000, None).backlog == 500


@pytest.mark.parametrize(
    ("backlog", "percent", "told"),
    [(119, 16, ""), (120, 16, "120 records waiting"), (0, 15, "battery low 15 %")],
)
def test_the_strip_names_what_needs_care(
    scenes: ModuleType, backlog: int, percent: int, told: str
) -> None:
    known = {"backlog": backlog, "battery_percent": percent}
    link = LinkMessage(t_ms=scenes.NOW_MS, state="connected", **known)
    live = folded(*scenes.SCENES["sitting"], link)
    line = Strip(UNICODE).draw(strip_reading(live, scenes.NOW_MS / 1000, None), 200).plain
    assert told in line
    assert ("waiting" in line, "low" in line) == ("waiting" in told, "low" in told)


def test_a_break_under_way_is_told_before_a_pause() -> None:
    paused = TankReading(known=True, paused_until=dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC))
    assert what_next(paused) == "Paused until 12:00"
    assert what_next(replace(paused, break_s=130)) == "Break under way: 2 min"


def test_the_trail_keeps_one_angle_a_second(scenes: ModuleType) -> None:
    listener = Listener()
    for t_ms in range(0, 3000, 250):
        listener.take(PostureMessage(
            t_ms=t_ms, session=1, state=PostureState.SITTING, confidence=1.0, sagittal_deg=5.0
        ))  # fmt: skip
    assert [t_s for t_s, _ in listener.trail] == [0.0, 1.0, 2.0]


def test_the_easy_band_reaches_part_of_the_way_to_the_own_slump(scenes: ModuleType) -> None:
    scale = scale_of(folded(*scenes.SCENES["sitting"]))
    assert scale.easy == pytest.approx((0.0, 0.45 * 48.0))


def test_the_plot_grows_with_angles_beyond_the_scale(scenes: ModuleType) -> None:
    scale = scale_of(folded(*scenes.SCENES["sitting"]))
    reading = trail_reading([(990.0, -30.0), (995.0, 70.0)], scale, 1000.0)
    assert (reading.low_deg, reading.high_deg) == (-30, 70)
    reading = trail_reading([(100.0, -80.0), (990.0, 5.0)], scale, 1000.0)  # one is long ago
    assert (reading.low_deg, reading.high_deg) == (-14, 48)


def test_plain_sentences_say_the_age_of_old_data(scenes: ModuleType) -> None:
    live = Live()
    for fact in scenes.SCENES["late"]:
        live = live.after(fact)
    first, angle, *_ = sentences(live, scenes.NOW_MS / 1000, scenes.ZONE)
    assert first == "No fresh data for 47 s; last seen sitting at 14:31:18."
    assert angle == "No inclination: no fresh angle."
