"""A notice on a desktop, whatever desktop that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class NoDesktopError(Exception):
    """There is no desktop here that shows notices."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says.

    Attributes:
        text: one line.
        buttons: (what pressing it means, label).
        quiet: whether it may be shown without attracting attention.
        lifetime_s: seconds until it goes by itself.
    """

    text: str
    buttons: Sequence[tuple[str, str]]
    quiet: bool
    lifetime_s: float
