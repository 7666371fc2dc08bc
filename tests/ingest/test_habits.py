"""A correction is a labelled sample: it changes what is decided of this wearer from then on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import pytest

from ingest.commands import wall_ms
from ingest.event_kinds import EVENT_KINDS
from ingest.measurement.evidence import PARAMS, PostureParams
from ingest.measurement.pipeline import Pipeline
from ingest.messages import Command
from ingest.past.correction import Wish
from ingest.past.habits import LABELLED, PEOPLE, habits, sample, taught
from ingest.past.hindsight import Hindsight
from ingest.records import Event, PostureState, Second
from ingest.session import Session
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore
from sensor.sample import ImuBatch
from sensor.timeline import Timeline, TimelineOrigin
from sensor.virtual.day import PERSONAS, SimulatedDay, Step

START_S = 1_600_000_000.0
NOON_S = 1_700_000_000  # of the fixture's seconds
UPRIGHT_SITTER = PERSONAS["upright"]


def labelled(state: str, tilt_deg: float, from_s: int = 0, to_s: int = 100) -> Event:
    return Event(
        kind=LABELLED,
        t_ms=1,
        data={"state": state, "tilt_deg": tilt_deg, "from_s": from_s, "to_s": to_s},
    )


def test_a_still_stretch_teaches_its_tilt_in_any_direction(second) -> None:
    seconds = [second(n, sagittal_deg=-3.0, frontal_deg=4.0) for n in range(60)]
    wish = Wish(NOON_S + 10, NOON_S + 50, PostureState.SITTING)
    told = sample(wish, seconds, NOON_S + 900)
    assert told is not None
    assert told.data["tilt_deg"] == 5.0
    assert EVENT_KINDS[LABELLED].violation(told.data) is None


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("lying", {}),
        ("moving", {}),
        ("sitting", {"acc_sd_ms2": 2.0}),
        ("sitting", {"sagittal_deg": None, "frontal_deg": None}),
        ("sitting", {"sagittal_deg": -75.0}),
    ],
)
def test_what_tells_nothing_of_sitting_or_standing_teaches_nothing(second, state, changes) -> None:
    seconds = [second(n, **changes) for n in range(60)]
    wish = Wish(NOON_S, NOON_S + 60, PostureState(state))
    assert sample(wish, seconds, NOON_S + 900) is None


def test_samples_move_the_assumption_of_people_towards_the_wearer() -> None:
    assert taught([]) is PARAMS
    sits = [labelled("sitting", 6.0, n * 100, n * 100 + 50) for n in range(3)]
    learned = taught(sits)
    assert learned.sitting_deg == pytest.approx((PEOPLE * PARAMS.sitting_deg + 18) / (PEOPLE + 3))
    assert learned.standing_sd_deg == PARAMS.standing_sd_deg
    assert taught([labelled("standing", 12.0)]).standing_sd_deg > PARAMS.standing_sd_deg


def test_of_corrections_of_the_same_time_the_newest_counts() -> None:
    first, again = labelled("sitting", 40.0), labelled("standing", 2.0, 50, 150)
    assert taught([first, again]).sitting_deg == PARAMS.sitting_deg
    assert taught([again, first]).sitting_deg > PARAMS.sitting_deg


@lru_cache
def sat_upright(seed: int) -> tuple[ImuBatch, ...]:
    sit = Step("sit", 120.0, {"tilt_deg": -6.0, "still": 1.0})
    script = (Step("walk", 40.0), sit)
    day = SimulatedDay(script, seed=seed, persona=UPRIGHT_SITTER, start_s=START_S)
    return tuple(b for b in day.batches(1000) if isinstance(b, ImuBatch))


def sitting_s(seed: int, params: PostureParams) -> int:
    pipeline = Pipeline(session_ms=1, live_trace=False)
    pipeline.learn(params)
    told = [r for b in sat_upright(seed) for r in pipeline.feed(b).records]
    seconds = [r for r in [*told, *pipeline.finish().records] if isinstance(r, Second)]
    return sum(s.state is PostureState.SITTING for s in seconds)


def test_who_sits_upright_is_known_after_some_corrections() -> None:
    learned = taught([labelled("sitting", 6.0, n * 100, n * 100 + 50) for n in range(4)])
    seeds = (17, 26, 29)  # of thirty, those who are not seen sitting down
    before = sum(sitting_s(seed, PARAMS) for seed in seeds)
    after = sum(sitting_s(seed, learned) for seed in seeds)
    assert after > before + 100


@pytest.fixture
def store(tmp_path: Path, second) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "history.sqlite")) as opened:
        opened.write([Entry("w1", second(n, sagittal_deg=-6.0)) for n in range(600)])
        yield opened


async def test_a_correction_is_kept_as_a_sample_and_learned_at_once_and_after_a_restart(
    store: SqliteStore, open_outbox: Callable
) -> None:
    learned: list[PostureParams] = []
    outbox = open_outbox()
    hindsight = Hindsight(
        wearer="w1",
        position="lumbar",
        timeline=Timeline(TimelineOrigin.DEMO, NOON_S + 900.0),
        outbox=outbox,
        open_history=lambda: SqliteStore(store.path, read_only=True),
        timezone=None,
        learn=learned.append,
    )
    args = {"from_s": NOON_S + 100, "to_s": NOON_S + 400, "state": "sitting"}
    now_ms = wall_ms()
    command = Command(id="c1", issued_ms=now_ms, expires_ms=now_ms + 10_000, args=args)
    assert hindsight.correct(command).accepted
    [made] = [item for _, item in outbox.read(after=0, limit=10) if isinstance(item, Event)]
    assert made.kind == LABELLED
    assert learned[0].sitting_deg < PARAMS.sitting_deg
    store.write([Entry("w1", made, "e1")])
    await hindsight.remember()
    assert learned[1].sitting_deg == learned[0].sitting_deg
    assert habits(store, "w2", "lumbar", NOON_S + 900.0) is PARAMS


def test_a_session_that_begins_anew_still_knows_the_wearer(open_outbox: Callable) -> None:
    told: list[PostureParams] = []

    class Noting(Pipeline):
        def learn(self, params: PostureParams) -> None:
            told.append(params)

    hands = [1000.0]
    timeline = Timeline.live(monotonic=lambda: 0.0, wall=lambda: hands[0])
    session = Session(
        timeline,
        open_outbox(),
        lambda *, session_ms, now_s, checkpoint: Noting(session_ms=session_ms),
        restore=False,
    )
    learned = taught([labelled("sitting", 6.0)])
    session.learn(learned)
    hands[0] -= 500.0
    session.follow_clock()
    assert told == [learned, learned]
