"""When prompts are welcome: ranges of local wall time, quiet hours, days off.

The question is always "what does the wearer's wall clock say at this moment", so that nothing needs
to know about daylight saving: a range 01:30-03:30 is as long as the wall clock makes it that night.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.errors import ScheduleError
from monitor.settings import ScheduleSettings

_RANGE = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")
_DAY_MINUTES = 24 * 60
_DAY_S = 86_400.0
_LOOK_AHEAD_DAYS = 9  # a week of days off and a day on either side
_ADVICE = 'write hours as "08:30-12:00", a range past midnight as "22:00-06:00"'

IsHoliday = Callable[[date], bool]


def no_holiday(day: date) -> bool:
    """Say that no day is a holiday."""
    del day
    return False


@dataclass(frozen=True, slots=True)
class Hours:
    """One range in minutes of the wall clock; `end` beyond 1440 goes into the next day."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Return the range "HH:MM-HH:MM"; raise ScheduleError otherwise."""
        match = _RANGE.fullmatch(text)
        if match is None:
            raise ScheduleError(text, _ADVICE)
        from_h, from_m, to_h, to_m = (int(part) for part in match.groups())
        start, end = from_h * 60 + from_m, to_h * 60 + to_m
        if from_m > 59 or to_m > 59 or start >= _DAY_MINUTES or end > _DAY_MINUTES or start == end:
            raise ScheduleError(text, _ADVICE)
        return cls(start, end if end > start else end + _DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A stretch of time in which nothing changes."""

    from_s: float
    to_s: float
    change_s: float | None
    open: bool
    quiet: bool

    def covers(self, now_s: float) -> bool:
        return self.from_s <= now_s < self.to_s


class Schedule:
    """Answers whether a moment is inside the hours; never reads a clock."""

    def __init__(
        self,
        settings: ScheduleSettings,
        timezone: ZoneInfo,
        *,
        is_holiday: IsHoliday = no_holiday,
    ) -> None:
        self._timezone = timezone
        self._week = tuple(
            _ranges(ranges)
            for ranges in (
                settings.monday,
                settings.tuesday,
                settings.wednesday,
                settings.thursday,
                settings.friday,
                settings.saturday,
                settings.sunday,
            )
        )
        self._quiet = _ranges(settings.quiet)
        self._days_off = frozenset(_day(text) for text in settings.days_off)
        self._is_holiday = is_holiday
        self._seen = _Seen(0.0, 0.0, None, False, False)

    def is_open(self, now_s: float) -> bool:
        """Return whether prompts are welcome (quiet hours apart)."""
        return self._seen.open if self._seen.covers(now_s) else self._open_at(now_s)

    def is_quiet(self, now_s: float) -> bool:
        """Return whether `now_s` lies in quiet hours."""
        return self._seen.quiet if self._seen.covers(now_s) else self._quiet_at(now_s)

    @property
    def timezone(self) -> ZoneInfo:
        """Return the zone in which hours and days are meant."""
        return self._timezone

    def local_hour(self, now_s: float) -> int:
        """Return the hour of the wall clock."""
        return self._local(now_s).hour

    def local_time(self, now_s: float) -> str:
        """Return the wall clock as HH:MM."""
        return self._local(now_s).strftime("%H:%M")

    def day_number(self, now_s: float) -> int:
        """Return the number of the local day, one more each day."""
        return self._local(now_s).toordinal()

    def local_day(self, now_s: float) -> str:
        """Return the local date as YYYY-MM-DD."""
        return self._local(now_s).date().isoformat()

    def next_change(self, now_s: float) -> float | None:
        """Return when `is_open` or `is_quiet` next changes, or None within nine days."""
        if not self._seen.covers(now_s):
            change_s = self._search(now_s)
            to_s = now_s + _DAY_S if change_s is None else change_s
            self._seen = _Seen(now_s, to_s, change_s, self._open_at(now_s), self._quiet_at(now_s))
        return self._seen.change_s

    def _open_at(self, now_s: float) -> bool:
        return _inside(self._local(now_s), self._ranges_of)

    def _quiet_at(self, now_s: float) -> bool:
        return _inside(self._local(now_s), lambda _: self._quiet)

    def _search(self, now_s: float) -> float | None:
        today = self._local(now_s).date()
        before = (self._open_at(now_s), self._quiet_at(now_s))
        moments = {
            moment
            for offset in range(-1, _LOOK_AHEAD_DAYS)
            for moment in self._boundaries(today + timedelta(days=offset))
        }
        for moment in sorted(moment for moment in moments if moment > now_s):
            if (self._open_at(moment), self._quiet_at(moment)) != before:
                return moment
        return None

    def _local(self, now_s: float) -> datetime:
        return datetime.fromtimestamp(now_s, self._timezone)

    def _ranges_of(self, day: date) -> tuple[Hours, ...]:
        if day in self._days_off or self._is_holiday(day):
            return ()
        return self._week[day.weekday()]

    def _boundaries(self, day: date) -> Iterable[float]:
        """Yield the UTC seconds of every start and end, and of clock changes, of a local day."""
        minutes = {0, _DAY_MINUTES}
        for hours in (*self._ranges_of(day), *self._quiet):
            minutes |= {hours.start, hours.end}
        for minute in minutes:
            local = datetime.combine(day + timedelta(days=minute // _DAY_MINUTES), time())
            local += timedelta(minutes=minute % _DAY_MINUTES)
            for fold in (0, 1):
                yield local.replace(tzinfo=self._timezone, fold=fold).astimezone(UTC).timestamp()
        yield from self._clock_change(day)

    def _clock_change(self, day: date) -> Iterable[float]:
        """Yield the UTC second at which the clocks of a local day are changed, if they are."""
        first = datetime.combine(day, time(), self._timezone).timestamp()
        last = datetime.combine(day + timedelta(days=1), time(), self._timezone).timestamp()
        before = self._local(first).utcoffset()
        if self._local(last).utcoffset() == before:
            return
        low, high = int(first), int(last)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (middle, high) if self._local(middle).utcoffset() == before else (low, middle)
            )
        yield float(high)


def _inside(local: datetime, ranges_of: Callable[[date], tuple[Hours, ...]]) -> bool:
    minute = local.hour * 60 + local.minute
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    return any(hours.start <= minute < hours.end for hours in ranges_of(today)) or any(
        minute + _DAY_MINUTES < hours.end for hours in ranges_of(yesterday)
    )


def _ranges(texts: Iterable[str]) -> tuple[Hours, ...]:
    return tuple(Hours.parse(text) for text in texts)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ScheduleError(text, 'write a day off as "2026-12-24"') from error
