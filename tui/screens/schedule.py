"""The week ahead as the schedule sees it: when prompts are welcome."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from monitor.schedule import Schedule
from monitor.settings import ScheduleSettings
from tui.signs import Signs

CELL_MIN: Final = 30
DAYS: Final = 7


class ScheduleScreen(ModalScreen[None]):
    """Seven days in half hours."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,w,q", "dismiss", "Close", id="schedule.close")
    ]

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self.lines = lines

    def compose(self) -> ComposeResult:
        """Yield the picture."""
        page = Static("\n".join(self.lines), id="schedule")
        page.border_title = "Your week: when nudges are welcome"
        page.border_subtitle = "esc closes"
        yield page


def week_lines(
    settings: ScheduleSettings, first: dt.date, zone: ZoneInfo, signs: Signs
) -> list[str]:
    """Return a head, a row a day, and a legend; raise ScheduleError for hours that mean nothing."""
    schedule = Schedule(settings, zone)
    words = {"open": signs.full, "quiet": signs.waiting, "closed": signs.dot}
    lines = ["       " + "".join(f"{hour:02}  " for hour in range(0, 24, 2))]
    for offset in range(DAYS):
        date = first + dt.timedelta(days=offset)
        row = "".join(words[_kind(schedule, date, i, zone)] for i in range(24 * 60 // CELL_MIN))
        lines.append(f"{date:%a %d} {row}")
    legend = (("open", "welcome"), ("quiet", "quiet hours"), ("closed", "outside your hours"))
    lines += ["", "   ".join(f"{words[kind]} {meaning}" for kind, meaning in legend)]
    lines.append("Measuring goes on at all hours. Holidays need the service and are not shown.")
    return lines


def _kind(schedule: Schedule, date: dt.date, cell: int, zone: ZoneInfo) -> str:
    minutes = cell * CELL_MIN
    moment = dt.datetime.combine(date, dt.time(minutes // 60, minutes % 60), zone)
    now_s = moment.timestamp()
    if not schedule.is_open(now_s):
        return "closed"
    return "quiet" if schedule.is_quiet(now_s) else "open"
