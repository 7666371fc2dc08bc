"""All figures of a stretch rest on the same seconds and say which."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ingest.past.exposure import Range
from ingest.past.figures import angles_s, figures_of, ranges_of
from ingest.past.history import History, local_day
from ingest.past.variety import Variety
from ingest.records import Event, PostureState, Second
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore

OWN = {"c1": Range(lean_back_deg=10.0, slump_deg=-30.0)}


def run(second, first: int, count: int, state: str, angle: float = 0.0) -> list[Second]:
    return [
        second(n, state=PostureState(state), calibration="c1", sagittal_deg=angle)
        for n in range(first, first + count)
    ]


@pytest.fixture
def hour(second) -> list[Second]:
    """Sat upright, slumped, stood up for 3.5 min, sat; then unknown, off the body and silence."""
    return [
        *run(second, 0, 600, "sitting", 2.0),
        *run(second, 600, 300, "sitting", -28.0),
        *run(second, 900, 210, "standing", 1.0),
        *run(second, 1110, 300, "sitting", 2.0),
        *run(second, 1410, 190, "unknown"),
        *run(second, 1600, 400, "off_body"),
    ]


def test_figures_stand_beside_what_they_rest_on(hour) -> None:
    from_s = hour[0].t_s
    found = figures_of(hour, (from_s, from_s + 3600), OWN)
    assert (found.worn_s, found.known_s, found.rules) == (1600, 1410, ("r1",))
    assert found.known_share == pytest.approx(1410 / 3600)
    assert found.up_share == pytest.approx(210 / 1410)
    assert (found.breaks, found.break_credit) == (1, pytest.approx(0.75))
    assert (found.slumps, found.slumped_s) == (1, 300)
    assert found.variety.seated_s == 1200
    assert found.angles_s == {-30: 300, 0: 900}
    assert found.peak_load == pytest.approx(1 - 2.718281828 ** (-300 / 564))
    assert found.load is not None
    assert found.load < 0.05


def test_the_angles_before_a_mark_stand_beside_those_of_all_sitting(hour) -> None:
    from_s = hour[0].t_s
    found = figures_of(hour, (from_s, from_s + 3600), OWN, [from_s + 900])
    assert found.marked_angles_s == {-30: 300, 0: 300}
    assert figures_of(hour, (from_s, from_s + 3600), OWN).marked_angles_s == {}


def test_without_an_own_range_nothing_is_said_of_slumping(hour) -> None:
    found = figures_of(hour, (hour[0].t_s, hour[0].t_s + 3600), {})
    assert (found.slumps, found.slumped_s, found.load, found.peak_load) == (None,) * 4


def test_nothing_known_gives_no_figure_and_never_zero_of_something() -> None:
    found = figures_of([], (0, 3600), OWN)
    assert (found.worn_s, found.up_share, found.load, found.variety) == (
        0,
        None,
        None,
        Variety(0, 0, 0),
    )
    assert angles_s([]) == {}


def test_the_figures_of_two_rules_name_both(hour) -> None:
    again = [msgspec.structs.replace(s, rule="r1h") for s in hour[:100]]
    assert figures_of([*again, *hour[100:]], (0, 3600), {}).rules == ("r1", "r1h")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "history.sqlite")) as opened:
        yield opened


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Auckland", "America/St_Johns"])
def test_each_second_of_a_night_counts_on_one_local_day_wherever_it_is_asked(
    store: SqliteStore, second, zone: str
) -> None:
    change = dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC)  # in Berlin an hour is left out
    first = int(change.timestamp()) - 5400
    seated = [second(0, t_s=first + n, calibration="c1") for n in range(0, 10_800, 3)]
    calibration = Event(
        kind="calibration",
        t_ms=(first - 86_400) * 1000,
        data={"id": "c1", "lean_back_deg": 10.0, "slump_deg": -30.0},
    )
    entries = [Entry("w1", s) for s in seated]
    elsewhere = msgspec.structs.replace(
        calibration,
        position="thoracic",
        t_ms=calibration.t_ms + 1,
        data={**calibration.data, "slump_deg": 13.0},
    )
    store.write([*entries, Entry("w1", calibration, "e1"), Entry("w1", elsewhere, "e2")])
    history = History(store, wearer="w1", timezone=ZoneInfo(zone))
    days = [local_day(dt.date(2026, 3, day), ZoneInfo(zone)) for day in (28, 29, 30)]
    found = [history.figures(*day) for day in days]
    assert sum(each.worn_s for each in found) == len(seated)
    assert [each.to_s - each.from_s for each in found] == [b - a for a, b in days]
    assert ranges_of([calibration]) == OWN
    # By the range of the strap elsewhere these 12.5 degrees would be a load.
    assert {each.peak_load for each in found if each.worn_s} == {0.0}
