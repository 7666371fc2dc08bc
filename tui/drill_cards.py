"""Drills as text for the command line; pure."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.drills.catalogue import Drill
from monitor.drills.plan import DayPlan
from monitor.safety import red_flag_notice
from tui.doses import dose_words


def catalogue_lines(drills: Iterable[Drill]) -> list[str]:
    """Return one line per drill."""
    rows = sorted(drills, key=lambda drill: (drill.category, drill.id))
    width = max((len(drill.id) for drill in rows), default=0)
    return [f"{d.id:<{width}}  {d.name} ({d.category.replace('_', ' ')}, {d.place})" for d in rows]


def card_lines(drill: Drill, *, ascii_only: bool = False) -> list[str]:
    """Return everything about one drill."""
    return [
        drill.name,
        "",
        *(drill.figure_ascii if ascii_only else drill.figure).splitlines(),
        "",
        drill.aim,
        f"Dose: {dose_words(drill.dose)}",
        *(f"  {number}. {step}" for number, step in enumerate(drill.steps, start=1)),
        f"Easier: {drill.easier_how}",
        f"Take care: {drill.caution}",
        "",
        *red_flag_notice().splitlines(),
    ]


def plan_lines(plan: DayPlan) -> list[str]:
    """Return a day's plan."""
    if not plan.steps:
        return [f"{plan.day:%A, %d %B}: nothing planned"]
    width = max(len(step.drill.name) for step in plan.steps)
    roles = {"warm_up": "  (to warm up)", "partner": "  (to balance it)", "item": ""}
    gate = ["  Right after long sitting: nothing with load for now."] if plan.body.crept else []
    return [
        f"{plan.day:%A, %d %B}",
        *(
            f"  {step.drill.name:<{width}}  {dose_words(step.dose)}{roles[step.role]}"
            for step in plan.steps
        ),
        *gate,
    ]
