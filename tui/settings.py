"""Settings of the screens: the `[screen]` table of the configuration file."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class ScreenSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the dashboard looks and which keys it listens to."""

    theme: Annotated[
        str,
        Meta(description="Theme, such as lumbar-dark, lumbar-light, lumbar-clear or terminal-16."),
    ] = "lumbar-dark"
    glyphs: Annotated[
        Literal["auto", "unicode", "ascii"],
        Meta(description="Signs to draw with; 'auto' takes ascii where the locale is not UTF-8."),
    ] = "auto"
    reduced_motion: Annotated[
        bool, Meta(description="No animations and at most one redraw of the gauge a second.")
    ] = False
    plain: Annotated[
        bool, Meta(description="Sentences instead of pictures, for screen readers and braille.")
    ] = False
    clock: Annotated[Literal["24h", "12h"], Meta(description="How times of day are written.")] = (
        "24h"
    )
    keys: Annotated[
        dict[str, str],
        Meta(description='Keys by action, such as "screen.live" = "l"; the help lists actions.'),
    ] = {}
