"""An experiment from the wearer's command over its days to the verdict, as the history tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ingest.messages import Command, NudgeMessage
from ingest.records import Bout, Event
from ingest.records import PostureState as P
from ingest.store.base import StoredEvent
from monitor.body import stretch
from monitor.core import Decisions, Monitor
from monitor.experiment import Experiment, Finding, HalfDay, analyse
from monitor.settings import MonitorSettings, NudgeSettings, SinkSettings
from monitor.state import Order
from monitor.trials import half_days, newest
from monitor.warmup import learn, read_past

ZONE = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 2)
SETTINGS = MonitorSettings(nudges=NudgeSettings(moment_s=0, hint_min=0, firm_min=0, budget=100))


@dataclass
class Worn:
    worn_s: float


@dataclass
class Diary:
    """A history that was lived in these tests, with the questions that experiments ask."""

    records: list[Event] = field(default_factory=list)
    spans: list[Bout] = field(default_factory=list)

    def events(self, from_s: int, to_s: int, kinds: tuple[str, ...] = ()) -> list[StoredEvent]:
        return [
            StoredEvent(id="e" * 32, event=event)
            for event in self.records
            if from_s <= event.t_ms / 1000 < to_s and event.kind in kinds
        ]

    def totals(self, windows: list[tuple[int, int]]) -> list[Worn]:
        return [Worn(sum(self._inside(bout, window) for bout in self.spans)) for window in windows]

    def bouts(self, from_s: int, to_s: int) -> list[Bout]:
        return [bout for bout in self.spans if self._inside(bout, (from_s, to_s)) > 0]

    def trace(self, from_s: int, to_s: int) -> list[object]:
        return []

    def close(self) -> None:
        pass

    @staticmethod
    def _inside(bout: Bout, window: tuple[int, int]) -> float:
        length_s = min(bout.end_ms / 1000, window[1]) - max(bout.start_ms / 1000, window[0])
        return max(length_s, 0.0)


class Wearer:
    """Sits until a minute after a nudge, an hour at most, then walks for six minutes."""

    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self.monitor = Monitor(SETTINGS, timezone=ZONE)
        self.now_s = 0.0

    def order(self, verb: str, **args: str | int) -> Decisions:
        command = Command(id="c", issued_ms=0, expires_ms=0, args=args)
        return self.take(self.monitor.feed(Order(verb, command), self.now_s))

    def take(self, decisions: Decisions) -> Decisions:
        self.diary.records += decisions.records
        return decisions

    def work(self, day: date) -> None:
        """Live from nine to five; the mornings before are slept."""
        self.now_s = datetime(day.year, day.month, day.day, 9, tzinfo=ZONE).timestamp()
        end_s = self.now_s + 8 * 3600
        while self.now_s < end_s:
            self.live(P.SITTING, 3600)
            self.live(P.MOVING, 360)

    def live(self, state: P, most_s: int) -> None:
        start_s = self.now_s
        until_s = start_s + most_s
        while self.now_s < until_s:
            self.monitor.feed(stretch(self.now_s, 30, state), self.now_s)
            self.now_s += 30
            nudge = self.take(self.monitor.advance(self.now_s)).nudge
            if isinstance(nudge, NudgeMessage) and nudge.topic == "sitting":
                until_s = min(until_s, self.now_s + 60)
        start_ms, end_ms = round(start_s * 1000), round(self.now_s * 1000)
        self.diary.spans.append(
            Bout(start_ms=start_ms, end_ms=end_ms, session=1, state=state, rule="r")
        )


def test_an_experiment_runs_from_the_command_over_its_days_to_the_verdict():
    diary = Diary()
    wearer = Wearer(diary)
    wearer.work(MONDAY)
    assert wearer.order("experiment", second="20", days=12).replies[0].accepted
    for i in range(1, 13):
        day = MONDAY + timedelta(days=i)
        if i == 6:  # the checkpoint is lost: the history still knows what is varied
            wearer.monitor = Monitor(SETTINGS, timezone=ZONE)
            now_s = datetime(day.year, day.month, day.day, 8, tzinfo=ZONE).timestamp()
            learn(wearer.monitor, read_past(lambda: diary, None, now_s, ZONE), now_s)
        wearer.work(day)
        told = newest(diary, day, ZONE)
        result = analyse(told, half_days(diary, told, day, ZONE), day)
        assert (result.finding, result.days) == (Finding.NOT_ENOUGH, i - 1)
    after = MONDAY + timedelta(days=13)
    told = newest(diary, after, ZONE)
    result = analyse(told, half_days(diary, told, after, ZONE), after)
    assert result.finding is Finding.WORKS and result.days == 12
    assert result.high < 0 < result.usual
    nudged = [e.data["load_s"] for e in diary.records if e.kind == "nudge"]
    assert set(nudged) == {1200, 1800}


def test_a_stopped_experiment_never_gets_a_verdict():
    diary = Diary()
    wearer = Wearer(diary)
    wearer.work(MONDAY)
    wearer.order("experiment", second="20", days=10)
    wearer.work(MONDAY + timedelta(days=1))
    assert wearer.order("experiment_stop").replies[0].accepted
    assert not wearer.order("experiment_stop").replies[0].accepted
    after = MONDAY + timedelta(days=30)
    told = newest(diary, after, ZONE)
    assert told.stopped == MONDAY + timedelta(days=1)
    halves = [
        HalfDay(told.first_day + timedelta(days=i), half, 4.0, 0.0 if half == "am" else 90.0)
        for i in range(10)
        for half in ("am", "pm")
    ]
    assert analyse(told, halves, after).finding is Finding.STOPPED
    assert told.value_at(datetime(2026, 3, 5, tzinfo=UTC).timestamp(), ZONE) is None
    assert wearer.order("experiment", second="45").replies[0].accepted


def test_an_experiment_that_is_over_has_nothing_to_stop():
    wearer = Wearer(Diary())
    wearer.work(MONDAY)
    wearer.order("experiment", second="20", days=10)
    wearer.work(MONDAY + timedelta(days=11))
    assert "no experiment" in wearer.order("experiment_stop").replies[0].reason


@pytest.mark.parametrize(
    ("setting", "second", "why"),
    [
        ("nudge_min", "5", "10 to 120"),
        ("nudge_min", "999", "10 to 120"),
        ("nudge_min", "30.0", "must differ"),
        ("nudge_min", "soon", "minutes"),
        ("nudge_min", "3\N{SUPERSCRIPT TWO}", "minutes"),  # a digit, and no number
        ("wording", "0", "1 or 2"),
        ("wording", "3", "1 or 2"),  # the fourth sentence is the first again
        ("sink", "desktop", "already"),
        ("sink", "command", "nothing to add"),
        ("sink", "bell", "desktop, tmux"),
        ("colour", "red", "nudge_min"),
    ],
)
def test_arms_that_are_the_same_or_make_no_sense_are_refused_with_a_reason(setting, second, why):
    wearer = Wearer(Diary())
    wearer.work(MONDAY)
    reply = wearer.order("experiment", setting=setting, second=second).replies[0]
    assert not reply.accepted and why in reply.reason


def test_a_length_beyond_a_year_is_refused():
    with pytest.raises(ValueError, match="10 to 365 days"):
        Experiment("e", "nudge_min", ("30", "20"), MONDAY, 400)


def test_the_command_may_be_added_where_there_is_one():
    wearer = Wearer(Diary())
    wearer.monitor = Monitor(MonitorSettings(sinks=SinkSettings(command=["notify"])), timezone=ZONE)
    wearer.work(MONDAY)
    assert wearer.order("experiment", setting="sink", second="command").replies[0].accepted
