"""What may be shown as live; no clock, no terminal."""

from __future__ import annotations

from types import ModuleType

import pytest

from ingest import topics
from ingest.delivery.mqtt import Incoming
from ingest.messages import (
    Availability,
    LinkMessage,
    NudgeMessage,
    PostureMessage,
    TimelineMessage,
    encode,
)
from ingest.records import PostureState
from tui.facts import ConnectionChanged, Fact, NudgeCleared, ServiceChanged
from tui.feed import fact_of
from tui.live import Freshness, Live, label_of
from tui.notices import notice_of
from tui.readings import bout_reading, gauge_reading, signal_bars, state_reading, tank_reading


def folded(*facts: Fact) -> Live:
    live = Live()
    for fact in facts:
        live = live.after(fact)
    return live


def running(rate: float, event_ms: int = 1_000_000) -> TimelineMessage:
    return TimelineMessage(origin="live", event_ms=event_ms, wall_ms=0, rate=rate)


def posture(t_ms: int, session: int = 1, **fields: object) -> PostureMessage:
    values = {"state": PostureState.SITTING, "confidence": 0.9, "calibration": "c1"} | fields
    return PostureMessage(t_ms=t_ms, session=session, **values)


@pytest.mark.parametrize(
    ("scene", "freshness"),
    [
        ("sitting", Freshness.LIVE),
        ("nothing", Freshness.CONNECTING),
        ("no_service", Freshness.NO_SERVICE),
        ("no_broker", Freshness.NO_BROKER),
        ("late", Freshness.LATE),
        ("searching", Freshness.SEARCHING),
        ("bluetooth_off", Freshness.BLUETOOTH_OFF),
        ("off_body", Freshness.OFF_BODY),
        ("uncalibrated", Freshness.UNCALIBRATED),
    ],
)
def test_each_scene_is_judged_by_what_the_wearer_must_know_first(
    scenes: ModuleType, scene: str, freshness: Freshness
) -> None:
    assert folded(*scenes.SCENES[scene]).freshness(scenes.NOW_MS / 1000) is freshness


@pytest.mark.parametrize(("age_s", "live"), [(4.9, True), (5.1, False)])
def test_posture_older_than_five_seconds_is_not_live(age_s: float, live: bool) -> None:
    state = folded(running(1.0), posture(1_000_000))
    assert state.freshness(1000 + age_s).believable is live


@pytest.mark.parametrize(("age_s", "live"), [(100.0, True), (130.0, False)])
def test_a_faster_timeline_may_lag_two_wall_seconds(age_s: float, live: bool) -> None:
    state = folded(running(60.0), posture(1_000_000))
    assert state.freshness(1000 + age_s).believable is live


def test_an_older_posture_never_replaces_a_newer_one() -> None:
    live = folded(posture(2000), posture(1000))
    assert live.posture is not None and live.posture.t_ms == 2000


def test_a_new_session_replaces_a_later_posture_of_the_old_one() -> None:
    live = folded(posture(2000), posture(1000, session=2))
    assert live.posture is not None and live.posture.session == 2


def test_a_service_that_died_is_told_from_a_silent_strap() -> None:
    facts = (running(1.0), posture(1_000_000), ServiceChanged("ingest", online=False))
    assert folded(*facts).freshness(1100.0) is Freshness.NO_SERVICE


def test_a_recorder_that_cannot_store_is_told_until_it_can(scenes: ModuleType) -> None:
    away = ServiceChanged("recorder", online=True, reason="the disk is full")
    seen = (*scenes.SCENES["sitting"], away)
    told = notice_of(folded(*seen), scenes.NOW_MS / 1000, scenes.ZONE)
    assert told is not None and "the disk is full" in told.advice
    again = folded(*seen, ServiceChanged("recorder", online=True))
    assert notice_of(again, scenes.NOW_MS / 1000, scenes.ZONE) is None


