"""The two measured games in words: what they are, how they are scored, how it went; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from ingest.records import Event
from tui import phrases
from tui.readings import local

MOST_RESULTS: Final = 8

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Game:
    """What is said of one game.

    Attributes:
        id: as it is written into the journal.
        brief: a few words for the list.
        aim: what it trains.
        how: what to do, in lines short enough for 80 cells.
        scored: what the figures mean.
    """

    id: str
    brief: str
    aim: str
    how: str
    scored: str


@dataclass(frozen=True, slots=True)
class GameReading:
    """A game and its last results as (when, words), newest first."""

    game: Game
    results: tuple[tuple[str, str], ...] = ()


GAMES: Final = {
    game.id: game
    for game in (
        Game(
            "repositioning",
            "measured, eyes closed",
            "Know where neutral is without looking: five returns, about two minutes.",
            "Stand or sit, comfortable and neutral, and hold still: that is the target.\n"
            "Close your eyes, bend away a little, come back, hold still.\n"
            "A bell tells each return that was measured; five make a run.",
            "Scored in degrees: how far off on average, to which side on the whole, and how much "
            "the returns scatter. Smaller is closer; compare with yourself only.",
        ),
        Game(
            "tracking",
            "measured, one minute",
            "Steer your trunk slowly and precisely: follow a moving line for one minute.",
            "The line moves between upright and a small bend forward. Bend from the hips,\n"
            "slowly, and keep your own line on it. One minute makes a run.",
            "Scored as degrees off the line (root mean square) and seconds behind it. Smaller is "
            "closer; compare with yourself only.",
        ),
    )
}
"""By id, in the order of the list."""


def results_of(
    game_id: str, events: Iterable[Event], zone: ZoneInfo
) -> tuple[tuple[str, str], ...]:
    """Return the last measured runs among journal events in order of time, newest first."""
    words, needed = _RESULTS[game_id]
    runs = [
        (f"{local(event.t_ms / 1000, zone):%d %b %H:%M}", words(event.data))
        for event in events
        if event.data.get("drill") == game_id and all(key in event.data for key in needed)
    ]
    return tuple(reversed(runs[-MOST_RESULTS:]))


def _returns(data: Data) -> str:
    return (
        f"off by {data['absolute_deg']:.1f}°, {phrases.sagittal(data['constant_deg'])} on the "
        f"whole, scatter {data['variable_deg']:.1f}°"
    )


def _following(data: Data) -> str:
    return f"{data['rms_deg']:.1f}° off the line, {data['lag_s']:.1f} s behind it"


_RESULTS: Final[dict[str, tuple[Callable[[Data], str], tuple[str, ...]]]] = {
    "repositioning": (_returns, ("absolute_deg", "constant_deg", "variable_deg")),
    "tracking": (_following, ("rms_deg", "lag_s")),
}
