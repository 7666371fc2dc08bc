"""Hundreds of random days, seen in strides of any length: what must never happen does not."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ingest.messages import Command, NudgeMessage
from ingest.records import Event
from ingest.records import PostureState as P
from monitor.body import stretch
from monitor.core import Monitor
from monitor.nudge import MAX_RECORD_AGE_S
from monitor.settings import MonitorSettings, NudgeSettings, ScheduleSettings
from monitor.state import Hold, Order
from monitor.why import recompute

DAYS = 600
STRIDES_S = (1, 60, 200, 600)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC")
STATES = (P.SITTING, P.STANDING, P.MOVING, P.LYING, P.UNKNOWN, P.OFF_BODY, None)
WEIGHTS = (50, 16, 14, 2, 4, 2, 3)
LENGTHS_S = (20, 45, 70, 200, 400, 900, 2000, 4000, 6000)


@dataclass
class Truth:
    """What really happened in a day, kept apart from what the monitor believes."""

    runs: list[tuple[float, float, P | None]] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)
    holds: list[tuple[float, float]] = field(default_factory=list)
    nudges: list[Event] = field(default_factory=list)
    hints: list[Event] = field(default_factory=list)
    breaks: list[Event] = field(default_factory=list)
    shown: list[NudgeMessage] = field(default_factory=list)
    sat_s: float = 0.0

    def take(self, decisions) -> None:
        for event in decisions.records:
            {"nudge": self.nudges, "hint": self.hints, "break": self.breaks}.get(
                event.kind, []
            ).append(event)
        if isinstance(decisions.nudge, NudgeMessage):
            self.shown.append(decisions.nudge)

    def state_before(self, at_s: float) -> tuple[P | None, float]:
        """Return the newest recorded state at `at_s` and how old its last second is."""
        known = [(to_s, state) for from_s, to_s, state in self.runs if state and from_s < at_s]
        if not known:
            return None, float("inf")
        to_s, state = known[-1]
        return state, at_s - min(to_s, at_s)


def settings_of(rng: random.Random) -> MonitorSettings:
    return MonitorSettings(
        nudges=NudgeSettings(
            budget=rng.choice([1, 3, 12, 12]),
            cooldown_min=rng.choice([5, 10, 20]),
            moment_s=rng.choice([0, 60]),
            hint_min=rng.choice([0, 10, 25]),
            firm_min=rng.choice([0, 45]),
            max_per_bout=rng.choice([1, 3]),
        ),
        schedule=ScheduleSettings(
            quiet=rng.choice([[], ["12:00-13:30"], ["21:00-07:00"]]),
            sunday=rng.choice([["00:00-24:00"], ["01:30-05:00", "09:00-17:00"]]),
        ),
    )


class RandomDay:
    """Plays one random day into a monitor."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.settings = settings_of(self.rng)
        self.zone = ZoneInfo(self.rng.choice(ZONES))
        self.monitor = Monitor(self.settings, timezone=self.zone)
        # both changes of the European clocks of 2026 are Sundays among these
        start = self.rng.choice(["2026-03-28", "2026-10-24", "2026-06-15"])
        self.now_s = datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()
        self.now_s += self.rng.randrange(0, 86_400)
        self.truth = Truth()
        self.monitor.advance(self.now_s)

    def play(self, hours: float = 12) -> Truth:
        end_s = self.now_s + hours * 3600
        while self.now_s < end_s:
            state = self.rng.choices(STATES, WEIGHTS)[0]
            self.run(state, self.rng.choice(LENGTHS_S))
            if self.rng.random() < 0.15:
                self.order()
            if self.rng.random() < 0.05:
                self.hold()
            if self.rng.random() < 0.05:
                self.monitor = Monitor.restored(
                    self.monitor.checkpoint(), self.settings, timezone=self.zone
                )
        return self.truth

    def run(self, state: P | None, seconds: int) -> None:
        """Live in one state, looked at in strides of any length."""
        end_s = self.now_s + seconds
        self.truth.runs.append((self.now_s, end_s, state))
        self.truth.sat_s += seconds if state is P.SITTING else 0
        while self.now_s < end_s:
            until_s = min(end_s, self.now_s + self.rng.choice(STRIDES_S))
            if state is not None:
                self.monitor.feed(stretch(self.now_s, until_s - self.now_s, state), until_s)
            self.now_s = until_s
            self.truth.take(self.monitor.advance(self.now_s))

    def order(self) -> None:
        verb = self.rng.choice(["snooze", "skip", "done", "pause", "in_call", "resume"])
        minutes = self.rng.choice([5, 10, 30])
        command = Command(id="c", issued_ms=0, expires_ms=0, args={"minutes": minutes})
        decisions = self.monitor.feed(Order(verb, command), self.now_s)
        self.truth.take(decisions)
        if not decisions.replies[0].accepted:
            return
        span = (self.now_s, self.now_s + minutes * 60)
        match verb:
            case "pause":
                self.truth.pauses = [(a, min(b, self.now_s)) for a, b in self.truth.pauses]
                self.truth.pauses.append(span)
            case "in_call":
                self.truth.holds = [(a, min(b, self.now_s)) for a, b in self.truth.holds]
                self.truth.holds.append(span)
            case "resume":
                for spans in (self.truth.pauses, self.truth.holds):
                    spans[:] = [(a, min(b, self.now_s)) for a, b in spans]

    def hold(self) -> None:
        active = self.rng.random() < 0.5
        until_s = self.now_s + 900
        self.monitor.feed(Hold("microphone in use", active, until_s), self.now_s)


