"""Catching up with the history after a start, without prompting about the past."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from ingest.history import History
from monitor.core import Monitor

LOOK_BACK_S: Final = 4 * 3600  # longer than any bout that still matters: an hour's gap resets
DAY_S: Final = 86_400
LEARNT_KINDS: Final = ("nudge", "break", "pause", "resume")


def learn(monitor: Monitor, history: Callable[[], History], now_s: float) -> None:
    """Feed the monitor what the history knows and its checkpoint does not.

    After a crash the missed seconds are only queued: the first `advance` counts them, records the
    breaks they completed, and prompts about nothing that is older than its limit.
    """
    past = history()
    try:
        since_s = monitor.state.record_s
        from_s = math.ceil(max(since_s or 0.0, now_s - LOOK_BACK_S))
        seconds = past.trace(from_s, math.floor(now_s))
        if since_s is not None:
            for second in seconds:
                monitor.feed(second, now_s)
            return
        events = past.events(math.floor(now_s - DAY_S), math.floor(now_s), LEARNT_KINDS)
        monitor.warm_up(seconds, [], [stored.event for stored in events])
    finally:
        past.close()
