"""What was practised: the journal as plain values, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from ingest.records import Event

Rating = Literal["fine", "mild", "sharp", "sore"]
RATINGS: Final[tuple[Rating, ...]] = ("fine", "mild", "sharp", "sore")
"""fine, mild effort, sharp pain, still sore the next day: the only classes there are."""

PRACTISED_WINDOW_DAYS: Final = 28
LOOK_BACK_DAYS: Final = 730  # levels and phases count from the first practice: no window may cut it


@dataclass(frozen=True, slots=True)
class Practice:
    """One drill on one day.

    Attributes:
        day: local date.
        drill: id.
        rating: how it felt; the next day's answer replaces it.
        fast: whether most repetitions were quicker than the tempo: practised, but no progression.
    """

    day: date
    drill: str
    rating: Rating = "fine"
    fast: bool = False


def journal_of(events: Iterable[Event], timezone: ZoneInfo) -> tuple[Practice, ...]:
    """Return the journal that the events of kind "drill" and "check_in" make, in order."""
    entries: list[Practice] = []
    for event in events:
        day = datetime.fromtimestamp(event.t_ms / 1000, timezone).date()
        if event.kind == "drill":
            entries.append(Practice(day, str(event.data["drill"]), _rating(event), _fast(event)))
        elif event.kind == "check_in" and event.data.get("answer") in ("sharp", "sore"):
            entries = [_rated_later(entry, event, day) for entry in entries]
    return tuple(entries)


def days_practised(journal: Iterable[Practice], today: date) -> int:
    """Return on how many of the last 28 days anything was practised; 30 seconds count."""
    first = today - timedelta(days=PRACTISED_WINDOW_DAYS - 1)
    return len({entry.day for entry in journal if first <= entry.day <= today})


def check_in_due(journal: Sequence[Practice], events: Iterable[Event], today: date) -> bool:
    """Return whether to ask how yesterday's drills felt: once, the day after."""
    yesterday = today - timedelta(days=1)
    asked = {str(event.data.get("day") or "") for event in events if event.kind == "check_in"}
    practised = any(entry.day == yesterday for entry in journal)
    return practised and yesterday.isoformat() not in asked


def _rating(event: Event) -> Rating:
    if event.data.get("stopped") == "pain":
        return "sharp"
    return next((rating for rating in RATINGS if rating == event.data.get("rating")), "fine")


def _fast(event: Event) -> bool:
    reps, fast = event.data.get("reps"), event.data.get("reps_fast")
    return isinstance(reps, int) and isinstance(fast, int) and 2 * fast > reps


def _rated_later(entry: Practice, check_in: Event, day: date) -> Practice:
    """Return the entry with the answer of the next day, where that answer is about it."""
    about = check_in.data.get("drill")
    if entry.day != day - timedelta(days=1) or (about and about != entry.drill):
        return entry
    rating: Rating = "sharp" if check_in.data.get("answer") == "sharp" else "sore"
    return replace(entry, rating=rating)
