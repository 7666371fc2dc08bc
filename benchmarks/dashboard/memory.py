"""Whether the memory of a dashboard stays flat over many hours.

Bounded caches of the libraries fill for hours; they are told apart by emptying them.
"""

from __future__ import annotations

import functools
import gc
import math
import tracemalloc
from zoneinfo import ZoneInfo

from textual.cache import FIFOCache, LRUCache

from ingest.messages import AngleMessage, NudgeMessage, PostureMessage, StatusMessage
from ingest.records import PostureState
from tui.app import DashboardApp
from tui.facts import Fact, NudgeCleared
from tui.scripted import ScriptedFeed
from tui.settings import ScreenSettings

HOUR_S = 3600
START_MS = 1_700_000_000_000
PAUSE_S = 20  # simulated seconds between two moments at which the dashboard comes to rest
NUDGE_S, ANSWERED_S = 1800, 600
EARLY_HOUR = 1


async def memory_mib(hours: float) -> dict[str, float]:
    """Return memory in MiB after the first and the last of some simulated hours.

    One posture, angle and status a second reach the dashboard, and a prompt comes and goes every
    half hour. `own` is what is held once the bounded caches are emptied, `cached` is what they
    held.
    """
    settings = ScreenSettings()
    app = DashboardApp(
        ScriptedFeed(), None, settings, wearer="me", timezone=ZoneInfo("UTC"), simulated=True
    )
    found: dict[str, float] = {}
    async with app.run_test(size=(120, 40)) as pilot:
        tracemalloc.start()
        for second in range(round(hours * HOUR_S) + 1):
            app.feed.say(*_facts(second))
            if second % PAUSE_S == 0:
                await pilot.pause()
            if second == EARLY_HOUR * HOUR_S:
                found |= _named("early")
        found |= _named("late")
    tracemalloc.stop()
    return found


def _facts(second: int) -> list[Fact]:
    t_ms = START_MS + second * 1000
    angle = 12 + 8 * math.sin(second / 7)
    facts: list[Fact] = [
        PostureMessage(t_ms=t_ms, session=1, state=PostureState.SITTING, confidence=0.9,
                       sagittal_deg=angle, calibration="c1",
                       bout_state=PostureState.SITTING, bout_start_ms=t_ms - 60_000),
        AngleMessage(t_ms=t_ms, sagittal_deg=angle, frontal_deg=1.0, up=(1.0, 0.0, 0.0)),
        StatusMessage(now_ms=t_ms, sitting_s=second % NUDGE_S, full_s=float(NUDGE_S)),
    ]  # fmt: skip
    if second % NUDGE_S == 0:
        facts.append(
            NudgeMessage(id=f"n{second}", t_ms=t_ms, expires_ms=t_ms + 600_000, rung="nudge",
                         reason="30 min of sitting")
        )  # fmt: skip
    if second % NUDGE_S == ANSWERED_S:
        facts.append(NudgeCleared())
    return facts


def _named(when: str) -> dict[str, float]:
    own, cached = own_and_cached_mib()
    return {f"memory_{when}_own_mib": round(own, 3), f"memory_{when}_cached_mib": round(cached, 3)}


def own_and_cached_mib() -> tuple[float, float]:
    """Empty every bounded cache; return what Python still holds, and what the caches held."""
    whole = _traced_mib()
    for thing in gc.get_objects():
        if isinstance(thing, functools._lru_cache_wrapper):
            if thing.cache_parameters()["maxsize"] is not None:
                thing.cache_clear()
        elif isinstance(thing, (LRUCache, FIFOCache)):
            thing.clear()
    own = _traced_mib()
    return own, whole - own


def _traced_mib() -> float:
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / 2**20
