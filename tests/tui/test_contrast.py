"""Words can be read on every ground, in every theme that the dashboard offers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

import tui
from tui.contrast import MIN_RATIO, contrast
from tui.themes import GROUNDS, OWN, variables_of, words_of

SOURCES = Path(tui.__file__).parent
OFFERED = [*OWN, *BUILTIN_THEMES.values()]
WITH_COLOURS = [theme for theme in OFFERED if not theme.ansi]  # the rest are the terminal's own
EMPTY = "panel"  # of an empty track or bar: no words are written in it
PAINTED = re.compile(r'"(?:bold )?\$([a-z-]+)(?: on \$|["{])')
CSS_WORDS = re.compile(r"(?<![a-z-])color: \$([a-z-]+)")
CSS_GROUND = re.compile(r"background: \$([a-z-]+)")


def test_the_ratio_is_that_of_the_standard() -> None:
    white, black, grey = Color.parse("#ffffff"), Color.parse("#000000"), Color.parse("#767676")
    assert contrast(white, black) == contrast(black, white) == pytest.approx(21.0)
    assert contrast(grey, white) == pytest.approx(4.54, abs=0.005)  # the known edge of AA on white


@pytest.mark.parametrize("theme", WITH_COLOURS, ids=lambda theme: theme.name)
def test_words_are_legible_on_every_ground(theme: Theme) -> None:
    found = variables_of(theme)
    names = [*words_of(found), *GROUNDS]
    colours = {name: Color.parse(found[name]) for name in names}
    low = {
        (name, ground): ratio
        for name in words_of(found)
        for ground in GROUNDS
        if (ratio := contrast(colours[name], colours[ground])) < MIN_RATIO
    }
    assert not low


def test_every_colour_that_is_written_in_and_every_ground_is_looked_at() -> None:
    style = (SOURCES / "dashboard.tcss").read_text(encoding="utf-8")
    files = [
        file for file in SOURCES.rglob("*.py") if file.name != "completion.py"
    ]  # shell's own $
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    written = set(PAINTED.findall(code)) | set(CSS_WORDS.findall(style))
    known = {*words_of(variables_of(OWN[0])), "state-", EMPTY}
    assert {"quiet", "warning", "state-", "footer-key-foreground"} <= written <= known
    grounds = set(CSS_GROUND.findall(style)) | set(re.findall(r" on \$([a-z-]+)", code))
    assert grounds == set(GROUNDS)
