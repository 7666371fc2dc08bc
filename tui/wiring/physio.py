"""The page for a physiotherapist, from the history."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.drills.journal import journal_of
from monitor.summary import physio_page

if TYPE_CHECKING:
    from ingest.past.history import History

KINDS = ("mark", "response", "drill", "check_in")


def page_of(history: History, last: dt.date, days: int, zone: ZoneInfo) -> str:
    """Return the page of some local days up to `last`."""
    first = dt.datetime.combine(last - dt.timedelta(days=days - 1), dt.time(), zone)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)
    stored = history.events(int(first.timestamp()), int(end.timestamp()), KINDS)
    events = [item.event for item in stored]
    return physio_page(history.days(last, days), events, journal_of(events, zone))
