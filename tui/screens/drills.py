"""Drills: the catalogue and the player."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from tui.screens.task import TaskScreen


class DrillsScreen(TaskScreen):
    """What may be practised."""

    def body(self) -> Iterable[Widget]:
        """Yield the list."""
        yield Static("No drills are installed.", id="drills-empty")
