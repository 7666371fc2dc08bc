"""Named figures of a run, as lines for a person; the JSON of the same command keeps them exact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tui import phrases

WIDTH: Final = 24
SHARES: Final = frozenset({"coverage", "agreement"})
SECONDS_BY: Final = "seconds_by_"


def figure_lines(figures: Mapping[str, Any]) -> list[str]:
    """Return a line per figure: lengths of time and shares in words, states only where any was."""
    return [f"{_name(key):{WIDTH}} {_value(key, value)}" for key, value in figures.items()]


def _name(key: str) -> str:
    if SECONDS_BY in key:
        key = key.replace(SECONDS_BY, "time_by_")
    return key.removesuffix("_s").replace("_", " ")


def _value(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        spent = [f"{name} {phrases.duration(s)}" for name, s in value.items() if s]
        return ", ".join(spent).replace("_", " ") or phrases.duration(0)
    if key == "wall_s":
        return f"{value:.1f} s"
    if key.endswith("_s"):
        return phrases.duration(value)
    return phrases.percent(value) if key in SHARES else str(value)
