"""A drill at the dose the wearer has reached."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from monitor.drills.catalogue import Drill
from monitor.drills.journal import Practice
from monitor.drills.progress import dose_at, level


def at_level(drill: Drill, journal: Iterable[Practice], today: date) -> Drill:
    """Return the drill with its dose risen as far as the journal allows."""
    return msgspec.structs.replace(drill, dose=dose_at(drill, level(drill, journal, today)))
