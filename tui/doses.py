"""Doses of drills: as far as the wearer has come, and in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from monitor.drills.catalogue import Dose, Drill
from monitor.drills.journal import Practice
from monitor.drills.progress import dose_at, level


def at_level(drill: Drill, journal: Iterable[Practice], today: date) -> Drill:
    """Return the drill with its dose risen as far as the journal allows."""
    return with_dose(drill, dose_at(drill, level(drill, journal, today)))


def with_dose(drill: Drill, dose: Dose) -> Drill:
    """Return the drill at another dose."""
    return msgspec.structs.replace(drill, dose=dose)


def dose_words(dose: Dose, *, whose: bool = False) -> str:
    """Return the dose in words: `10 times, slowly`, `3 holds of 10 s, each side`.

    With `whose` it also says when the dose is this product's.
    """
    if dose.hold_s:
        many = f"{dose.reps} holds" if dose.reps > 1 else "one hold"
        words = f"{many} of {dose.hold_s:g} s"
    elif dose.reps:
        words = f"{dose.reps} times, slowly"
    else:
        words = f"{dose.seconds:g} s" if dose.seconds < 120 else f"{dose.seconds / 60:g} min"
    words += ", each side" if dose.sides > 1 else ""
    words += f", {dose.sets} sets" if dose.sets > 1 else ""
    return words + (" (our dose)" if dose.ours and whose else "")
