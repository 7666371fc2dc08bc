"""Shifts and fidgets of sitting, told apart as the literature tells them."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians, sin

import pytest

from ingest.past.variety import Variety, variety
from ingest.records import PostureState, Second

CALM_MS2, MOVING_MS2 = 0.03, 0.5
Make = Callable[..., Second]


@pytest.fixture
def sitting(second: Make) -> Callable[..., list[Second]]:
    """Return seconds with an angle each; `bursts` are those that move."""

    def build(angles: list[float], bursts: dict[int, float] | None = None) -> list[Second]:
        restless = bursts or {}
        return [
            second(
                n,
                up=(cos(radians(angle)), 0.0, -sin(radians(angle))),
                acc_sd_ms2=restless.get(n, CALM_MS2),
            )
            for n, angle in enumerate(angles)
        ]

    return build


def test_a_movement_to_another_posture_is_a_shift_and_one_that_returns_a_fidget(sitting) -> None:
    angles = [0.0] * 100 + [10.0] * 100 + [0.0] * 100
    bursts = dict.fromkeys((30, 31, 100, 150, 200, 250), MOVING_MS2)
    found = variety(sitting(angles, bursts))
    assert found == Variety(shifts=2, fidgets=3, seated_s=300)
    assert found.per_15_min() == pytest.approx((6.0, 9.0))


def test_a_slow_slump_is_a_drift_and_no_shift(sitting) -> None:
    angles = [n / 5 for n in range(100)]
    assert variety(sitting(angles)) == Variety(0, 0, 100)


def test_getting_up_and_sitting_down_elsewhere_is_no_shift(sitting, second) -> None:
    before, after = [0.0] * 50, [20.0] * 50
    rows = sitting(before + after, {49: MOVING_MS2, 50: MOVING_MS2})
    assert variety(rows).shifts == 1
    assert variety([*rows[:50], second(50, state=PostureState.STANDING), *rows[51:]]).shifts == 0
    assert variety(rows[:50] + rows[51:]) == Variety(0, 0, 99)


def test_who_shakes_all_the_time_fidgets_only_beyond_it(sitting) -> None:
    shaking = dict.fromkeys(range(300), 0.3)
    assert variety(sitting([0.0] * 300, shaking)).fidgets == 0
    assert variety(sitting([0.0] * 300, shaking | {150: 2.0, 200: 2.0})).fidgets == 2


def test_too_little_sitting_has_no_rate(sitting) -> None:
    assert variety(sitting([0.0] * 59)).per_15_min() is None
    assert variety([]) == Variety(0, 0, 0)
