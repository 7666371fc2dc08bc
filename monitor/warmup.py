"""Catching up with the history after a start, without prompting about the past."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ingest.past.history import History
from ingest.records import Event, Second
from monitor.core import Monitor
from monitor.experiment import Experiment
from monitor.trials import newest

LOOK_BACK_S: Final = 4 * 3600  # longer than any bout that still matters: an hour's gap resets
DAY_S: Final = 86_400
LEARNT_KINDS: Final = ("nudge", "break", "pause", "resume")


@dataclass(frozen=True, slots=True)
class Past:
    """What the history knows and the checkpoint does not."""

    seconds: Sequence[Second]
    events: Sequence[Event]
    experiment: Experiment | None


def read_past(
    open_history: Callable[[], History], record_s: float | None, now_s: float, timezone: ZoneInfo
) -> Past:
    """Read the seconds since `record_s` (four hours at most), the last day's events, and what is
    varied by an experiment under way.
    """
    history = open_history()
    try:
        from_s = math.ceil(max(record_s or 0.0, now_s - LOOK_BACK_S))
        to_s = math.floor(now_s)
        seconds = history.trace(from_s, to_s)
        events = history.events(math.floor(now_s - DAY_S), to_s, LEARNT_KINDS)
        today = datetime.fromtimestamp(now_s, timezone).date()
        under_way = newest(history, today, timezone)
        return Past(seconds, [stored.event for stored in events], under_way)
    finally:
        history.close()


def learn(monitor: Monitor, past: Past, now_s: float) -> None:
    """Feed the monitor what it missed.

    After a crash the missed seconds are only queued: the first `advance` counts them, records the
    breaks they completed, and prompts about nothing that is older than its limit. The events are in
    the checkpoint then.
    """
    if monitor.state.record_s is None:
        monitor.warm_up(past.seconds, past.events, experiment=past.experiment)
        return
    for second in past.seconds:
        monitor.feed(second, now_s)
