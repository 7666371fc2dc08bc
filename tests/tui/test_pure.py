"""The pure parts behind the pictures."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from ingest.messages import LinkMessage, PostureMessage, StatusMessage
from ingest.records import NO_DATA, TOTAL_KEYS, Event, PostureState
from ingest.store.base import Totals
from monitor.drills.catalogue import load_catalogue
from tui.config_edit import parsed, with_key, write_key
from tui.exits import ConfigError
from tui.facts import ConnectionChanged, Fact, ServiceChanged
from tui.figure_lines import figure_lines
from tui.happenings import Happening, happening
from tui.lines import flowed, runs, shortened
from tui.listening import Listener
from tui.live import Live
from tui.past import goal_figures
from tui.plain import sentences
from tui.plots import Frame, line_plot
from tui.poses import still, sway_deg
from tui.readings import (
    Scale,
    TankReading,
    scale_of,
    strip_reading,
    tank_reading,
    trail_reading,
)
from tui.ribbons import hours_shown, main_state, merged, minutes_per_column, ribbon_reading
from tui.session import Player, Stage, StepKind, breath, steps_of
from tui.signs import ASCII, UNICODE
from tui.strap_facts import link_figures
from tui.traces import movement
from tui.weeks import angle_histogram, bin_words, compared, sitting_by_hour
from tui.widgets.gauge import column
from tui.widgets.ribbon import hour_marks
from tui.widgets.story import Story
from tui.widgets.strip import Strip
from tui.widgets.tank import what_next

DRILLS = {drill.id: drill for drill in load_catalogue()}
SIDED = next(d for d in DRILLS.values() if d.dose.sides == 2 and d.dose.hold_s)


def totals(**seconds: float) -> Totals:
    known = dict.fromkeys(TOTAL_KEYS, 0.0) | seconds
    length = int(sum(known.values()))
    return Totals(from_s=0, to_s=length, seconds=known, sagittal_mean_deg=None)


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        ({"sitting": 200.0, "moving": 100.0}, "sitting"),
        ({"sitting": 150.0, "moving": 150.0}, "moving"),
        ({"sitting": 100.0, "no_data": 200.0}, "no_data"),
        ({"sitting": 100.0, "unknown": 200.0}, "unknown"),
        ({"off_body": 300.0}, "off_body"),
    ],
)
def test_a_cell_shows_what_it_mostly_was(seconds: dict[str, float], state: str) -> None:
    assert main_state(totals(**seconds).seconds) == state


def test_unknown_time_never_becomes_sitting_in_a_wider_column() -> None:
    assert merged(["unknown", "unknown", "sitting"]) == "unknown"
    assert merged(["no_data", "no_data"]) == "no_data"
    assert merged(["sitting", "moving"]) == "moving"  # of as many the rarer one shows


def test_a_ribbon_shows_the_hours_with_data_and_at_least_eight() -> None:
    cells = [totals(no_data=300.0)] * 288
    cells[9 * 12] = totals(sitting=300.0)
    first, last = hours_shown(ribbon_reading(cells, now_cell=9 * 12 + 3))
    assert (first, last) == (9, 17)


@pytest.mark.parametrize(("hours", "width", "minutes"), [(8, 96, 5), (8, 74, 10), (24, 30, 60)])
def test_a_column_is_as_fine_as_fits(hours: int, width: int, minutes: int) -> None:
    assert minutes_per_column(hours, width) == minutes


def test_hours_stand_above_their_first_cell() -> None:
    marks = hour_marks(8, 10, 5, 24)
    assert marks.index("08") == 0 and marks.index("09") == 12


def test_the_seven_totals_of_a_ribbon_add_up_to_the_day(scenes: ModuleType) -> None:
    day = scenes.ScriptedHistory().day(scenes.NOW.date())
    assert sum(s for _, s in ribbon_reading(day.cells).seconds) == 86_400


@pytest.mark.parametrize(("angle", "cell"), [(-14, 0), (48, 62), (-90, 0), (90, 62), (0, 14)])
def test_the_gauge_clamps_what_lies_beyond_the_own_range(angle: float, cell: int) -> None:
    assert column(angle, Scale(-14, 48), 63) == cell


def test_a_plot_has_its_size_and_shows_every_point() -> None:
    rows = line_plot([(0.0, 0.0), (10.0, 10.0)], Frame(0, 10, 0, 10, 10, 4), UNICODE)
    assert len(rows) == 4 and {len(row) for row in rows} == {10}
    assert rows[0][-1] != " " and rows[-1][0] != " "


def test_a_gap_in_the_data_is_no_line() -> None:
    rows = line_plot([(0.0, 5.0), (100.0, 5.0)], Frame(0, 100, 0, 10, 40, 3), UNICODE)
    assert sum(sign != " " for row in rows for sign in row) == 2


def test_an_ascii_plot_is_ascii() -> None:
    points = [(float(x), float(x % 7)) for x in range(50)]
    assert all(row.isascii() for row in line_plot(points, Frame(0, 50, 0, 7, 30, 5), ASCII))


def test_lines_flow_without_dangling_separators() -> None:
    assert flowed(["one", "two", "three"], 9, " - ") == ["one - two", "three"]
    assert shortened("a long sentence", 8, UNICODE) == "a long…"
    assert runs([("a", "x"), ("b", "x"), ("c", "y")]) == [("ab", "x"), ("c", "y")]


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


def test_figures_of_a_run_are_told_in_words() -> None:
    figures = {
        "samples": 900, "recorded_s": 929.98, "wall_s": 1.64, "coverage": 0.8667,
        "seconds_by_state": {"sitting": 330.0, "lying": 0.0, "off_body": 61.0},
    }  # fmt: skip
    assert [" ".join(line.split()) for line in figure_lines(figures)] == [
        "samples 900", "recorded 15 min", "wall 1.6 s", "coverage 87 %",
        "time by state sitting 5 min, off body 1 min",
    ]  # fmt: skip


def test_an_event_of_an_unknown_kind_is_not_told() -> None:
    assert happening(Event(kind="transition", t_ms=0)) is None


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("break", {"up_s": 300.0, "share": 1.0}, "break, 5 min on your feet, 100 % credited"),
        ("response", {"stood_up": False}, "stayed seated after the nudge"),
        ("response", {"stood_up": False, "answer": "in_call"}, "answered: in a call"),
        ("response", {"stood_up": True, "after_s": 16.0}, "stood up 16 s after the nudge"),
        ("response", {"stood_up": True, "after_s": 16.0, "rung": "hint"},
         "stood up 16 s after the hint"),
        ("response", {"stood_up": True, "after_s": 16.0, "topic": "standing"},
         "sat down or walked 16 s after the nudge"),
        ("drill", {"drill": "hip_hinge", "duration_s": 84.0, "rating": "mild"},
         "drill Standing hip hinge, 1 min, mild effort"),
        ("slip", {"kind": "turned", "shift_deg": 14.6, "asked": True},
         "the strap turned by 15°; corrected. A new calibration would be surer"),
        ("slip", {"kind": "upside_down", "shift_deg": 178.0, "asked": False},
         "the strap was put on the other way up; corrected"),
    ],
)  # fmt: skip
def test_events_are_told_as_facts(kind: str, data: dict[str, object], words: str) -> None:
    told = happening(Event(kind=kind, t_ms=0, data=data))
    assert told is not None and told.words == words


def test_hours_hardly_known_stay_empty(scenes: ModuleType) -> None:
    zone = scenes.ZONE
    monday = int(dt.datetime(2024, 3, 11, 9, tzinfo=zone).timestamp())
    seconds = dict.fromkeys(TOTAL_KEYS, 0.0) | {"sitting": 100.0, "no_data": 3500.0}
    hour = Totals(from_s=monday, to_s=monday + 3600, seconds=seconds, sagittal_mean_deg=None)
    assert sitting_by_hour([hour], zone)[0][9] is None


def test_the_histogram_keeps_every_worn_hour() -> None:
    cells = [
        Totals(from_s=0, to_s=3600, seconds=dict.fromkeys(TOTAL_KEYS, 0.0) | {"sitting": 3600.0},
               sagittal_mean_deg=angle)
        for angle in (-80.0, 12.0, 12.0, 89.0)
    ]  # fmt: skip
    hours = angle_histogram(cells)
    assert sum(hours) == 4.0
    assert [bin_words(i) for i, h in enumerate(hours) if h] == [
        "below \N{MINUS SIGN}40°",
        "+10° to +15°",
        "from +55°",
    ]


@pytest.mark.parametrize(("seen_s", "shown"), [(150, "sitting"), (149, NO_DATA)])
def test_a_cell_shows_what_at_least_half_of_it_saw(seen_s: int, shown: str) -> None:
    seconds = dict.fromkeys(TOTAL_KEYS, 0.0) | {"sitting": seen_s, NO_DATA: 300 - seen_s}
    assert main_state(seconds) == shown


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


def test_a_long_story_is_cut_after_three_lines() -> None:
    told = Happening(0.0, "mark", "marked: " + "the left side again " * 20)
    lines = Story(UNICODE).draw((("09:00", told),), 40).plain.splitlines()
    assert len(lines) == 3 and lines[-1].endswith("…")


def test_a_movement_on_a_fast_day_is_as_long_on_the_wall() -> None:
    one, fast = (movement((), 0.0, 100.0, (-5.0, 5.0), None, rate=rate) for rate in (1.0, 20.0))
    assert (one.x_to - one.x_from, fast.x_to - fast.x_from) == (15.0, 300.0)


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


def test_a_comparison_needs_days_in_both_periods(scenes: ModuleType) -> None:
    days = scenes.ScriptedHistory().days(scenes.NOW.date(), 56)
    rows = {row.name: row for row in compared(days)}
    assert rows["in bouts over 30 min"].change == "\N{MINUS SIGN}56 min"
    assert rows["sitting"].change == "same"


def test_plain_sentences_say_the_age_of_old_data(scenes: ModuleType) -> None:
    live = Live()
    for fact in scenes.SCENES["late"]:
        live = live.after(fact)
    first, angle, *_ = sentences(live, scenes.NOW_MS / 1000, scenes.ZONE)
    assert first == "No fresh data for 47 s; last seen sitting at 14:31:18."
    assert angle == "No inclination: no fresh angle."


def test_one_changed_key_keeps_comments_and_the_rest() -> None:
    text = "# mine\n[nudges]\nnudge_min = 30.0  # as at work\nbudget = 12\n"
    assert with_key(text, "nudges", "budget", 6) == text.replace("12", "6")
    assert with_key(text, "screen", "theme", "lumbar-light").startswith(text)


@pytest.mark.parametrize(
    ("typed", "default", "value"),
    [("25", 30.0, 25), ("true", False, True), ("me", "x", "me"), ('["a"]', [], ["a"])],
)
def test_what_is_typed_becomes_a_value_of_its_key(
    typed: str, default: object, value: object
) -> None:
    assert parsed(typed, default) == value


def test_an_impossible_value_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[nudges]\nbudget = 12\n")
    with pytest.raises(ConfigError):
        write_key(path, "nudges", "budget", "many")
    assert path.read_text() == "[nudges]\nbudget = 12\n"
    assert list(tmp_path.iterdir()) == [path]
