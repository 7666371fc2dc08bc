"""A strap that sits differently in mid-day is found by the next walk, recorded, and undoable."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.measurement.pipeline import EVENT_KINDS, Pipeline
from ingest.records import Event, Record, Second
from sensor.sample import Floats, ImuBatch
from sensor.virtual.day import SimulatedDay, Step

START_S = 1_600_000_000.0
TURN_S = START_S + 200.0
TURN_TAKES_S = 2.0
ONE_WALK_DEG = 3.0  # one walk of a wearer differs so much from the walks before
WALKS_DEG = 2.0
STILL = {"still": 1.0}
STROLL = (Step("walk", 40.0), Step("stand", 40.0, STILL))
SCRIPT = (
    Step("stand", 30.0, STILL),
    Step("bend", 10.0),
    Step("walk", 60.0),
    *STROLL,
    Step("stand", 40.0, STILL),  # the strap moves within
    Step("walk", 60.0),
    Step("stand", 40.0, STILL),
)
STOOD_BEFORE = (START_S + 150, TURN_S - 5)
STANDS_AFTER_ONE = (START_S + 290, START_S + 315)
STANDS_AFTER_FOUR = (START_S + 530, START_S + 555)


def about(axis: Floats, degrees: float) -> Floats:
    """Return the rotation matrix about a unit axis (Rodrigues)."""
    x, y, z = axis
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.asarray(np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k)


def moved(day: SimulatedDay, axis: Floats, degrees: float) -> list[ImuBatch]:
    """Return what the strap tells if it is turned on the body within `TURN_TAKES_S`."""
    made = []
    for b in day.batches(25):
        if not isinstance(b, ImuBatch):
            continue
        done = np.clip((b.t - TURN_S) / TURN_TAKES_S, 0, 1)
        angle = degrees * done**2 * (3 - 2 * done)
        rate = np.radians(degrees) * 6 * done * (1 - done) / TURN_TAKES_S
        turns = np.stack([about(axis, a) for a in angle])
        acc, gyro = (np.einsum("nij,nj->ni", turns, v) for v in (b.acc, b.gyro))
        made.append(ImuBatch(b.t, acc, gyro - rate[:, None] * axis, b.lost))
    return made


def calibrated(batches: list[ImuBatch]) -> tuple[Pipeline, list[Record]]:
    """Return what a strap that is calibrated in the first stand tells."""
    pipeline = Pipeline(session_ms=1, live_trace=False)
    records: list[Record] = []
    due = [("upright", START_S + 12), ("bend", START_S + 40)]
    for batch in batches:
        records += pipeline.feed(batch).records
        if due and batch.t[-1] > due[0][1] and pipeline.calibrate(due[0][0], float(batch.t[-1]))[0]:
            due.pop(0)
    assert not due
    return pipeline, [*records, *pipeline.finish().records]


def error_deg(day: SimulatedDay, records: list[Record], window: tuple[float, float]) -> float:
    """Return how far the mean inclination of a stretch is from the truth."""
    blocks = list(day.inclinations())
    t = np.concatenate([t for t, _ in blocks])
    true = np.concatenate([degrees for _, degrees in blocks])[:, 0]
    inside = (t >= window[0]) & (t < window[1])
    told = [
        s.sagittal_deg
        for s in records
        if isinstance(s, Second) and window[0] <= s.t_s < window[1] and s.sagittal_deg is not None
    ]
    assert told
    return float(np.mean(told) - np.mean(true[inside]))


def slips(records: list[Record]) -> list[Event]:
    return [r for r in records if isinstance(r, Event) and r.kind == "slip"]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("degrees", "kind"), [(15.0, "tilted"), (180.0, "upside_down")])
def test_the_next_walk_finds_a_moved_strap_and_a_few_more_put_the_angle_right(
    degrees: float, kind: str, seed: int
) -> None:
    day = SimulatedDay((*SCRIPT, *STROLL * 3), seed=seed, start_s=START_S)
    axis = np.cross(day.forward, day.upright) if kind == "tilted" else day.forward
    _, records = calibrated(moved(day, axis, degrees))
    found = slips(records)
    assert [e.data["kind"] for e in found] == [kind]
    assert EVENT_KINDS["slip"].violation(found[0].data) is None
    before = error_deg(day, records, STOOD_BEFORE)
    assert abs(error_deg(day, records, STANDS_AFTER_ONE) - before) <= ONE_WALK_DEG
    assert abs(error_deg(day, records, STANDS_AFTER_FOUR) - before) <= WALKS_DEG


def test_a_strap_that_stays_is_not_said_to_slip() -> None:
    day = SimulatedDay(SCRIPT, seed=1, start_s=START_S)
    assert slips(calibrated(moved(day, day.forward, 0.0))[1]) == []


def test_undo_brings_the_calibration_before_back_also_after_a_restart() -> None:
    day = SimulatedDay(SCRIPT, seed=1, start_s=START_S)
    across = np.cross(day.forward, day.upright)
    pipeline, records = calibrated(moved(day, across, 30.0))
    after = pipeline.calibration
    again = Pipeline.restored(pipeline.checkpoint(), session_ms=2, now_s=day.end_s)
    assert again.calibrate("undo", day.end_s)[0]
    restored = again.calibration
    assert after is not None
    assert restored is not None
    assert restored.frame.up != after.frame.up
    assert restored.id not in {r.data.get("id") for r in records if isinstance(r, Event)}
    [undone] = [r for r in again.advance(day.end_s).records if isinstance(r, Event)]
    assert undone.data["reason"] == "undo"


def test_without_a_calibration_before_there_is_nothing_to_undo() -> None:
    assert "no calibration before" in Pipeline(session_ms=1).calibrate("undo", START_S)[1]


def test_a_long_still_slump_moves_upright_by_nothing() -> None:
    script = (Step("walk", 40.0), Step("sit", 60.0), Step("slump", 900.0, STILL))
    day = SimulatedDay(script, seed=6, start_s=START_S)
    pipeline = Pipeline(session_ms=1, live_trace=False)
    ups = set()
    for batch in day.batches(25):
        if isinstance(batch, ImuBatch):
            pipeline.feed(batch)
            if batch.t[-1] > START_S + 60 and pipeline.calibration is not None:
                ups.add(pipeline.calibration.frame.up)
    assert len(ups) == 1


CHANGES = tuple(
    step for _ in range(5) for step in (Step("sit", 25.0, STILL), Step("stand", 20.0, STILL))
)
TURNING = (Step("stand", 20.0, STILL), Step("walk", 30.0), *CHANGES, Step("walk", 20.0), *CHANGES)
TURNED_S = START_S + 275.0  # in the walk between


def turned_by(degrees: float, seed: int) -> tuple[SimulatedDay, Pipeline, list[Event]]:
    """Return what is told of a belt that is turned about the body's long axis."""
    day = SimulatedDay(TURNING, seed=seed, start_s=START_S)
    rotation = about(day.upright, degrees)
    pipeline = Pipeline(session_ms=1, live_trace=False)
    events: list[Event] = []
    for b in day.batches(500):
        if not isinstance(b, ImuBatch):
            continue
        assert b.gyro is not None
        turn = rotation if b.t[0] > TURNED_S else np.eye(3)
        batch = ImuBatch(b.t, b.acc @ turn.T, b.gyro @ turn.T, b.lost)
        events += [r for r in pipeline.feed(batch).records if isinstance(r, Event)]
    return day, pipeline, events


