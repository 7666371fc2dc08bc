"""The lists of the drills screen: today's plan, and what may be chosen; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from textual.content import Content
from textual.widgets.option_list import Option

from monitor.drills.catalogue import Drill
from monitor.drills.plan import DayPlan
from tui.doses import dose_words
from tui.drill_names import drill_name
from tui.games import GAMES

EVERYWHERE: Final = "everywhere"
PLACES: Final = (EVERYWHERE, "office clothes", "stand", "wall", "chair", "floor", "walk")
ROLES: Final = {"item": "today", "warm_up": "to warm up", "partner": "its partner"}


def plan_figures(plan: DayPlan, done: set[str], days: int) -> tuple[tuple[str, str], ...]:
    """Return today's steps with what was done of them, and the days of practice."""
    steps = [
        (step.drill.name, "done" if step.drill.id in done else ROLES[step.role])
        for step in plan.steps
    ]
    if plan.body.crept:
        steps.append(("right after long sitting", "nothing with load"))
    return (*steps, ("days practised", f"{days} of 28"))


def options(drills: Iterable[Drill], planned: Collection[str], place: str) -> list[Option]:
    """Return the drills of a place, everywhere after the games; the planned ones are marked."""
    games = list(GAMES) if place == EVERYWHERE else []
    fitting = [drill for drill in drills if _at(drill, place)]
    return [*map(_game, games), *(_option(drill, drill.id in planned) for drill in fitting)]


def _option(drill: Drill, planned: bool) -> Option:
    mark = "> " if planned else "  "
    words = Content.assemble(mark + drill.name, (f"  {dose_words(drill.dose)}", "$quiet"))
    return Option(words, id=drill.id)


def _game(key: str) -> Option:
    words = Content.assemble(f"  {drill_name(key)}", (f"  {GAMES[key].brief}", "$quiet"))
    return Option(words, id=key)


def _at(drill: Drill, place: str) -> bool:
    if place == "office clothes":
        return drill.clothes == "yes"
    return place in (EVERYWHERE, drill.place)
