"""Twenty-eight simulated days of history, made in a moment: minutes, bouts, breaks and drills.

They are drawn from the same random days as the simulated wearer's, but never become samples: what
a history shows of past weeks is minutes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from ingest.records import Bout, Event, PostureState, event_id
from ingest.store.base import Entry
from ingest.store.minutes import MINUTE_S, STATES, Minute
from ingest.store.sqlite import SqliteStore
from monitor.drills.catalogue import load_catalogue
from monitor.drills.proposal import break_drills
from sensor.virtual.day_catalogue import random_day
from sensor.virtual.day_script import Activity, state_of
from tui.wiring.demo_drills import practised
from tui.wiring.demo_prompts import prompts
from tui.wiring.services import Household

PAST_DAYS: Final = 28
PAST_ORIGIN: Final = "demo-past"
RULE: Final = "simulated"
WORKDAY_H: Final = (7.2, 9.4)  # shortest and longest simulated working day
WEEKEND_H: Final = (2.0, 5.0)
WEEKEND_WORN: Final = 0.35  # the strap mostly rests when the wearer does
UNKNOWN_SHARE: Final = 0.05
BREAK_UP_S: Final = 60.0
MEAN_DEG: Final = {"sitting": -17.0, "standing": 1.0, "moving": 2.0, "lying": -82.0}
SPREAD_DEG: Final = {"sitting": 7.0, "standing": 3.0, "moving": 2.0, "lying": 6.0}


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of one state with its mean inclination."""

    state: PostureState
    from_s: int
    to_s: int
    sagittal_deg: float | None


def make_past(home: Household, *, before_s: float, until_s: float, seed: int) -> None:
    """Fill the 28 days before the day of `before_s`, and that day's morning until `until_s`."""
    rng = np.random.default_rng([seed, PAST_DAYS])
    today = dt.datetime.fromtimestamp(before_s, home.timezone).date()
    minutes: list[Minute] = []
    entries: list[Entry] = []
    drills = break_drills(load_catalogue(), home.config.own_drills)
    for back in range(PAST_DAYS, -1, -1):
        date = today - dt.timedelta(days=back)
        spells = list(_spells(home, date, rng))
        if back == 0:
            spells = [spell for spell in spells if spell.to_s <= until_s - MINUTE_S]
        minutes += _minutes(home.wearer, spells, rng)
        bouts = _bouts(spells)
        done = practised(bouts, drills, seed=seed)
        entries += _entries(home, bouts, [*prompts(bouts, home.config.nudges), *done], len(entries))
    store = home.open_store()
    with closing(store):
        if not isinstance(store, SqliteStore):
            raise TypeError("the demo keeps its history in SQLite")
        store.load_minutes(minutes)
        store.write(entries)


def _spells(home: Household, date: dt.date, rng: np.random.Generator) -> Iterator[Spell]:
    """Yield what a simulated wearer did on one date; nothing on a day without the strap."""
    weekend = date.weekday() >= 5
    if weekend and rng.random() > WEEKEND_WORN:
        return
    hours = float(rng.uniform(*(WEEKEND_H if weekend else WORKDAY_H)))
    begin = dt.datetime.combine(date, dt.time(8, int(rng.integers(0, 45))), home.timezone)
    at_s = int(begin.timestamp())
    neutral = float(rng.normal(0.0, 2.0))
    for step in random_day(hours, seed=int(rng.integers(2**31))):
        state = state_of(Activity(step.activity))
        end_s = at_s + round(step.duration_s)
        if state != "no_data" and end_s > at_s:
            mean, spread = MEAN_DEG.get(state), SPREAD_DEG.get(state, 0.0)
            angle = None if mean is None else mean + neutral + float(rng.normal(0.0, spread))
            yield Spell(PostureState(state), at_s, end_s, angle)
        at_s = end_s


def _minutes(wearer: str, spells: list[Spell], rng: np.random.Generator) -> Iterator[Minute]:
    if not spells:
        return
    first_s, last_s = spells[0].from_s // MINUTE_S * MINUTE_S, spells[-1].to_s
    total = (last_s - first_s + MINUTE_S - 1) // MINUTE_S * MINUTE_S
    codes = np.full(total, -1)
    angles = np.full(total, np.nan)
    for spell in spells:
        span = slice(spell.from_s - first_s, spell.to_s - first_s)
        codes[span] = STATES.index(spell.state)
        angles[span] = np.nan if spell.sagittal_deg is None else spell.sagittal_deg
    unknown = rng.random(total // MINUTE_S) < UNKNOWN_SHARE
    by_minute = codes.reshape(-1, MINUTE_S)
    by_minute[unknown[:, None] & (by_minute >= 0)] = STATES.index("unknown")
    for index, (row, angle) in enumerate(zip(by_minute, angles.reshape(-1, MINUTE_S), strict=True)):
        counts = np.bincount(row[row >= 0], minlength=len(STATES))
        known = ~np.isnan(angle)
        yield Minute(
            wearer=wearer,
            t_s=first_s + index * MINUTE_S,
            **dict(zip(STATES, counts.tolist(), strict=True)),
            sagittal_sum_deg=float(angle[known].sum()),
            sagittal_n=int(known.sum()),
        )


def _entries(
    home: Household, bouts: list[Bout], others: list[Event], first: int
) -> Iterator[Entry]:
    """Yield a day's bouts, and as events its breaks and the others, numbered from `first`."""
    for bout in bouts:
        yield Entry(home.wearer, bout)
    for number, event in enumerate([*_breaks(bouts), *others], start=first):
        yield Entry(home.wearer, event, event_id(PAST_ORIGIN, "0", number))


def _breaks(bouts: list[Bout]) -> Iterator[Event]:
    """Yield a break for each time that the wearer got up from sitting for a minute or more."""
    for before, after in pairwise(bouts):
        up_s = (after.end_ms - after.start_ms) / 1000
        upright = after.state in (PostureState.STANDING, PostureState.MOVING)
        if before.state is PostureState.SITTING and upright and up_s >= BREAK_UP_S:
            yield _break(before, after)


def _bouts(spells: list[Spell]) -> list[Bout]:
    bouts: list[Bout] = []
    for spell in spells:
        start_ms, end_ms = spell.from_s * 1000, spell.to_s * 1000
        if bouts and bouts[-1].state is spell.state and bouts[-1].end_ms == start_ms:
            start_ms = bouts.pop().start_ms
        bouts.append(
            Bout(
                start_ms=start_ms,
                end_ms=end_ms,
                session=start_ms,
                state=spell.state,
                mean_sagittal_deg=spell.sagittal_deg,
                rule=RULE,
            )
        )
    return bouts


def _break(before: Bout, after: Bout) -> Event:
    up_s = (after.end_ms - after.start_ms) / 1000
    return Event(
        kind="break",
        t_ms=after.end_ms,
        data={
            "start_s": after.start_ms / 1000,
            "end_s": after.end_ms / 1000,
            "up_s": up_s,
            "share": min(1.0, up_s / 300),
            "before_s": (before.end_ms - before.start_ms) / 1000,
        },
    )
