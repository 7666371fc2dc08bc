"""The wearer's own drills: catalogue, journal and plan."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from ingest.errors import StoreError
from monitor.drills.catalogue import Drill, load_catalogue
from monitor.drills.journal import LOOK_BACK_DAYS, Practice, journal_of
from monitor.drills.plan import Body, DayPlan, daily_plan, suits, week_plan
from monitor.drills.readiness import ready
from tui.config import load
from tui.doses import at_level
from tui.wiring.live import own_household
from tui.wiring.services import Household


def own_catalogue(config: Path | None) -> tuple[Drill, ...]:
    """Return the shipped drills and the wearer's packs, without the disabled ones."""
    settings = load(config).config.own_drills
    return load_catalogue(map(Path, settings.packs), disabled=settings.disabled)


def for_profile(config: Path | None, drills: Iterable[Drill]) -> tuple[Drill, ...]:
    """Return the drills for the wearer's profile (`drills.profile`)."""
    settings = load(config).config.own_drills
    return tuple(drill for drill in drills if suits(drill, settings))


def dosed(config: Path | None, drill: Drill) -> Drill:
    """Return a drill at the dose that the wearer's journal has reached."""
    home = own_household(config)
    today = dt.datetime.now(home.timezone).date()
    return at_level(drill, _journal(home, today), today)


def own_plan(config: Path | None, *, days: int) -> tuple[DayPlan, ...]:
    """Return the plan of today, or of seven days."""
    home = own_household(config)
    catalogue, settings = own_catalogue(config), home.config.own_drills
    today = dt.datetime.now(home.timezone).date()
    journal, body = _journal(home, today), _body(home)
    if days == 1:
        return (daily_plan(catalogue, settings, journal, today, body=body),)
    return week_plan(catalogue, settings, journal, today, body=body)


def _body(home: Household) -> Body:
    """Return what the last hour says of the body; nothing where there is no history yet."""
    if not home.recorded:
        return Body()
    try:
        with closing(home.open_history()) as history:
            return ready(history, int(time.time()))
    except StoreError:
        return Body()


def _journal(home: Household, today: dt.date) -> tuple[Practice, ...]:
    """Return what was practised; nothing where there is no history yet."""
    if not home.recorded:
        return ()
    until = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), home.timezone)
    since = until - dt.timedelta(days=LOOK_BACK_DAYS)
    try:
        with closing(home.open_history()) as history:
            kinds = ("drill", "check_in")
            events = history.events(int(since.timestamp()), int(until.timestamp()), kinds)
    except StoreError:
        return ()
    return journal_of((stored.event for stored in events), home.timezone)
