"""The screen of every place."""

from __future__ import annotations

from typing import Final

from tui.screens.day import DayScreen
from tui.screens.drills import DrillsScreen
from tui.screens.live import LiveScreen
from tui.screens.plain import PlainLiveScreen
from tui.screens.settings import SettingsScreen
from tui.screens.strap import StrapScreen
from tui.screens.task import TaskScreen
from tui.screens.trends import TrendsScreen

_SCREENS: Final[dict[str, type[TaskScreen]]] = {
    "live": LiveScreen,
    "day": DayScreen,
    "trends": TrendsScreen,
    "drills": DrillsScreen,
    "strap": StrapScreen,
    "settings": SettingsScreen,
}


def screens(*, plain: bool) -> dict[str, type[TaskScreen]]:
    """Return the screen of each mode; plain, the live one speaks in sentences."""
    return {**_SCREENS, "live": PlainLiveScreen} if plain else dict(_SCREENS)
