"""Large figures, three cells high, for the two numbers that are read from across the room."""

from __future__ import annotations

from typing import Final

from tui.signs import Signs

_FONT: Final[dict[str, tuple[str, str, str]]] = {
    "0": ("╭─╮", "│ │", "╰─╯"),
    "1": ("╶╮ ", " │ ", "╶┴╴"),
    "2": ("╶─╮", "╭─╯", "╰─╴"),
    "3": ("╶─╮", "╶─┤", "╶─╯"),
    "4": ("╷ ╷", "╰─┤", "  ╵"),
    "5": ("╭─╴", "╰─╮", "╶─╯"),
    "6": ("╭─╴", "├─╮", "╰─╯"),
    "7": ("╶─╮", "  │", "  ╵"),
    "8": ("╭─╮", "├─┤", "╰─╯"),
    "9": ("╭─╮", "╰─┤", "╶─╯"),
    ":": (" ", ":", " "),
    "°": ("╭╮", "╰╯", "  "),
    "\N{MINUS SIGN}": ("  ", "╶╴", "  "),
    "-": ("  ", "╶╴", "  "),
    "+": ("  ", "╶╴", "  "),
    "—": ("   ", "╶─╴", "   "),
    " ": (" ", " ", " "),
}


def large(text: str, signs: Signs) -> tuple[str, ...]:
    """Return the rows of `text` in large figures; ASCII has one plain row."""
    if signs.ascii or any(letter not in _FONT for letter in text):
        return (signs.plain(text),)
    return tuple("".join(_FONT[letter][row] for letter in text) for row in range(3))
