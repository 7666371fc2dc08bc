"""Hours, quiet hours and days off over DST, midnight and zones."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.errors import ScheduleError
from monitor.schedule import Schedule
from monitor.settings import ScheduleSettings

BERLIN = ZoneInfo("Europe/Berlin")
OFF = {
    day: []
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def schedule(zone: ZoneInfo = BERLIN, **ranges: list[str]) -> Schedule:
    return Schedule(ScheduleSettings(**{**OFF, **ranges}), zone)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-01-05T08:29:59", False),
        ("2026-01-05T08:30:00", True),
        ("2026-01-05T11:59:59", True),
        ("2026-01-05T12:00:00", False),
        ("2026-01-05T13:00:00", True),
        ("2026-01-06T09:00:00", False),
        ("2026-01-09T22:00:00", True),
        ("2026-01-09T23:59:59", True),
        ("2026-01-10T05:59:59", True),
        ("2026-01-10T06:00:00", False),
    ],
)
def test_several_ranges_and_a_range_past_midnight(moment, is_open):
    week = schedule(monday=["08:30-12:00", "13:00-17:00"], friday=["22:00-06:00"])
    assert week.is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("opens", "changes", "closes"),
    [
        # spring: the clock jumps from 02:00 to 03:00, so this night has one hour less
        ("2026-03-29T01:30:00", "2026-03-29T03:30:00", 3600),
        # autumn: 02:00 to 03:00 comes twice
        ("2026-10-25T01:30:00", "2026-10-25T03:30:00", 3 * 3600),
    ],
)
def test_a_range_is_as_long_as_the_wall_clock_makes_it(opens, changes, closes):
    night = schedule(sunday=["01:30-03:30"])
    assert at(changes) - at(opens) == closes
    assert night.is_open(at(opens)) and not night.is_open(at(changes))
    assert night.next_change(at(opens)) == at(changes)
    assert night.next_change(at(opens) - 60) == at(opens)


def test_a_range_that_ends_inside_the_spring_gap_ends_at_the_jump():
    night = schedule(sunday=["01:30-02:30"])
    jump = at("2026-03-29T03:00:00")
    assert night.is_open(jump - 1) and not night.is_open(jump)
    assert night.next_change(jump - 600) == jump


def test_the_hours_are_those_of_the_zone():
    settings = {"monday": ["09:00-17:00"]}
    moment = at("2026-07-06T09:30:00", ZoneInfo("America/New_York"))
    assert schedule(ZoneInfo("America/New_York"), **settings).is_open(moment)
    assert schedule(ZoneInfo("Asia/Kolkata"), **settings).is_open(moment) is False


def test_days_off_and_holidays_are_closed_but_the_night_before_ends_as_written():
    settings = ScheduleSettings(days_off=["2026-01-07"], tuesday=["22:00-06:00"])
    week = Schedule(settings, BERLIN, is_holiday=lambda day: day == date(2026, 1, 8))
    assert week.is_open(at("2026-01-07T05:00:00"))
    assert not week.is_open(at("2026-01-07T06:00:00"))
    assert not week.is_open(at("2026-01-08T12:00:00"))
    assert week.is_open(at("2026-01-09T12:00:00"))


def test_quiet_hours_past_midnight_hold_every_day():
    week = schedule(quiet=["21:30-07:00"])
    assert week.is_quiet(at("2026-01-05T23:00:00"))
    assert week.is_quiet(at("2026-01-06T06:59:59"))
    assert not week.is_quiet(at("2026-01-06T07:00:00"))


def test_a_week_that_never_changes_has_no_next_change():
    assert Schedule(ScheduleSettings(), BERLIN).next_change(at("2026-01-05T12:00:00")) is None


@pytest.mark.parametrize("text", ["9-17", "25:00-26:00", "09:60-10:00", "10:00-10:00", ""])
def test_hours_that_cannot_be_read_are_refused_with_advice(text):
    with pytest.raises(ScheduleError, match="write hours as"):
        schedule(monday=[text])


def test_a_day_off_that_cannot_be_read_is_refused():
    with pytest.raises(ScheduleError, match="2026-12-24"):
        Schedule(ScheduleSettings(days_off=["24.12."]), BERLIN)
