"""Until when the battery lasts: steps, rests, chargers and odd readings."""

from __future__ import annotations

import numpy as np
import pytest

from sensor.battery import BatteryWatch, lasts_until_s

HOUR_S = 3600.0


def told(step: int, hours: float, *, life_h: float = 10.0) -> list[tuple[float, int]]:
    """Return what a strap tells each minute that rounds its charge up to `step` per cent."""
    at_s = np.arange(0, hours * HOUR_S, 60.0)
    true = 100 * (1 - at_s / (life_h * HOUR_S))
    return [
        (float(t), int(min(100, np.ceil(p / step) * step))) for t, p in zip(at_s, true, strict=True)
    ]


@pytest.mark.parametrize("step", [1, 5, 10, 20])
def test_the_end_is_found_within_a_step_whatever_the_steps_are(step: int):
    until_s = lasts_until_s(told(step, 7.0))
    assert until_s is not None
    assert until_s == pytest.approx(10 * HOUR_S, abs=max(0.05, step / 100) * 10 * HOUR_S)


def test_a_step_that_was_half_over_when_first_told_does_not_count():
    looks = [(0.0, 100), (0.5 * HOUR_S, 90), (2 * HOUR_S, 80), (3.5 * HOUR_S, 70)]
    assert lasts_until_s(looks) == pytest.approx((3.5 + 7 * 1.5) * HOUR_S)


def test_nothing_is_said_before_enough_was_seen():
    assert lasts_until_s([]) is None
    assert lasts_until_s(told(1, 0.2)) is None
    assert lasts_until_s([(0.0, 80), (10 * HOUR_S, 80)]) is None
    assert lasts_until_s([(0.0, 80), (60.0, 60)]) is None


def test_a_charger_begins_anew():
    before = told(1, 5.0)
    after = [(t + 6 * HOUR_S, p) for t, p in told(1, 3.0)]
    assert lasts_until_s([*before, *after]) == lasts_until_s(after)
    assert lasts_until_s([*before, (6 * HOUR_S, 100)]) is None


def test_an_odd_reading_and_a_resting_battery_move_little():
    looks = told(1, 4.0)
    clean = lasts_until_s(looks)
    looks[100] = (looks[100][0], looks[100][1] + 2)
    looks[150] = (looks[150][0], looks[150][1] - 2)
    odd = lasts_until_s(looks)
    assert clean is not None
    assert odd == pytest.approx(clean, abs=600)


def test_a_watch_follows_one_strap_and_keeps_little():
    watch = BatteryWatch()
    until = [watch.see("A", at_s, percent) for at_s, percent in told(1, 4.0)]
    assert until[-1] == lasts_until_s(told(1, 4.0))
    assert watch.see("A", 5 * HOUR_S, None) == until[-1]
    assert watch.see("B", 5 * HOUR_S, 60) is None
