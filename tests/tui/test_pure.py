"""The pure parts behind the pictures."""

from __future__ import annotations

from types import ModuleType

import pytest

from ingest.records import NO_DATA, TOTAL_KEYS, Event
from ingest.store.base import Totals
from tui.figure_lines import figure_lines
from tui.happenings import Happening, happening
from tui.lines import flowed, runs, shortened
from tui.plots import Frame, line_plot
from tui.readings import (
    Scale,
)
from tui.ribbons import hours_shown, main_state, merged, minutes_per_column, ribbon_reading
from tui.signs import ASCII, UNICODE
from tui.traces import movement
from tui.widgets.gauge import column
from tui.widgets.ribbon import hour_marks
from tui.widgets.story import Story


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


@pytest.mark.parametrize(("seen_s", "shown"), [(150, "sitting"), (149, NO_DATA)])
def test_a_cell_shows_what_at_least_half_of_it_saw(seen_s: int, shown: str) -> None:
    seconds = dict.fromkeys(TOTAL_KEYS, 0.0) | {"sitting": seen_s, NO_DATA: 300 - seen_s}
    assert main_state(seconds) == shown


def test_a_long_story_is_cut_after_three_lines() -> None:
    told = Happening(0.0, "mark", "marked: " + "the left side again " * 20)
    lines = Story(UNICODE).draw((("09:00", told),), 40).plain.splitlines()
    assert len(lines) == 3 and lines[-1].endswith("…")


def test_a_movement_on_a_fast_day_is_as_long_on_the_wall() -> None:
    one, fast = (movement((), 0.0, 100.0, (-5.0, 5.0), None, rate=rate) for rate in (1.0, 20.0))
    assert (one.x_to - one.x_from, fast.x_to - fast.x_from) == (15.0, 300.0)
