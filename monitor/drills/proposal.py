"""The one drill of a break: one that stands up wherever one can, dynamic ones first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from monitor.drills.catalogue import Drill, load_catalogue
from monitor.drills.plan import Body, fitting, gated
from monitor.errors import DrillPackError
from monitor.nudge import Topic
from monitor.settings import UPRIGHT, DrillSettings

logger = logging.getLogger(__name__)

FIRST: Final = ("walk", "pelvic_tilt_standing", "hip_hinge", "pelvic_tilt_wall", "wall_hip_hinge")
"""The first choices of a sitting break; everything else that stands up follows."""


def break_drills(
    catalogue: Sequence[Drill], settings: DrillSettings, *, body: Body | None = None
) -> tuple[Drill, ...]:
    """Return what may be proposed in a break, best first.

    All of it stands up, fits the wearer, and is allowed by office clothes where these are worn.
    Where none of the wearer's places is one to stand, it is what can be done on the chair.
    """
    body = body or Body()
    seated = UPRIGHT.isdisjoint(settings.places)
    usable = [
        drill
        for drill in fitting(catalogue, settings)
        if (drill.place == "chair" if seated else drill.stands_up)
        and (drill.clothes == "yes" or not settings.office_clothes)
        and not gated(drill, body)
    ]
    return tuple(sorted(usable, key=_rank))


def proposer(settings: DrillSettings) -> Callable[[Topic, int], str | None]:
    """Return what chooses the drill of a prompt: the first choices in turn over the day.

    Right after a long sitting bout nothing with load or end range is among them. A pack that cannot
    be read costs its own drills, not the nudges.
    """
    try:
        catalogue = load_catalogue(map(Path, settings.packs), disabled=settings.disabled)
    except DrillPackError as error:
        logger.warning("without your own drills: %s", error)
        catalogue = load_catalogue(disabled=settings.disabled)
    drills = break_drills(catalogue, settings, body=Body(crept=True))
    dynamic = [drill.id for drill in drills if drill.dynamic] or [drill.id for drill in drills]

    def propose(topic: Topic, number: int) -> str | None:
        if topic == "standing":
            return "walk" if "walk" in dynamic else None
        return dynamic[number % len(dynamic)] if dynamic else None

    return propose


def _rank(drill: Drill) -> tuple[bool, int, str]:
    place = FIRST.index(drill.id) if drill.id in FIRST else len(FIRST)
    return not drill.dynamic, place, drill.id
