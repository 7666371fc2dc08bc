"""A stepped wall clock never rewrites the past."""

from collections import Counter

import numpy as np
import pytest

from ingest.output import Output
from ingest.records import Second
from ingest.session import MAX_SLEW_S, SLEW_RATE, ClockStep, Session, clock_step, pipelines
from sensor.sample import ImuBatch
from sensor.timeline import Timeline, TimelineOrigin

START_S = 1_700_000_000.0


class Hands:
    """A monotonic clock and a wall clock that can be set."""

    def __init__(self):
        self.monotonic_s = 50.0
        self.wall_s = START_S

    def pass_s(self, seconds):
        self.monotonic_s += seconds
        self.wall_s += seconds


class NotingPipeline:
    def __init__(self, made, session_ms, now_s, checkpoint):
        self.made = made
        self.session_ms, self.now_s, self.restored = session_ms, now_s, checkpoint
        self.finished = False
        made.append(self)

    def finish(self):
        self.finished = True
        return Output()

    def checkpoint(self):
        return b"calibrated"


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def timeline(hands):
    return Timeline.live(monotonic=lambda: hands.monotonic_s, wall=lambda: hands.wall_s)


@pytest.fixture
def made():
    return []


@pytest.fixture
def session(timeline, open_outbox, made):
    def make(*, session_ms, now_s, checkpoint):
        return NotingPipeline(made, session_ms, now_s, checkpoint)

    return Session(timeline, open_outbox(), make, restore=False)


@pytest.mark.parametrize(
    ("ahead_s", "slewing", "step"),
    [
        (0.0, False, ClockStep.NONE),
        (0.4, False, ClockStep.NONE),
        (0.4, True, ClockStep.SLEW),
        (-0.1, True, ClockStep.NONE),
        (0.6, False, ClockStep.SLEW),
        (MAX_SLEW_S, False, ClockStep.SLEW),
        (MAX_SLEW_S + 1, True, ClockStep.RESTART),
        (-1.9, False, ClockStep.NONE),
        (-2.1, True, ClockStep.JUMP),
        (-86_400.0, False, ClockStep.JUMP),
    ],
)
def test_what_is_done_about_a_distance(ahead_s, slewing, step):
    assert clock_step(ahead_s, slewing=slewing) is step


def test_a_clock_that_runs_true_is_left_alone(session, timeline, hands):
    for _ in range(100):
        hands.pass_s(1.0)
        assert not session.follow_clock()
    assert timeline.now() == pytest.approx(START_S + 100, abs=0.01)


def test_a_forward_step_leaves_a_gap_in_the_same_session(session, timeline, hands, made):
    hands.pass_s(10)
    hands.wall_s += 3600
    assert session.follow_clock()
    assert timeline.now() == pytest.approx(START_S + 3610, abs=0.01)
    assert len(made) == 1


def test_a_small_backward_step_keeps_time_moving_forward_until_the_clock_has_caught_up(
    session, timeline, hands
):
    hands.pass_s(10)
    hands.wall_s -= 1.0
    before = timeline.now()
    assert session.follow_clock()
    assert timeline.now() == pytest.approx(before, abs=0.01)
    assert timeline.rate == SLEW_RATE
    last = before
    for _ in range(100):
        hands.pass_s(60)
        session.follow_clock()
        assert timeline.now() > last
        last = timeline.now()
    assert timeline.rate == 1.0
    assert timeline.ahead_s() == pytest.approx(0, abs=0.05)


def test_a_large_backward_step_begins_a_new_session_with_a_larger_number(
    session, timeline, hands, made
):
    hands.pass_s(10)
    hands.wall_s -= 7200
    assert session.follow_clock()
    assert timeline.now() == pytest.approx(START_S + 10 - 7200, abs=0.01)
    first, second = made
    assert first.finished
    assert second.session_ms == first.session_ms + 1
    assert second.restored == b"calibrated"


def test_a_replay_takes_no_notice_of_the_wall_clock(hands, open_outbox, made):
    timeline = Timeline(
        TimelineOrigin.REPLAY,
        1000.0,
        monotonic=lambda: hands.monotonic_s,
        wall=lambda: hands.wall_s,
    )

    def make(*, session_ms, now_s, checkpoint):
        return NotingPipeline(made, session_ms, now_s, checkpoint)

    session = Session(timeline, open_outbox(), make, restore=False)
    hands.wall_s += 7200
    assert not session.follow_clock()


def test_after_a_large_backward_step_real_samples_are_recorded_again(timeline, hands, open_outbox):
    def batch(from_s):
        t = from_s + np.arange(50) / 50
        acc = np.tile([0.3, 9.78, 0.2], (50, 1))
        return ImuBatch(t=t, acc=acc, gyro=np.zeros((50, 3)))

    outbox = open_outbox()
    session = Session(timeline, outbox, pipelines("lumbar", live_trace=True), restore=False)
    for _ in range(2):
        for _ in range(60):
            session.feed(batch(timeline.now()))
            hands.pass_s(1.0)
            session.advance(timeline.now())
        session.keep()
        hands.wall_s -= 7200
        assert session.follow_clock()
    session.keep()
    seconds = [item for _, item in outbox.read(after=0, limit=500) if isinstance(item, Second)]
    by_session = Counter(second.session for second in seconds)
    assert len(by_session) == 2
    assert min(by_session.values()) >= 58
    assert {s.t_s // 3600 for s in seconds if s.session == max(by_session)} == {
        (int(START_S) - 7200) // 3600
    }


@pytest.mark.parametrize(
    ("back_s", "begins_s"),
    [(-5.0, 5.0), (120.0, 0.0), (MAX_SLEW_S + 60.0, -MAX_SLEW_S - 60.0)],
)
def test_a_clock_set_back_between_two_runs_never_rewrites_the_last_minutes(
    hands, open_outbox, made, second, back_s, begins_s
):
    def make(*, session_ms, now_s, checkpoint):
        return NotingPipeline(made, session_ms, now_s, checkpoint)

    first = open_outbox()
    first.append([second(-2), second(-1)])
    first.close()
    hands.wall_s = START_S - back_s
    timeline = Timeline.live(monotonic=lambda: hands.monotonic_s, wall=lambda: hands.wall_s)
    Session(timeline, open_outbox(), make, restore=False)
    assert timeline.now() == pytest.approx(START_S + begins_s, abs=0.01)
