"""Figures of movement and load, by hand."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from ingest.past.exposure import Range
from ingest.past.variety import Variety
from ingest.records import TOTAL_KEYS, PostureState, Second
from ingest.store.base import Totals
from monitor.experiment import Experiment, Finding, Result
from tui.exposures import (
    Exposure,
    exposure,
    exposure_figures,
    measure,
    past_hour,
    rates,
    together,
    usual_hours,
)
from tui.trial_figures import figures_of

SEATED = Second(
    t_s=0, session=1, rule="r1", calibration="c1", state=PostureState.SITTING, confidence=0.9,
    sagittal_deg=48.0, frontal_deg=0.0, up=(1.0, 0.0, 0.0), acc_sd_ms2=0.01, gyro_rms_rads=0.01,
    travel_m=0.0, log_odds=(0.0, -3.0, -5.0, -5.0), coverage=1.0,
)  # fmt: skip


def seated(count: int, **changes: object) -> list[Second]:
    return [msgspec.structs.replace(SEATED, t_s=t_s, **changes) for t_s in range(count)]


def test_the_load_of_one_time_constant_slumped_is_1_minus_1_over_e() -> None:
    found = exposure(seated(564), Range(-20.0, 50.0))
    assert found.load == pytest.approx(0.632, abs=0.001) == found.peak


def test_without_an_own_range_there_is_no_load() -> None:
    assert exposure(seated(60), None).load is None


def test_a_peak_outlives_its_recovery() -> None:
    rested = [msgspec.structs.replace(s, t_s=s.t_s + 564) for s in seated(600, sagittal_deg=0.0)]
    found = exposure([*seated(564), *rested], Range(-20.0, 50.0))
    assert found.load == pytest.approx(0.632 / 32, abs=0.001) and found.peak > 0.6


def test_a_past_hour_is_held_against_the_range_of_its_own_calibration() -> None:
    class Hour:
        def trace(self, from_s: int, to_s: int) -> list[Second]:
            return seated(564)

    ranges = {"c1": Range(-20.0, 50.0), "made-since": Range(-20.0, 90.0)}
    assert past_hour(Hour(), window=(0, 3600), ranges=ranges).peak == pytest.approx(
        0.632, abs=0.001
    )
    assert past_hour(Hour(), window=(0, 3600), ranges={}).peak is None


def test_too_little_sitting_says_so() -> None:
    assert rates(exposure(seated(200), None)) == "too little sitting to say"


def test_the_newest_hours_with_twenty_hours_of_sitting_are_what_is_usual() -> None:
    hours = [hour(number, sitting=3000.0 if number % 2 else 200.0) for number in range(100)]
    windows = usual_hours(hours)
    assert windows[0] == (99 * 3600, 100 * 3600) and len(windows) == 24
    assert all(from_s // 3600 % 2 for from_s, _ in windows)


def hour(number: int, **seconds: float) -> Totals:
    known = dict.fromkeys(TOTAL_KEYS, 0.0) | seconds
    return Totals(number * 3600, number * 3600 + 3600, known, None)


def test_rates_are_held_against_the_own_usual_once_there_is_enough_of_it() -> None:
    two_days = Exposure(Variety(112, 160, 4 * 3600), 4 * 3600, 4 * 3600)
    assert measure(two_days) == "your usual 7 + 10"
    assert measure(Exposure(Variety(9, 9, 3600), 3600, 3600)) == "field norm 9 + 13"
    assert measure(None) == "field norm 9 + 13"


def test_hours_together_are_counted_over_all_their_sitting() -> None:
    hours = [Exposure(Variety(3, 6, 900), 900, 3600, peak=p) for p in (0.1, 0.4)]
    both = together(hours)
    assert both.per_15_min == (3.0, 6.0) and both.peak == 0.4
    assert exposure_figures(both)[2] == ("counted in sitting of", "30 min")


def test_an_experiment_under_way_gives_no_effect() -> None:
    trial = Experiment("e1", "nudge_min", ("30", "20"), dt.date(2024, 3, 1))
    rows = dict(figures_of(trial, Result(Finding.NOT_ENOUGH, 4, 50)))
    assert rows["finding"] == "not enough data yet" and rows["days that count"] == "4 of 50"
    assert len(rows) == 3


def test_a_finished_experiment_gives_effect_and_interval() -> None:
    trial = Experiment("e1", "nudge_min", ("30", "20"), dt.date(2024, 3, 1))
    result = Result(Finding.WORKS, 50, 50, -4.2, -6.0, -2.4, 0.001, 20.0)
    assert figures_of(trial, result)[3][1] == "-4.2 (-6.0 to -2.4)"
