"""Plans: one to three drills a day, and the one drill of a break.

A week is planned day by day from the journal, so that the week as a whole covers the trunk all
round and the three pillars, as far as they are unlocked, and no day breaks a rule. The rules are
those of drills.md; each has a test under its own name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

import msgspec

from monitor.drills.catalogue import Dose, Drill
from monitor.drills.journal import Practice
from monitor.drills.progress import (
    PHASES,
    dose_at,
    eased,
    in_maintenance,
    level,
    unlocked_phases,
)
from monitor.drills.traits import is_activation, is_compression, is_load
from monitor.settings import UPRIGHT, DrillSettings

Role = Literal["warm_up", "item", "partner"]
CONFIDENCE: Final = ("pelvic_tilt_standing", "wall_hip_hinge", "bird_dog")  # rule 28: come first
REGIONS: Final = ("front", "sides", "back")
PILLARS: Final = ("strength", "flexibility", "neuromuscular")
WALK: Final = "walk"
WARM_UPS: Final = (WALK, "cat_cow")
WARM_UP_WALK_S: Final = 300.0  # the sources ask for 5 to 10 min


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a day.

    Attributes:
        drill: what to do.
        dose: how much today.
        role: an item of the plan, or a warm-up or paired partner that comes on top.
    """

    drill: Drill
    dose: Dose
    role: Role = "item"


@dataclass(frozen=True, slots=True)
class Body:
    """What the strap knows of the last minutes, for a session that starts now.

    Attributes:
        warm: whether the last ten minutes held five on the feet.
        crept: whether a long slumped bout has just ended.
    """

    warm: bool = False
    crept: bool = False


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The plan of one local day, in order; `body` is what a session of now was planned for."""

    day: date
    steps: tuple[Step, ...]
    body: Body = Body()

    @property
    def items(self) -> tuple[Step, ...]:
        """Return the steps that count: no warm-up, no paired partner."""
        return tuple(step for step in self.steps if step.role == "item")


@dataclass(slots=True)
class _Week:
    """What the days planned so far have covered."""

    regions: set[str] = field(default_factory=set)
    pillars: set[str] = field(default_factory=set)
    used: dict[str, date] = field(default_factory=dict)

    def take(self, drill: Drill, day: date) -> None:
        self.regions.add(drill.region)
        self.pillars.update(drill.pillars)
        self.used[drill.id] = day


def gated(drill: Drill, body: Body) -> bool:
    """Return whether the creep-aware gate keeps a drill back: load or end range after slumping."""
    return body.crept and (is_load(drill) or drill.end_range)


def fitting(catalogue: Iterable[Drill], settings: DrillSettings) -> tuple[Drill, ...]:
    """Return the drills that fit the wearer's profile, places and equipment."""
    return tuple(drill for drill in catalogue if _fits(drill, settings))


def suits(drill: Drill, settings: DrillSettings) -> bool:
    """Return whether a drill is for the wearer's profile; an advanced one also after consent.

    A standing one is only for who has a place to stand.
    """
    if drill.stands_up and UPRIGHT.isdisjoint(settings.places):
        return False
    if drill.advanced and not (settings.profile == "advanced" and settings.allow_advanced):
        return False
    return settings.profile in drill.audience


def week_plan(
    catalogue: Sequence[Drill],
    settings: DrillSettings,
    journal: Sequence[Practice],
    first_day: date,
    *,
    body: Body | None = None,
) -> tuple[DayPlan, ...]:
    """Return the plans of seven days; `body` is about a session of the first day."""
    return _planned(catalogue, settings, journal, first_day, 7, body=body or Body(), week=_Week())


def daily_plan(
    catalogue: Sequence[Drill],
    settings: DrillSettings,
    journal: Sequence[Practice],
    today: date,
    *,
    body: Body | None = None,
) -> DayPlan:
    """Return today's plan, which completes what the six days before it have covered."""
    known = {drill.id: drill for drill in catalogue}
    week = _Week()
    for entry in journal:
        if entry.drill in known and today - timedelta(days=6) <= entry.day < today:
            week.take(known[entry.drill], entry.day)
    return _planned(catalogue, settings, journal, today, 1, body=body or Body(), week=week)[0]


def _planned(
    catalogue: Sequence[Drill],
    settings: DrillSettings,
    journal: Sequence[Practice],
    first_day: date,
    days: int,
    *,
    body: Body,
    week: _Week,
) -> tuple[DayPlan, ...]:
    past = [entry for entry in journal if entry.day < first_day]
    phases = unlocked_phases(catalogue, past)
    drills = fitting(catalogue, settings)
    planner = _Planner(catalogue, drills, phases=phases, past=past, first_day=first_day, week=week)
    dates = [first_day + timedelta(days=i) for i in range(days)]
    return tuple(planner.day(day, body if day == first_day else Body()) for day in dates)


