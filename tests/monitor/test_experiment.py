"""N-of-1 experiments on simulated wearers whose truth is known."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from monitor.experiment import ADVISED_DAYS, Experiment, Finding, HalfDay, analyse

START = date(2026, 1, 5)


def half_day_minutes(rng: np.random.Generator) -> float:
    """Return minutes in bouts over 30 min of four hours of sitting bouts and short breaks.

    Bouts are log-normal around 22 min: about 113 of 240 minutes in long bouts, standard deviation
    46, which is more than the 3.3 h a day of Evans 2012.
    """
    now, long = 0.0, 0.0
    while now < 240:
        bout = min(rng.lognormal(np.log(22), 0.75), 240 - now)
        long += bout if bout > 30 else 0.0
        now += bout + rng.uniform(2, 12)
    return long


def simulated(seed: int, *, effect: float, days: int = ADVISED_DAYS):
    rng = np.random.default_rng(seed)
    experiment = Experiment(f"e{seed}", "nudge_min", ("30", "20"), START, days)
    halves = []
    for i in range(days):
        day = START + timedelta(days=i)
        for half in ("am", "pm"):
            factor = effect if experiment.arm(day, half) == 1 else 1.0
            halves.append(HalfDay(day, half, 4.0, half_day_minutes(rng) * factor))
    return analyse(experiment, halves, START + timedelta(days=days))


def test_500_wearers_without_effect_give_at_most_5_percent_false_findings():
    results = [simulated(seed, effect=1.0) for seed in range(500)]
    found = Counter(result.finding for result in results)
    assert found[Finding.WORKS] <= 25
    assert found[Finding.WORKS] + found[Finding.OPPOSITE] <= 25
    covered = sum(result.low <= 0 <= result.high for result in results)
    assert covered >= 0.95 * 500


def test_25_percent_fewer_long_bout_minutes_are_found_in_most_wearers():
    results = [simulated(1000 + seed, effect=0.75) for seed in range(200)]
    found = sum(result.finding is Finding.WORKS for result in results)
    assert found >= 0.8 * 200
    assert all(result.effect < 0 for result in results if result.finding is Finding.WORKS)


def test_before_the_registered_length_there_is_no_verdict():
    experiment = Experiment("e", "nudge_min", ("30", "20"), START, 20)
    halves = [
        HalfDay(START + timedelta(days=i), half, 4.0, 10.0 if half == "am" else 90.0)
        for i in range(19)
        for half in ("am", "pm")
    ]
    early = analyse(experiment, halves, START + timedelta(days=19))
    assert early.finding is Finding.NOT_ENOUGH and early.p is None and early.days == 19


def test_half_days_that_were_hardly_worn_do_not_count():
    experiment = Experiment("e", "nudge_min", ("30", "20"), START, 12)
    halves = [
        HalfDay(START + timedelta(days=i), half, 4.0 if half == "am" else 1.5, 30.0)
        for i in range(12)
        for half in ("am", "pm")
    ]
    result = analyse(experiment, halves, START + timedelta(days=30))
    assert result.finding is Finding.NOT_ENOUGH and result.days == 0


def test_the_order_is_drawn_again_from_id_and_date_and_every_day_has_both_arms():
    experiment = Experiment("e", "wording", ("0", "1"), START, 100)
    days = [START + timedelta(days=i) for i in range(100)]
    first = [experiment.arm(day, "am") for day in days]
    assert first == [Experiment("e", "wording", ("0", "1"), START, 100).arm(d, "am") for d in days]
    assert all({experiment.arm(day, "am"), experiment.arm(day, "pm")} == {0, 1} for day in days)
    assert 35 <= sum(first) <= 65
    assert experiment.arm(START + timedelta(days=100), "am") is None


def test_the_value_in_force_follows_the_local_half_day():
    experiment = Experiment("e", "nudge_min", ("30", "20"), START, 10)
    zone = ZoneInfo("America/New_York")
    values = [
        experiment.value_at(datetime(2026, 1, 6, hour, tzinfo=zone).timestamp(), zone)
        for hour in (1, 11, 12, 23)
    ]
    assert values[0] == values[1] != values[2] == values[3]
    assert experiment.value_at(datetime(2026, 3, 1, tzinfo=zone).timestamp(), zone) is None


def test_a_result_can_be_exported():
    assert json.loads(json.dumps(simulated(1, effect=0.5).export()))["finding"] == Finding.WORKS


@pytest.mark.parametrize(("arms", "days"), [(("30", "30"), 20), (("30", "20"), 5)])
def test_an_experiment_that_cannot_say_anything_is_refused(arms, days):
    with pytest.raises(ValueError, match="experiment"):
        Experiment("e", "nudge_min", arms, START, days)
