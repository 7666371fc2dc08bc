"""What the measurement promises, on simulated wearers with known truth."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.measurement.pipeline import EVENT_KINDS, RESUME_S, Pipeline
from ingest.measurement.smoother import Correction, frames_of, revise
from ingest.records import Bout, Event, PostureState, Record, Second
from sensor.sample import ImuBatch
from sensor.virtual.day import PERSONAS, SimulatedDay, Step, random_day, scripted_day
from sensor.virtual.day_script import Activity

START_S = 1_600_000_000.0
RISE = ("sitting", "standing")
CLAIMS = {"sitting", "standing", "moving", "lying"}


def batches_of(day: SimulatedDay, size: int = 25) -> list[ImuBatch]:
    return [b for b in day.batches(size) if isinstance(b, ImuBatch)]


def records_of(batches: list[ImuBatch]) -> list[Record]:
    pipeline = Pipeline(session_ms=1, live_trace=False)
    records: list[Record] = []
    for batch in batches:
        records += pipeline.feed(batch).records
    return [*records, *pipeline.finish().records]


@lru_cache
def heard(persona: str, hours: float = 1.0, seed: int = 21) -> tuple[SimulatedDay, list[Record]]:
    script = random_day(hours, seed=seed, persona=PERSONAS[persona])
    day = SimulatedDay(script, seed=seed, persona=PERSONAS[persona], start_s=START_S)
    return day, records_of(batches_of(day))


def seconds_of(records: list[Record]) -> list[Second]:
    return [r for r in records if isinstance(r, Second)]


def judged(day: SimulatedDay, seconds: list[Second]) -> list[tuple[str, str, str]]:
    """Return (truth, said, activity) of every second."""
    starts = [segment.from_s for segment in day.truth]
    rows = []
    for second in seconds:
        segment = day.truth[int(np.searchsorted(starts, second.t_s + 0.5, side="right")) - 1]
        rows.append((segment.state, second.state.value, segment.activity))
    return rows


def test_an_ordinary_day_is_known_and_right() -> None:
    day = SimulatedDay(scripted_day(2, seed=5), seed=5, start_s=START_S)
    seconds = seconds_of(records_of(batches_of(day)))
    rows = judged(day, seconds)
    known = [(truth, said) for truth, said, _ in rows if said in CLAIMS]
    assert len(known) >= 0.85 * len(rows)
    assert sum(truth == said for truth, said in known) >= 0.95 * len(known)


def test_a_strap_without_gyroscope_tells_an_ordinary_day_and_claims_no_rate() -> None:
    day = SimulatedDay(scripted_day(1, seed=5), seed=5, start_s=START_S)
    seconds = seconds_of(records_of([replace(b, gyro=None) for b in batches_of(day)]))
    assert {s.gyro_rms_rads for s in seconds} == {None}
    known = [(truth, said) for truth, said, _ in judged(day, seconds) if said in CLAIMS]
    assert sum(truth == said for truth, said in known) > 0.9 * len(known)
    assert len(known) > 0.8 * len(seconds)


def test_nothing_is_told_of_seconds_without_data() -> None:
    script = (Step("walk", 60.0), Step("sit", 120.0), Step("link_loss", 90.0), Step("sit", 120.0))
    day = SimulatedDay(script, seed=4, start_s=START_S)
    lost = next(s for s in day.truth if s.state == "no_data")
    told = {s.t_s for s in seconds_of(records_of(batches_of(day)))}
    assert not [t for t in told if lost.from_s < t and t + 1 < lost.to_s]


def test_rises_and_sit_downs_are_found_with_their_direction() -> None:
    steps = [Step("walk", 40.0)]
    for _ in range(5):
        steps += [Step("sit", 40.0), Step("stand", 30.0)]
    day = SimulatedDay(tuple(steps), seed=8, start_s=START_S)
    events = [r for r in records_of(batches_of(day)) if isinstance(r, Event)]
    changes = [e for e in events if e.kind == "transition"]
    rises = [e for e in changes if e.data["from_state"] == "sitting"]
    assert 4 <= len(rises) <= 5
    assert all(float(e.data["travel_m"] or 0) > 0 for e in rises)
    rose_s = [b.from_s for a, b in pairwise(day.truth) if (a.state, b.state) == RISE]
    assert all(min(abs(e.t_ms / 1000 - at) for at in rose_s) < 3 for e in rises)


def test_every_event_is_of_a_declared_kind() -> None:
    _, records = heard("office")
    for record in records:
        if isinstance(record, Event):
            assert EVENT_KINDS[record.kind].violation(record.data) is None


def test_a_second_is_decided_within_five_seconds() -> None:
    day = SimulatedDay((Step("walk", 30.0), Step("sit", 60.0)), seed=2, start_s=START_S)
    pipeline = Pipeline(session_ms=1)
    for batch in batches_of(day, 10):
        for record in pipeline.feed(batch).records:
            if isinstance(record, Second):
                assert batch.t[-1] - (record.t_s + 1) <= 5


def test_silence_is_noticed_by_advancing() -> None:
    day = SimulatedDay((Step("walk", 30.0),), seed=2, start_s=START_S)
    pipeline = Pipeline(session_ms=1)
    told = [r for b in batches_of(day, 10) for r in pipeline.feed(b).records]
    told += pipeline.advance(day.end_s + 6.0).records
    assert seconds_of(told)[-1].t_s == int(day.end_s) - 1


@pytest.fixture(scope="module")
def short_day() -> list[ImuBatch]:
    script = (Step("stand", 8.0), Step("walk", 15.0), Step("sit", 12.0))
    return batches_of(SimulatedDay(script, seed=6, start_s=START_S), 10)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whatever_happens_to_batches_no_second_is_told_twice_or_without_samples(
    short_day: list[ImuBatch], data: st.DataObject
) -> None:
    order = data.draw(
        st.lists(st.integers(0, len(short_day) - 1), min_size=1, max_size=len(short_day))
    )
    shift_s = data.draw(st.sampled_from([0.0, 0.013, 3600.0, -7200.0]))
    cut = data.draw(st.integers(0, len(order)))
    moved = [short_day[i] for i in order[:cut]]
    moved += [
        ImuBatch(short_day[i].t + shift_s, short_day[i].acc, short_day[i].gyro)
        for i in sorted(order[cut:])
    ]
    seconds = seconds_of(records_of(moved))
    told = [s.t_s for s in seconds]
    assert told == sorted(set(told))
    covered = {int(t) for b in moved for t in np.floor(b.t + 1e-6)}
    assert set(told) <= covered
    assert all(s.coverage >= 0.5 for s in seconds)


def test_bouts_never_overlap_and_lie_inside_the_recording() -> None:
    day, records = heard("fidgeter")
    bouts = sorted((r for r in records if isinstance(r, Bout)), key=lambda b: b.start_ms)
    assert bouts
    for before, after in pairwise(bouts):
        assert before.end_ms <= after.start_ms
    assert bouts[0].start_ms >= day.start_s * 1000
    assert bouts[-1].end_ms <= day.end_s * 1000


def test_a_restored_pipeline_goes_on_within_a_second_of_truth() -> None:
    day = SimulatedDay((Step("walk", 60.0), Step("sit", 240.0)), seed=9, start_s=START_S)
    batches = batches_of(day)
    half = len(batches) // 2
    first = Pipeline(session_ms=1, live_trace=False)
    told = [r for b in batches[:half] for r in first.feed(b).records]
    second = Pipeline.restored(first.checkpoint(), session_ms=1, now_s=float(batches[half].t[0]))
    told += [r for b in batches[half:] for r in second.feed(b).records]
    told += second.finish().records
    whole = records_of(batches)
    here, there = seconds_of(told), seconds_of(whole)
    assert len({s.t_s for s in here}) == len(here) >= len(there) - 1
    bouts = [[r for r in records if isinstance(r, Bout)] for records in (told, whole)]
    assert [b.state for b in bouts[0]] == [b.state for b in bouts[1]]
    assert abs(bouts[0][-1].start_ms - bouts[1][-1].start_ms) <= 1000


@pytest.mark.parametrize(("away_s", "goes_on"), [(600.0, True), (RESUME_S + 60.0, False)])
def test_a_bout_goes_on_after_a_short_absence_and_never_after_a_long_one(
    away_s: float, goes_on: bool
) -> None:
    day = SimulatedDay((Step("walk", 60.0), Step("sit", 120.0)), seed=9, start_s=START_S)
    first = Pipeline(session_ms=1)
    for batch in batches_of(day):
        first.feed(batch)
    later = Pipeline.restored(first.checkpoint(), session_ms=2, now_s=day.end_s + away_s)
    ended = [r for r in later.finish().records if isinstance(r, Bout)]
    assert any(b.start_ms < (START_S + 90) * 1000 for b in ended) is goes_on


def test_the_past_is_judged_again_from_stored_seconds_and_gets_better() -> None:
    day, records = heard("upright")
    seconds = seconds_of(records)
    frames = frames_of([r for r in records if isinstance(r, Event)])
    revised = revise(seconds, frames)
    right = [
        sum(truth == said for truth, said, _ in judged(day, s)) for s in (seconds, revised.seconds)
    ]
    assert [s.t_s for s in revised.seconds] == [s.t_s for s in seconds]
    assert right[1] >= right[0]


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_looking_back_a_strap_was_off_the_body_from_when_it_was_put_down(seed: int) -> None:
    script = (Step("walk", 40.0), Step("sit", 90.0), Step("desk", 300.0))
    day = SimulatedDay(script, seed=seed, start_s=START_S)
    records = records_of(batches_of(day, 500))
    frames = frames_of([r for r in records if isinstance(r, Event)])
    revised = revise(seconds_of(records), frames).seconds
    desk = next(s for s in day.truth if s.state == "off_body")
    lying = [s.state for s in revised if desk.from_s + 15 <= s.t_s < desk.to_s - 15]
    assert set(lying) == {PostureState.OFF_BODY}
    sat = [s.state for s in revised if START_S + 45 <= s.t_s < START_S + 125]
    assert PostureState.OFF_BODY not in sat


@pytest.mark.parametrize("seed", [1, 2, 8])
def test_lying_is_told_before_any_pose_or_walk_and_looking_back_too(seed: int) -> None:
    day = SimulatedDay(
        (
            Step(Activity.STAND, 20),
            Step(Activity.SIT, 40),
            Step(Activity.STAND, 30),
            Step(Activity.LIE, 60),
        ),
        seed=seed,
        start_s=START_S,
    )
    live = seconds_of(records_of(batches_of(day)))
    assert {s.calibration for s in live} == {None}
    for seconds in (live, revise(live, {}).seconds):
        said = [said for truth, said, _ in judged(day, seconds) if truth == "lying"]
        assert said.count("lying") > 0.8 * len(said)


def test_a_correction_of_the_wearer_decides_the_stretch() -> None:
    _, records = heard("office")
    seconds = seconds_of(records)[600:900]
    frames = frames_of([r for r in records if isinstance(r, Event)])
    said = Correction(seconds[0].t_s, seconds[-1].t_s + 1, PostureState.STANDING)
    revised = revise(seconds, frames, corrections=[said])
    standing = [s.state is PostureState.STANDING for s in revised.seconds]
    assert sum(standing) > 0.95 * len(standing)