@pytest.mark.parametrize(
    ("own", "of_all", "there"),
    [(None, False, False), (None, True, True), (False, True, True), (True, False, True)],
)
def test_a_recorder_of_everybody_counts_as_ones_own(
    *, own: bool | None, of_all: bool, there: bool
) -> None:
    facts = [] if own is None else [ServiceChanged("recorder", online=own)]
    message = encode(Availability(state="online" if of_all else "offline"))
    topic = topics.RECORDERS_OF_ALL.replace("+", topics.recorder_part("archive"))
    said = fact_of(Incoming(topic, message, retain=True))
    assert isinstance(said, ServiceChanged)
    assert folded(*facts, said).online("recorder") is there


def test_no_angle_is_shown_from_old_data(scenes: ModuleType) -> None:
    live = folded(*scenes.SCENES["late"])
    reading = gauge_reading(live, scenes.NOW_MS / 1000)
    assert reading.sagittal_deg is None and reading.why_empty


def test_an_old_state_keeps_its_time_and_loses_its_claim(scenes: ModuleType) -> None:
    reading = state_reading(folded(*scenes.SCENES["late"]), scenes.NOW_MS / 1000, scenes.ZONE)
    assert reading.confidence is None
    assert f"{reading.seen_at:%H:%M:%S}" == "14:31:18"


def test_a_bout_stops_growing_when_the_data_end(scenes: ModuleType) -> None:
    live = folded(*scenes.SCENES["late"])
    now_s = scenes.NOW_MS / 1000
    early, later = (bout_reading(live, now_s + wait, scenes.ZONE) for wait in (0, 600))
    assert early.seconds == later.seconds and not later.live


def test_credit_of_a_silent_monitor_is_not_shown_as_decided(scenes: ModuleType) -> None:
    live = folded(*scenes.SCENES["sitting"], ServiceChanged("monitor", online=False))
    assert not tank_reading(live, scenes.NOW_MS / 1000, scenes.ZONE).decided


def nudge(**fields: object) -> NudgeMessage:
    values = {"id": "n1", "t_ms": 0, "expires_ms": 10_000, "rung": "nudge", "reason": "why"}
    return NudgeMessage(**(values | fields))


@pytest.mark.parametrize(
    ("shown_by", "shown"), [(None, True), ("screen-1", True), ("screen-2", False)]
)
def test_a_prompt_appears_on_the_screen_it_names(shown_by: str | None, shown: bool) -> None:
    live = folded(nudge(shown_by=shown_by))
    assert (live.nudge_in_force(5.0, "screen-1") is not None) is shown


def test_a_prompt_leaves_when_it_expires_and_when_it_is_cleared() -> None:
    assert folded(nudge()).nudge_in_force(10.0, "screen-1") is None
    assert folded(nudge(), NudgeCleared()).nudge_in_force(5.0, "screen-1") is None


def test_a_broker_that_returns_is_believed_again() -> None:
    facts = (running(1.0), posture(1_000_000), ConnectionChanged(False), ConnectionChanged(True))
    assert folded(*facts).freshness(1001.0) is Freshness.LIVE


@pytest.mark.parametrize(("rssi", "bars"), [(-55, 4), (-75, 2), (-95, 0), (None, None)])
def test_signal_is_told_in_bars(rssi: int | None, bars: int | None) -> None:
    assert signal_bars(LinkMessage(t_ms=0, state="connected", rssi_dbm=rssi)) == bars


@pytest.mark.parametrize(
    ("origin", "rate", "simulated", "label"),
    [("live", 1.0, False, ""), ("live", 1.0, True, "simulated"), ("demo", 20.0, False,
     "simulated x20"), ("replay", 60.0, False, "replay x60"), ("replay", 0.0, False, "replay")],
)  # fmt: skip
def test_what_is_not_a_living_wearer_says_so(
    origin: str, rate: float, simulated: bool, label: str
) -> None:
    live = folded(TimelineMessage(origin=origin, event_ms=0, wall_ms=0, rate=rate))
    assert label_of(live.mark, simulated=simulated) == label
