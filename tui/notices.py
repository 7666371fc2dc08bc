"""The one thing that the wearer must know first, whatever screen is looked at; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tui import phrases
from tui.live import Freshness, Live
from tui.readings import state_reading


@dataclass(frozen=True, slots=True)
class Notice:
    """A line above a screen.

    Attributes:
        headline: what is the matter.
        advice: what to do, or what becomes of it.
        since: when the newest posture was true, where it is no longer.
        mild: whether everything on show is true all the same.
    """

    headline: str
    advice: str
    since: datetime | None = None
    mild: bool = False


NO_RECORDER: Final = Notice(
    "Nothing is stored just now", "The recorder is away; records wait and are stored later."
)
NO_MONITOR: Final = Notice(
    "No nudges just now", "The monitor is away; marks are kept here until it is back."
)


def notice_of(live: Live, now_s: float, zone: ZoneInfo, *, history: str = "") -> Notice | None:
    """Return what is the matter, the worst first; None while all is well.

    `history` says why the past cannot be read.
    """
    state = state_reading(live, now_s, zone)
    headline, advice = phrases.FRESHNESS[state.freshness]
    if not state.freshness.believable:
        return Notice(headline, advice, state.seen_at)
    if history:
        return Notice("History cannot be read", f"What is shown of it may be old. {history}")
    if live.online("recorder") is False:
        return NO_RECORDER
    if why := live.trouble("recorder"):
        return Notice(NO_RECORDER.headline, f"Records wait and are stored later: {why}")
    if live.online("monitor") is False:
        return NO_MONITOR
    return None if state.freshness is Freshness.LIVE else Notice(headline, advice, mild=True)
