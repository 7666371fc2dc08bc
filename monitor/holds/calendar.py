"""Events of an iCalendar file (RFC 5545), as far as meetings use it.

Understood: DTSTART with DTEND or DURATION, in UTC, with TZID or floating; RRULE with FREQ DAILY or
WEEKLY, INTERVAL, BYDAY, UNTIL and COUNT; EXDATE. Cancelled and transparent ("free") events and
whole days do not count. Other rules count with their first occurrence only.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

logger = logging.getLogger(__name__)

RELOAD_S: Final = 900.0  # seconds between two looks at the file or address
TIMEOUT_S: Final = 10.0  # for a whole answer
PATIENCE_S: Final = 1.0  # what a look waits; a slow calendar is taken at a later one
MAX_BYTES: Final = 5_000_000
CHUNK_BYTES: Final = 65_536
MAX_OCCURRENCES: Final = 4000  # eleven years of a daily meeting
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DURATION: Final = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True, slots=True)
class Meeting:
    """One event.

    Attributes:
        start: of its first occurrence, with a zone.
        length: of every occurrence.
        rule: parts of its RRULE, empty for one occurrence.
        except_at: occurrences that do not take place.
    """

    start: datetime
    length: timedelta
    rule: dict[str, str] = field(default_factory=dict)
    except_at: frozenset[datetime] = frozenset()

    def runs_at(self, moment: datetime) -> bool:
        """Return whether an occurrence runs at `moment`."""
        for start in self._starts():
            if start.astimezone(UTC) > moment.astimezone(UTC):
                return False
            end = start.astimezone(UTC) + self.length
            if moment.astimezone(UTC) < end and start not in self.except_at:
                return True
        return False

    def _starts(self) -> Iterator[datetime]:
        count = int(self.rule.get("COUNT", MAX_OCCURRENCES))
        until = _moment(self.rule["UNTIL"], {}, UTC) if "UNTIL" in self.rule else None
        for start in islice(self._endless(), min(count, MAX_OCCURRENCES)):
            if until is not None and start.astimezone(UTC) > until.astimezone(UTC):
                return
            yield start

    def _endless(self) -> Iterator[datetime]:
        """Yield the starts in order; local times stay the same over daylight saving."""
        every = int(self.rule.get("INTERVAL", 1))
        days = [_DAYS.index(d) for d in self.rule.get("BYDAY", "").split(",") if d in _DAYS]
        match self.rule.get("FREQ"):
            case "DAILY":
                for i in range(MAX_OCCURRENCES):
                    start = self.start + timedelta(days=i * every)
                    if not days or start.weekday() in days:
                        yield start
            case "WEEKLY":
                monday = self.start - timedelta(days=self.start.weekday())
                for i in range(MAX_OCCURRENCES):
                    for day in sorted(days or [self.start.weekday()]):
                        start = monday + timedelta(weeks=i * every, days=day)
                        if start >= self.start:
                            yield start
            case _:
                yield self.start


class CalendarSource:
    """Holds nudges back while a meeting of a file or an http(s) address runs."""

    name = "meeting in the calendar"

    def __init__(self, place: str, *, local: tzinfo | None = None) -> None:
        self._place = place
        self._local = local
        self._meetings: list[Meeting] = []
        self._loaded_s: float | None = None
        self._loading: asyncio.Task[None] | None = None

    async def active(self, now_s: float) -> bool:
        """Return whether a meeting runs at `now_s`.

        An unreachable calendar keeps the last view, and a slow one does not keep a look waiting.
        """
        if self._loaded_s is None or now_s - self._loaded_s >= RELOAD_S:
            self._loaded_s = now_s
            if self._loading is None or self._loading.done():
                self._loading = asyncio.create_task(self._load(), name="calendar")
        if self._loading is not None:
            await asyncio.wait({self._loading}, timeout=PATIENCE_S)
        moment = datetime.fromtimestamp(now_s, UTC)
        return any(meeting.runs_at(moment) for meeting in self._meetings)

    async def _load(self) -> None:
        try:
            text = await asyncio.to_thread(_read, self._place)
        except (OSError, ValueError, HTTPException) as error:
            logger.warning("the calendar %s cannot be read: %s", _shown(self._place), error)
        else:
            self._meetings = parse_calendar(text, local=self._local)


def _shown(place: str) -> str:
    """Return a place for the log; the path of an address is often a secret."""
    parts = urllib.parse.urlsplit(place)
    return f"at {parts.hostname}" if parts.scheme in ("http", "https") else place


def _answer(place: str) -> str:
    """Return what an address says; raise ValueError when it says too much or takes too long."""
    request = urllib.request.Request(place)  # noqa: S310 - the caller checks the scheme
    began_s, text = time.monotonic(), b""
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        while chunk := answer.read1(CHUNK_BYTES):
            text += chunk
            if len(text) > MAX_BYTES:
                raise ValueError(f"it is larger than {MAX_BYTES / 1e6:.0f} MB")
            if time.monotonic() - began_s > TIMEOUT_S:
                raise ValueError(f"it takes longer than {TIMEOUT_S:.0f} s")
    return text.decode("utf-8", errors="replace")


def parse_calendar(text: str, *, local: tzinfo | None = None) -> list[Meeting]:
    """Return the meetings of an iCalendar text; floating times are in `local`.

    Events that cannot be read are left out.
    """
    zone = local or datetime.now(UTC).astimezone().tzinfo or UTC
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    meetings = []
    for block in re.findall(r"BEGIN:VEVENT(.*?)END:VEVENT", unfolded, re.DOTALL):
        try:
            meeting = _meeting(block, zone)
        except (ValueError, KeyError):
            continue
        if meeting is not None:
            meetings.append(meeting)
    return meetings


def _meeting(block: str, local: tzinfo) -> Meeting | None:
    fields: dict[str, tuple[dict[str, str], str]] = {}
    skipped: set[datetime] = set()
    for line in block.split("BEGIN:VALARM", maxsplit=1)[0].splitlines():
        head, colon, value = line.partition(":")
        name, *options = head.split(";")
        if not colon:
            continue
        parameters = dict(option.partition("=")[::2] for option in options)
        if name == "EXDATE":
            skipped |= {_moment(part, parameters, local) for part in value.split(",")}
        fields.setdefault(name, (parameters, value.strip()))
    free = fields.get("TRANSP", ({}, ""))[1] == "TRANSPARENT"
    cancelled = fields.get("STATUS", ({}, ""))[1] == "CANCELLED"
    if free or cancelled or fields["DTSTART"][0].get("VALUE") == "DATE":
        return None
    start = _moment(fields["DTSTART"][1], fields["DTSTART"][0], local)
    rule = dict(part.partition("=")[::2] for part in fields.get("RRULE", ({}, ""))[1].split(";"))
    rule.pop("", None)
    meeting = Meeting(start, _length(fields, start, local), rule, frozenset(skipped))
    meeting.runs_at(
        start
    )  # a rule that cannot be read is found now, while it costs this event only
    return meeting


def _length(
    fields: dict[str, tuple[dict[str, str], str]], start: datetime, local: tzinfo
) -> timedelta:
    if "DTEND" in fields:
        return _moment(fields["DTEND"][1], fields["DTEND"][0], local) - start
    match = _DURATION.fullmatch(fields["DURATION"][1])
    if match is None:
        raise ValueError("a duration that cannot be read")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _moment(text: str, parameters: dict[str, str], local: tzinfo) -> datetime:
    text = text.strip()
    if len(text) == 8:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        return datetime(day.year, day.month, day.day, tzinfo=local)
    naive = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - zone follows
    if text.endswith("Z"):
        return naive.replace(tzinfo=UTC)
    try:
        return naive.replace(tzinfo=ZoneInfo(parameters["TZID"]))
    except (KeyError, ZoneInfoNotFoundError, ValueError):
        return naive.replace(tzinfo=local)


def _read(place: str) -> str:
    if not place.startswith(("http://", "https://")):
        return Path(place).expanduser().read_text("utf-8")
    return _answer(place)
