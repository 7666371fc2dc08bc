"""Every key of the dashboard, each with an id by which it can be given another key."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding

PLACES: Final = (
    ("1", "Live", "live"),
    ("2", "Day", "day"),
    ("3", "Trends", "trends"),
    ("4", "Drills", "drills"),
    ("5", "Strap", "strap"),
    ("6", "Settings", "settings"),
)
"""(key, name, mode) of every screen, in the order of the first line."""


def _places() -> list[Binding]:
    return [
        Binding(
            key, f"place('{mode}')", name, show=False, id=f"screen.{mode}", tooltip=f"Go to {name}"
        )
        for key, name, mode in PLACES
    ]


DRILL_ANSWER: Final = Binding(
    "d",
    "screen.do_drill",
    "do the drill",
    show=False,
    id="nudge.drill",
    tooltip="Start the drill that the nudge proposes",
)
NUDGE_ANSWERS: Final = (
    DRILL_ANSWER,
    Binding(
        "z",
        "answer('snooze', 5)",
        "5 min",
        show=False,
        id="nudge.snooze_5",
        tooltip="Put the nudge off for 5 minutes",
    ),
    Binding(
        "x",
        "answer('snooze', 10)",
        "10 min",
        show=False,
        id="nudge.snooze_10",
        tooltip="Put the nudge off for 10 minutes",
    ),
    Binding(
        "c",
        "answer('snooze', 15)",
        "15 min",
        show=False,
        id="nudge.snooze_15",
        tooltip="Put the nudge off for 15 minutes",
    ),
    Binding(
        "i",
        "answer('in_call', 30)",
        "in a call",
        show=False,
        id="nudge.in_call",
        tooltip="In a call: no nudge for up to 30 minutes, then at most one",
    ),
    Binding("k", "answer('skip')", "skip", show=False, id="nudge.skip", tooltip="Skip this nudge"),
)
"""One key each; they act only while a nudge is shown."""

GLOBAL: Final = [
    *_places(),
    *NUDGE_ANSWERS,
    Binding(
        "question_mark",
        "help",
        "Help",
        key_display="?",
        id="app.help",
        tooltip="Keys, words and limits",
    ),
    Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave the screen; measuring goes on"),
    Binding(
        "y",
        "why",
        "Why",
        show=False,
        id="nudge.why",
        tooltip="Why the newest hint or nudge was given",
    ),
    Binding(
        "p",
        "pause",
        "Pause 30 min",
        id="nudges.pause",
        tooltip="Pause nudges for 30 minutes, or resume",
    ),
    Binding(
        "m",
        "mark",
        "Hurts now",
        id="mark.hurts",
        tooltip="Mark that it hurts now; the last 10 minutes are remembered with it",
    ),
]
