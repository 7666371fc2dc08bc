"""How much and how far: doses that rise slowly, phases that unlock, pain that steps back.

The numbers are this product's defaults (drills.md, rules 1 to 3 and 8); the sources name at most
5 to 10 % a week.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from monitor.drills.catalogue import Dose, Drill, Phase
from monitor.drills.journal import Practice

PHASES: Final[tuple[Phase, ...]] = (
    "reconnect",
    "isometric",
    "range",
    "compression",
    "functional",
)
UNLOCK_SESSIONS: Final = 6
UNLOCK_DAYS: Final = 4
WEEK: Final = timedelta(days=7)
RISE: Final = 1.10  # a week
SESSIONS_TO_RISE: Final = 2  # in a week; fewer is a missed week, and holds
MAINTENANCE_DAYS: Final = 28  # so long after the last phase unlocked, keeping is enough


def unlocked_phases(catalogue: Iterable[Drill], journal: Sequence[Practice]) -> frozenset[Phase]:
    """Return the phases that are open: each opens the next after enough sessions without pain.

    "recovery" is always open. Sharp pain in a phase starts its count again.
    """
    phase_of = {drill.id: drill.phase for drill in catalogue}
    phases: set[Phase] = {"recovery", PHASES[0]}
    for phase, following in itertools.pairwise(PHASES):
        if not _mastered([entry for entry in journal if phase_of.get(entry.drill) == phase]):
            break
        phases.add(following)
    return frozenset(phases)


def in_maintenance(catalogue: Iterable[Drill], journal: Sequence[Practice], today: date) -> bool:
    """Return whether everything had been open four weeks ago already and still is."""
    before = [entry for entry in journal if entry.day <= today - timedelta(MAINTENANCE_DAYS)]
    drills = tuple(catalogue)
    return all(PHASES[-1] in unlocked_phases(drills, part) for part in (before, journal))


def level(drill: Drill, journal: Iterable[Practice], today: date) -> int:
    """Return how often the dose has risen: once for each good week, one back for sharp pain.

    Weeks count from the first practice. A week is good with two sessions that were fine or mild
    effort, and not mostly quicker than the tempo. Soreness or fewer sessions hold; each day of
    sharp pain goes one step back, and no week with one rises: the next can only a week later. Doses
    of nerve drills never rise.
    """
    done = (entry for entry in journal if entry.drill == drill.id and entry.day <= today)
    entries = sorted(done, key=lambda entry: entry.day)
    if not entries or "nerve" in drill.categories:
        return 0
    reached = 0
    start = entries[0].day
    while start <= today:
        week = [entry for entry in entries if start <= entry.day < start + WEEK]
        ended = start + WEEK <= today
        start += WEEK
        sharp_days = {entry.day for entry in week if entry.rating == "sharp"}
        if sharp_days:
            reached = max(reached - len(sharp_days), 0)
        elif ended and _good(week):
            reached += 1
    return reached


def dose_at(drill: Drill, steps: int) -> Dose:
    """Return the dose after `steps` rises of 10 % or one repetition, within its limits."""
    dose = drill.dose
    for _ in range(steps):
        dose = msgspec.structs.replace(
            dose,
            reps=_risen_reps(dose.reps, drill.dose.reps_max),
            hold_s=_risen_s(dose.hold_s, drill.dose.hold_max_s),
            seconds=_risen_s(dose.seconds, drill.dose.seconds_max),
        )
    return dose


def eased(drills: Sequence[Drill], past: Sequence[Practice]) -> dict[str, Practice]:
    """Return, by the id of its easier drill, the newest practice of each drill that ended in pain.

    The easier one stands in until it has been done without pain; a drill without one comes again
    itself, a step down.
    """
    ids = {drill.id for drill in drills}
    newest = {entry.drill: entry for entry in sorted(past, key=lambda entry: entry.day)}
    hurt = {
        drill.easier: newest[drill.id]
        for drill in drills
        if drill.easier in ids and drill.id in newest and newest[drill.id].rating == "sharp"
    }
    return {easier: entry for easier, entry in hurt.items() if not _stood_in(easier, entry, past)}


def _mastered(entries: Sequence[Practice]) -> bool:
    sharp = max((entry.day for entry in entries if entry.rating == "sharp"), default=date.min)
    since = [entry for entry in entries if entry.day > sharp and not entry.fast]
    return len(since) >= UNLOCK_SESSIONS and len({entry.day for entry in since}) >= UNLOCK_DAYS


def _good(week: Sequence[Practice]) -> bool:
    felt_well = all(entry.rating in ("fine", "mild") for entry in week)
    return sum(not entry.fast for entry in week) >= SESSIONS_TO_RISE and felt_well


def _risen_reps(reps: int, most: int) -> int:
    if reps >= most:
        return reps
    return min(max(reps + 1, math.floor(reps * RISE)), most)


def _risen_s(seconds: float, most: float) -> float:
    if seconds >= most:
        return seconds
    return min(math.floor(seconds * RISE * 2) / 2, most)


def _stood_in(easier: str, hurt: Practice, past: Iterable[Practice]) -> bool:
    since = (entry for entry in past if entry.drill == easier and entry.day > hurt.day)
    return any(entry.rating in ("fine", "mild") for entry in since)
