"""The wearer's own drills: catalogue, journal and plan."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import Final

from ingest.errors import StoreError
from monitor.drills.catalogue import Drill, load_catalogue
from monitor.drills.journal import Practice, journal_of
from monitor.drills.plan import DayPlan, daily_plan, week_plan
from tui.config import load
from tui.doses import at_level
from tui.wiring.live import own_household
from tui.wiring.services import Household

JOURNAL_DAYS: Final = 56  # what levels and the phase ladder look back at


def own_catalogue(config: Path | None) -> tuple[Drill, ...]:
    """Return the shipped drills and the wearer's packs, without the disabled ones."""
    settings = load(config).config.drills
    packs = [Path(pack).expanduser() for pack in settings.packs]
    return load_catalogue(packs, disabled=settings.disabled)


def dosed(config: Path | None, drill: Drill) -> Drill:
    """Return a drill at the dose that the wearer's journal has reached."""
    home = own_household(config)
    today = dt.datetime.now(home.timezone).date()
    return at_level(drill, _journal(home, today), today)


def own_plan(config: Path | None, *, days: int) -> tuple[DayPlan, ...]:
    """Return the plan of today, or of seven days."""
    home = own_household(config)
    catalogue, settings = own_catalogue(config), home.config.drills
    today = dt.datetime.now(home.timezone).date()
    journal = _journal(home, today)
    if days == 1:
        return (daily_plan(catalogue, settings, journal, today),)
    return week_plan(catalogue, settings, journal, today)


def _journal(home: Household, today: dt.date) -> tuple[Practice, ...]:
    """Return what was practised; nothing where there is no history yet."""
    if not home.recorded:
        return ()
    until = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), home.timezone)
    since = until - dt.timedelta(days=JOURNAL_DAYS)
    try:
        with closing(home.open_history()) as history:
            kinds = ("drill", "check_in")
            events = history.events(int(since.timestamp()), int(until.timestamp()), kinds)
    except StoreError:
        return ()
    return journal_of((stored.event for stored in events), home.timezone)