def forward_error_deg(pipeline: Pipeline, forward: Floats) -> float:
    assert pipeline.calibration is not None
    return float(np.degrees(np.arccos(pipeline.calibration.frame.forward @ forward)))


@pytest.mark.parametrize("degrees", [20.0, 30.0, -30.0, 60.0])
def test_the_next_changes_find_a_turned_belt_and_forward_is_right_again(degrees: float) -> None:
    day, pipeline, events = turned_by(degrees, seed=1)
    found = [e for e in events if e.kind == "slip"]
    assert {e.data["kind"] for e in found} == {"turned"}
    told = [e.data["id"] for e in events if e.kind == "calibration"]
    assert found[-1].data["calibration"] in told
    assert found[-1].data["before"] in told
    assert forward_error_deg(pipeline, about(day.upright, degrees) @ day.forward) < 10.0


def test_a_belt_that_was_found_turned_can_be_turned_back_in_words() -> None:
    day, pipeline, _ = turned_by(30.0, seed=1)
    assert pipeline.calibrate("undo", day.end_s)[0]
    told = [r for r in pipeline.advance(day.end_s).records if isinstance(r, Event)]
    assert [e.data["reason"] for e in told if e.kind == "calibration"] == ["undo"]
    assert forward_error_deg(pipeline, day.forward) < 10.0


def test_a_belt_that_stays_is_not_said_to_turn() -> None:
    _, _, events = turned_by(0.0, seed=1)
    assert not [e for e in events if e.kind == "slip"]
