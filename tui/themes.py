"""Lumbar's own themes. A state has a colour of its own in each, and a shape everywhere."""

from __future__ import annotations

from typing import Final

from textual.color import Color
from textual.theme import Theme

from tui.contrast import legible

GROUNDS: Final = ("background", "surface", "bar", "band", "cursor")
WORDS: Final = (
    "foreground",
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "quiet",
    "footer-key-foreground",
    "footer-description-foreground",
)
CURSOR: Final = 0.12  # share of the foreground in the ground of the chosen row


def _states(
    sitting: str, standing: str, moving: str, lying: str, dim: str, *, band: str, bar: str
) -> dict[str, str]:
    return {
        "state-sitting": sitting,
        "state-standing": standing,
        "state-moving": moving,
        "state-lying": lying,
        "state-off_body": dim,
        "state-unknown": dim,
        "state-no_data": dim,
        "quiet": dim,
        "band": band,
        "bar": bar,
        "footer-key-foreground": sitting,
        "footer-description-foreground": dim,
    }


DARK: Final = Theme(
    name="lumbar-dark",
    primary="#7aa7d9",
    secondary="#93a4bd",
    accent="#e5b567",
    foreground="#d5dbe5",
    background="#11151b",
    surface="#161b23",
    panel="#2a3340",
    success="#85c79c",
    warning="#e5b567",
    error="#e58a83",
    dark=True,
    variables=_states(
        "#7aa7d9", "#e5b567", "#85c79c", "#b39ad8", "#7d8897", band="#1b2a25", bar="#2a2721"
    ),
)
LIGHT: Final = Theme(
    name="lumbar-light",
    primary="#2b639e",
    secondary="#56657a",
    accent="#9a6200",
    foreground="#232a33",
    background="#f8f6f1",
    surface="#f1eee7",
    panel="#d5d0c5",
    success="#1f7a45",
    warning="#9a6200",
    error="#b23a3a",
    dark=False,
    variables=_states(
        "#2b639e", "#9a6200", "#1f7a45", "#6d4fa3", "#6b7480", band="#dbe7d9", bar="#efe4cd"
    ),
)
CLEAR: Final = Theme(
    name="lumbar-clear",  # Okabe and Ito's palette: told apart with any kind of colour vision
    primary="#56b4e9",
    secondary="#a7b1bd",
    accent="#e69f00",
    foreground="#e8e8e8",
    background="#101010",
    surface="#171717",
    panel="#383838",
    success="#009e73",
    warning="#e69f00",
    error="#d55e00",
    dark=True,
    variables=_states(
        "#56b4e9", "#e69f00", "#1fc79a", "#cc79a7", "#949494", band="#12241e", bar="#2b2211"
    ),
)
TERMINAL: Final = Theme(
    name="terminal-16",
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_yellow",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    ansi=True,
    variables={
        **_states(
            "ansi_blue",
            "ansi_yellow",
            "ansi_green",
            "ansi_magenta",
            "ansi_bright_black",
            band="ansi_default",
            bar="ansi_default",
        ),
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "border": "ansi_bright_black",
        "border-blurred": "ansi_bright_black",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_white",
        "block-cursor-blurred-background": "ansi_bright_black",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_bright_blue",
        "input-selection-foreground": "ansi_black",
        "screen-selection-background": "ansi_bright_blue",
        "screen-selection-foreground": "ansi_black",
    },
)

OWN: Final = (DARK, LIGHT, CLEAR, TERMINAL)


def variables_of(theme: Theme) -> dict[str, str]:
    """Return the variables of a theme, every colour of words legible on every ground of ours.

    The built-in themes of Textual know nothing of states, and their colours are made for areas. The
    colours of an ANSI theme are the terminal's own and stay as they are.
    """
    own = dict((DARK if theme.dark else LIGHT).variables)
    found = own | theme.to_color_system().generate() | theme.variables
    if theme.ansi:
        return found | {"cursor": "ansi_default"}
    ground = Color.parse(found["background"])
    found["cursor"] = ground.blend(Color.parse(found["foreground"]), CURSOR).hex
    grounds = [Color.parse(found[name]) for name in GROUNDS]
    for name in words_of(found):
        found[name] = legible(Color.parse(found[name]), grounds, dark=theme.dark).hex
    return found


def words_of(variables: dict[str, str]) -> list[str]:
    """Return the names of the colours that words and signs are written in."""
    return [*WORDS, *(name for name in variables if name.startswith("state-"))]
