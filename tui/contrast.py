"""Words that can be read: colours moved away from their ground until WCAG's contrast is met."""

from __future__ import annotations

from typing import Final

from textual.color import BLACK, WHITE, Color

MIN_RATIO: Final = 4.5  # WCAG 2.2, success criterion 1.4.3 (AA) for text of ordinary size
STEP: Final = 0.02  # share of white or black that is mixed in at a time


def luminance(colour: Color) -> float:
    """Return the relative luminance of WCAG 2.2, from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(part / 255) for part in colour.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of WCAG 2.2, from 1 to 21, whichever of the two is the ground."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def legible(words: Color, grounds: list[Color], *, dark: bool) -> Color:
    """Return `words`, mixed with as little white (on dark grounds) or black as makes them legible.

    The ratio to each of `grounds` is then at least MIN_RATIO, or the colour is pure white or black.
    """
    nearest = (max if dark else min)(grounds, key=luminance)
    found, share = words, 0.0
    while contrast(found, nearest) < MIN_RATIO and share < 1.0:
        share += STEP
        found = words.blend(WHITE if dark else BLACK, min(share, 1.0))
    return found


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
