"""Drills by the name that a person knows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from monitor.drills.catalogue import load_catalogue

GAMES: Final = {"repositioning": "Find neutral", "tracking": "Follow the line"}


def drill_name(drill_id: str) -> str:
    """Return the name of a shipped drill or game; of another the id in words."""
    return _names().get(drill_id, drill_id.replace("_", " "))


@cache
def _names() -> Mapping[str, str]:
    return GAMES | {drill.id: drill.name for drill in load_catalogue()}
