"""What leaves the monitor: prompts once, records with a checkpoint, and one now and then."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from ingest.messages import NudgeMessage
from monitor.core import Decisions, Monitor
from monitor.lease import Lease
from monitor.outlet import CHECKPOINT_S, Outlet
from monitor.settings import MonitorSettings

NUDGE = NudgeMessage(id="n1", t_ms=0, expires_ms=9, rung="nudge", reason="30 min of sitting.")


class Kept:
    """An outbox and a broker that remember what they were given."""

    def __init__(self) -> None:
        self.records: list[object] = []
        self.checkpoints = 0
        self.published: list[str] = []

    def append(self, items: object, *, checkpoint: bytes | None = None) -> None:
        self.records += list(items)
        self.checkpoints += checkpoint is not None

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        self.published.append(topic)


class Clock:
    """Wall seconds that pass when told."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shown() -> list[NudgeMessage | None]:
    return []


@pytest.fixture
def outlet(kept, clock, shown) -> Outlet:
    return Outlet(kept, kept, Lease("a", now_s=0.0), wearer="me", wall=clock, show=shown.append)


@pytest.fixture
def monitor() -> Monitor:
    return Monitor(MonitorSettings(), timezone=ZoneInfo("UTC"))


def test_a_prompt_that_moves_to_another_screen_is_no_news_for_the_sinks(
    outlet, monitor, kept, shown
):
    outlet.apply(monitor, Decisions(nudge=NUDGE))
    outlet.apply(monitor, Decisions(nudge=msgspec.structs.replace(NUDGE, shown_by="b")))
    assert shown == [None, NUDGE]  # what was there before this monitor is cleared first
    assert kept.published.count("lumbar/me/nudge") == 3


def test_without_records_a_checkpoint_is_kept_now_and_then(outlet, monitor, kept, clock):
    for second in range(round(2 * CHECKPOINT_S) + 1):
        clock.now_s = float(second)
        outlet.apply(monitor, Decisions())
    assert (kept.records, kept.checkpoints) == ([], 2)
