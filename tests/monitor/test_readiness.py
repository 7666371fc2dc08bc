"""What the last hour says of the body before a session."""

from __future__ import annotations

import msgspec
import pytest

from ingest.past.exposure import Range
from ingest.records import PostureState as P
from monitor.drills.plan import Body
from monitor.drills.readiness import body_now, ready

OWN = (-10.0, 30.0)


def lived(second, story):
    """Return the seconds of (state, angle, minutes) in a row; a state of None leaves a gap."""
    rows, t_s = [], 0
    for state, angle, minutes in story:
        for _ in range(round(minutes * 60)):
            if state is not None:
                rows.append(second(t_s, state, sagittal_deg=angle))
            t_s += 1
    return rows, t_s


@pytest.mark.parametrize(
    ("story", "body"),
    [
        ([], Body()),
        ([(P.SITTING, 28, 10)], Body(crept=True)),
        ([(P.SITTING, 28, 10), (P.STANDING, 0, 2)], Body()),
        ([(P.SITTING, 28, 10), (None, 0, 2)], Body()),  # unseen, but nobody saw a load
        ([(P.SITTING, 5, 60)], Body()),  # long, but not at the end of the range
        ([(P.SITTING, 28, 5)], Body()),
        ([(P.SITTING, 5, 20), (P.MOVING, 0, 5)], Body(warm=True)),
        ([(P.MOVING, 0, 6), (P.SITTING, 5, 5)], Body(warm=True)),
        ([(P.MOVING, 0, 30), (P.SITTING, 5, 8)], Body()),
    ],
)
def test_the_gate_follows_the_end_range_load_of_a_calibrated_wearer(second, story, body):
    seconds, now_s = lived(second, story)
    assert body_now(seconds, OWN, now_s) == body


class Hour:
    """A history of one hour that knows the range of the calibration `c1`."""

    def __init__(self, seconds):
        self._seconds = seconds

    def trace(self, from_s, to_s):
        return [s for s in self._seconds if from_s <= s.t_s < to_s]

    def own_ranges(self, from_s, to_s):
        return {"c1": Range(*OWN)}


@pytest.mark.parametrize(("calibration", "crept"), [("c1", False), (None, True)])
def test_long_sitting_off_the_end_of_the_range_closes_the_gate_only_where_none_is_known(
    second, calibration, crept
):
    seconds, now_s = lived(second, [(P.SITTING, 5, 60)])
    worn = [msgspec.structs.replace(s, calibration=calibration) for s in seconds]
    assert ready(Hour(worn), now_s).crept is crept


@pytest.mark.parametrize(
    ("story", "crept"),
    [
        ([(P.SITTING, None, 31)], True),
        ([(P.SITTING, None, 29)], False),
        ([(P.SITTING, None, 20), (P.STANDING, None, 1), (P.SITTING, None, 11)], True),
        ([(P.SITTING, None, 31), (P.STANDING, None, 2)], False),
        ([(P.SITTING, None, 31), (None, None, 2)], False),
        ([(P.SITTING, None, 20), (None, None, 3), (P.SITTING, None, 20)], False),
    ],
)
def test_without_an_own_range_half_an_hour_of_sitting_closes_the_gate(second, story, crept):
    seconds, now_s = lived(second, story)
    assert body_now(seconds, None, now_s).crept is crept