class _Planner:
    """Plans day after day; remembers what the week has covered."""

    def __init__(
        self,
        catalogue: Sequence[Drill],
        drills: Sequence[Drill],
        *,
        phases: Set[str],
        past: Sequence[Practice],
        first_day: date,
        week: _Week,
    ) -> None:
        self._drills = drills
        self._spare = [drill for drill in drills if drill.phase in phases]
        self._pool = [d for d in drills if d.phase in phases - {"recovery"} and d.id != WALK]
        self._past = past
        self._first_day = first_day
        self._week = week
        self._count = 1 if in_maintenance(catalogue, past, first_day) else 2
        self._eased = eased(self._pool, past)
        strength = {drill.id for drill in catalogue if "strength" in drill.categories}
        self._strength_day = max((e.day for e in past if e.drill in strength), default=None)
        for entry in past:
            self._week.used[entry.drill] = entry.day

    def day(self, day: date, body: Body) -> DayPlan:
        """Plan one day and remember it."""
        items = self._items(day, body)
        for drill in items:
            self._week.take(drill, day)
            if "strength" in drill.categories:
                self._strength_day = day
        return DayPlan(day, self._steps(items, body), body)

    def _items(self, day: date, body: Body) -> list[Drill]:
        usable = [drill for drill in self._pool if self._may(drill, day, body)]
        # Where place or equipment leave nothing for today, an easy walk or a stretch is the plan.
        usable = usable or [drill for drill in self._spare if not is_load(drill)]
        chosen = self._best([d for d in usable if d.region == "back"] or usable, day, [])
        for _ in range(self._count - 1):
            chosen += self._best(usable, day, chosen)
        if any(map(is_load, chosen)) and not any(map(is_activation, chosen)):
            chosen = self._best(list(filter(is_activation, usable)), day, chosen) + chosen
        return sorted(chosen, key=_order)

    def _may(self, drill: Drill, day: date, body: Body) -> bool:
        rested = self._strength_day is None or day - self._strength_day > timedelta(days=1)
        if "strength" in drill.categories and not rested:
            return False
        if is_load(drill) and not (any(map(is_activation, self._pool)) and self._warmed(body)):
            return False
        if any(drill.id == hurt.drill for hurt in self._eased.values()):
            return False
        if is_compression(drill) and self._partner(drill) is None:
            return False
        return not gated(drill, body)

    def _best(self, drills: Sequence[Drill], day: date, taken: Sequence[Drill]) -> list[Drill]:
        """Return the drill of highest rank in a list, or an empty list."""
        free = [drill for drill in drills if drill not in taken]
        return [max(free, key=lambda drill: self._rank(drill, day, taken))] if free else []

    def _rank(
        self, drill: Drill, day: date, taken: Sequence[Drill]
    ) -> tuple[bool, float, float, str]:
        regions = self._week.regions | {other.region for other in taken}
        pillars = self._week.pillars.union(*(other.pillars for other in taken))
        gains = 2.0 * (drill.region in REGIONS and drill.region not in regions)
        gains += sum(pillar not in pillars for pillar in drill.pillars)
        last = self._week.used.get(drill.id)
        rest_days = 30.0 if last is None else float(min((day - last).days, 30))
        liking = rest_days + 2 * (drill.phase in PHASES) * PHASES.index(_phase(drill))
        liking += 3 * drill.dynamic
        return self._comes_first(drill), gains, liking, drill.id

    def _comes_first(self, drill: Drill) -> bool:
        """Return whether a drill builds confidence on the first day, or eases one that hurt."""
        if not self._week.used:
            return drill.id in CONFIDENCE
        hurt = self._eased.get(drill.id)
        return hurt is not None and self._week.used.get(drill.id, date.min) <= hurt.day

    def _steps(self, items: Sequence[Drill], body: Body) -> tuple[Step, ...]:
        steps: list[Step] = []
        if any(map(is_load, items)) and not body.warm:
            steps += [self._step(drill, "warm_up") for drill in self._warm_ups()[:1]]
        for drill in items:
            steps.append(self._step(drill, "item"))
            partner = self._partner(drill) if is_compression(drill) else None
            if partner is not None:
                steps.append(self._step(partner, "partner"))
        return tuple(steps)

    def _step(self, drill: Drill, role: Role) -> Step:
        # Within a planned week nothing rises: the dose is that of the week's first day.
        steps = level(drill, self._past, self._first_day) if role == "item" else 0
        dose = dose_at(drill, steps)
        if role == "warm_up" and drill.id == WALK:
            dose = msgspec.structs.replace(dose, seconds=max(dose.seconds, WARM_UP_WALK_S))
        return Step(drill, dose, role)

    def _warmed(self, body: Body) -> bool:
        return body.warm or bool(self._warm_ups())

    def _warm_ups(self) -> list[Drill]:
        known = {drill.id: drill for drill in self._drills}
        return [known[drill_id] for drill_id in WARM_UPS if drill_id in known]

    def _partner(self, drill: Drill) -> Drill | None:
        """Return the decompression drill that follows a compression drill."""
        partners = (d for d in self._drills if "decompression" in d.categories)
        return next(
            (d for d in partners if "compression" not in d.categories and d is not drill), None
        )


def _fits(drill: Drill, settings: DrillSettings) -> bool:
    return (
        suits(drill, settings)
        and drill.place in settings.places
        and set(drill.equipment) <= set(settings.equipment)
        and drill.id not in settings.disabled
    )


def _phase(drill: Drill) -> str:
    return drill.phase if drill.phase in PHASES else PHASES[0]


def _order(drill: Drill) -> tuple[int, str]:
    """Order a session: activation, then load, then what is left, static stretches last."""
    if is_activation(drill):
        return 0, drill.id
    if is_load(drill):
        return 1, drill.id
    return (3 if "flexibility" in drill.categories and not drill.dynamic else 2), drill.id