@pytest.fixture(scope="module")
def days() -> list[tuple[RandomDay, Truth]]:
    played = []
    for seed in range(DAYS):
        day = RandomDay(seed)
        played.append((day, day.play()))
    return played


def prompts(truth: Truth) -> list[Event]:
    return sorted([*truth.nudges, *truth.hints], key=lambda e: e.t_ms)


def test_the_days_are_eventful(days):
    assert sum(len(truth.nudges) for _, truth in days) > 2000
    assert sum(len(truth.hints) for _, truth in days) > 600
    assert sum(len(truth.breaks) for _, truth in days) > 2000
    causes = Counter(e.data["cause"] for _, truth in days for e in truth.nudges)
    assert set(causes) == {"ladder", "repeat", "released", "snooze_over"}
    assert {e.data["topic"] for _, truth in days for e in truth.nudges} == {"sitting", "standing"}


def test_the_budget_of_a_local_day_is_kept(days):
    for day, truth in days:
        dates = Counter(
            datetime.fromtimestamp(e.t_ms / 1000, day.zone).date() for e in truth.nudges
        )
        assert max(dates.values(), default=0) <= day.settings.nudges.budget


def test_the_cooldown_is_kept_except_for_snoozes_the_wearer_asked_for(days):
    for day, truth in days:
        last_s = float("-inf")
        for event in prompts(truth):
            at_s = event.t_ms / 1000
            if event.data["cause"] != "snooze_over":
                assert at_s - last_s >= day.settings.nudges.cooldown_min * 60 - 1e-3
            last_s = last_s if event.kind == "hint" else at_s


def test_nothing_is_prompted_outside_hours_in_quiet_hours_in_pauses_or_holds(days):
    for day, truth in days:
        for event in prompts(truth):
            at_s = event.t_ms / 1000
            local = datetime.fromtimestamp(at_s, day.zone)
            clock = local.strftime("%H:%M")
            for start, end in (hours.split("-") for hours in day.settings.schedule.quiet):
                inside = start <= clock < end if start < end else not end <= clock < start
                assert not inside
            if local.weekday() == 6 and len(day.settings.schedule.sunday) == 2:
                assert "01:30" <= clock < "05:00" or "09:00" <= clock < "17:00"
            spans = truth.pauses + truth.holds
            assert not any(from_s + 1e-3 < at_s < to_s - 1e-3 for from_s, to_s in spans)


def test_nothing_is_prompted_on_unknown_off_body_no_data_or_another_posture(days):
    for _, truth in days:
        for event in prompts(truth):
            state, age_s = truth.state_before(event.t_ms / 1000)
            assert state is not None and state.value == event.data["topic"]
            assert age_s <= MAX_RECORD_AGE_S


def test_nothing_is_prompted_right_after_a_credited_break(days):
    for day, truth in days:
        for event in prompts(truth):
            at_s = event.t_ms / 1000
            ends = [e.data["end_s"] for e in truth.breaks if e.data["now_s"] <= at_s]
            if ends and event.data["cause"] != "snooze_over":
                assert at_s - max(ends) >= day.settings.nudges.cooldown_min * 60 - 1e-3


def test_every_stored_prompt_recomputes_to_the_same_decision(days):
    for _, truth in days:
        for event in prompts(truth):
            verdict = recompute(event)
            assert verdict.prompts
            assert (verdict.rung, verdict.cause) == (event.data["rung"], event.data["cause"])


def test_credit_never_exceeds_what_was_sat(days):
    for _, truth in days:
        for event in truth.nudges:
            if event.data["topic"] == "sitting":
                assert event.data["load_s"] <= truth.sat_s
        for event in truth.breaks:
            assert 0.5 <= event.data["share"] <= 1
            assert event.data["up_s"] >= 60
            assert event.data["after_s"] <= event.data["before_s"] / 2


def test_repeats_of_a_bout_are_capped(days):
    for day, truth in days:
        count = 0
        last_break_ms = 0
        for event in truth.nudges:
            # what was put off, or came back after a call, is the same prompt again
            again = event.data["cause"] in ("snooze_over", "released")
            if event.data["topic"] != "sitting" or again:
                continue
            since = [e.t_ms for e in truth.breaks if last_break_ms < e.t_ms <= event.t_ms]
            reset = event.data["prompts_in_bout"] == 0
            count = 1 if since or reset else count + 1
            last_break_ms = max(since, default=last_break_ms)
            assert event.data["prompts_in_bout"] < day.settings.nudges.max_per_bout
            assert count <= day.settings.nudges.max_per_bout
