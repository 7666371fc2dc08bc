"""Figures of exposure, against closed forms."""

from __future__ import annotations

from math import cos, exp, radians, sin

import pytest

from ingest.past.exposure import (
    Range,
    break_credit,
    breaks,
    end_range_load,
    long_standing_s,
    slumps,
    up_share,
)
from ingest.records import PostureState, Second

OWN = Range(lean_back_deg=-10.0, slump_deg=30.0)


def seconds(
    *stretches: tuple[int, float],
    state: PostureState = PostureState.SITTING,
) -> list[Second]:
    """Return stretches of (duration, sagittal angle)."""
    out: list[Second] = []
    for duration, angle in stretches:
        for _ in range(duration):
            t_s = len(out)
            out.append(
                Second(
                    t_s=t_s,
                    session=1,
                    rule="test",
                    calibration="c",
                    state=state,
                    confidence=1.0,
                    sagittal_deg=angle,
                    frontal_deg=0.0,
                    up=(cos(radians(angle)), 0.0, -sin(radians(angle))),
                    acc_sd_ms2=0.02,
                    gyro_rms_rads=0.01,
                    travel_m=0.0,
                    log_odds=(0.0, 0.0, 0.0, 0.0),
                    coverage=1.0,
                )
            )
    return out


def test_one_slump_with_a_short_rise_is_one_event() -> None:
    found = slumps(seconds((60, 0.0), (100, 20.0), (5, 0.0), (100, 20.0), (60, 0.0)), OWN)
    assert [(s.from_s, s.to_s) for s in found] == [(60, 265)]


def test_between_the_thresholds_a_slump_goes_on_but_none_begins() -> None:
    assert slumps(seconds((400, 10.0)), OWN) == []
    found = slumps(seconds((60, 20.0), (100, 10.0), (60, 0.0)), OWN)
    assert [(s.from_s, s.to_s) for s in found] == [(0, 160)]


def test_a_short_slump_is_none() -> None:
    assert slumps(seconds((119, 20.0), (60, 0.0)), OWN) == []


def test_load_charges_and_recovers_by_its_closed_form() -> None:
    charged = end_range_load(seconds((564, 28.0)), OWN)
    assert charged == pytest.approx(1 - exp(-1), abs=1e-9)
    assert end_range_load(seconds((120, 0.0)), OWN, start=charged) == pytest.approx(charged / 2)


def test_up_time_is_a_share_of_what_is_known() -> None:
    day = seconds((60, 0.0)) + seconds((30, 0.0), state=PostureState.STANDING)
    day += seconds((500, 0.0), state=PostureState.UNKNOWN)
    assert up_share(day) == pytest.approx(1 / 3)
    assert up_share(seconds((10, 0.0), state=PostureState.OFF_BODY)) is None


@pytest.mark.parametrize(
    ("up_s", "credit"), [(59, 0.0), (60, 0.5), (120, 0.5), (210, 0.75), (300, 1.0), (900, 1.0)]
)
def test_a_break_is_credited_by_its_length(up_s: int, credit: float) -> None:
    assert break_credit(up_s) == pytest.approx(credit)


def test_a_gap_or_an_unknown_stretch_is_no_break() -> None:
    up = seconds((400, 0.0), state=PostureState.STANDING)
    assert [(b.from_s, b.to_s, b.credit) for b in breaks(up)] == [(0, 400, 1.0)]
    assert breaks(seconds((400, 0.0), state=PostureState.UNKNOWN)) == []
    cut = [s for s in up if s.t_s % 50]
    assert breaks(cut) == []


def test_long_standing_counts_whole_stretches_of_fifty_minutes_and_more() -> None:
    standing = seconds((3000, 0.0), state=PostureState.STANDING)
    assert long_standing_s(standing) == 3000
    assert long_standing_s(standing[1:]) == 0
