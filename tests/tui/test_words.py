"""The words of the screens: factual and positive; and every key can be named and remapped."""

from __future__ import annotations

import ast
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.screen import Screen

import tui.app
import tui.screens
from tui.keys import GLOBAL, NUDGE_ANSWERS
from tui.phrases import (
    duration,
    frontal,
    hours_minutes,
    percent,
    sagittal,
    signed_degrees,
    stopwatch,
)
from tui.screens.task import TaskScreen
from tui.signs import ASCII, choose

NEVER = re.compile(
    r"\b(bad|poor|correct|good) posture\b|\bdamag|\bfragile\b|\bcures?\b|\bprevents? pain\b"
    r"|\b(un)?safe\b|\bpush through\b",
    re.IGNORECASE,
)
MODULES = [
    import_module(f"tui.screens.{info.name}") for info in pkgutil.iter_modules(tui.screens.__path__)
]


def _texts() -> Iterator[tuple[str, str]]:
    root = Path(tui.app.__file__).parent
    for path in sorted(
        [*root.glob("*.py"), *root.glob("screens/*.py"), *root.glob("widgets/*.py")]
    ):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.name, node.value


def test_no_screen_says_what_is_never_said() -> None:
    assert [(name, text) for name, text in _texts() if NEVER.search(text)] == []


def _screens() -> Iterator[type[Screen[object]]]:
    for module in MODULES:
        for item in vars(module).values():
            own = getattr(item, "__module__", "") == module.__name__
            if (
                own
                and isinstance(item, type)
                and issubclass(item, Screen)
                and "BINDINGS" in vars(item)
            ):
                yield item


def bindings() -> list[Binding]:
    found = {id(b): b for b in GLOBAL}
    for screen in _screens():
        found |= {id(b): b for b in screen.BINDINGS if isinstance(b, Binding)}
    return list(found.values())


def test_every_key_has_a_name_and_can_be_remapped() -> None:
    assert [b.key for b in bindings() if not b.description] == []
    dialogs = {"dismiss(None)"}
    assert [b.key for b in bindings() if not b.id and b.action not in dialogs] == []


def test_no_id_stands_for_two_keys() -> None:
    ids = [b.id for b in bindings() if b.id]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("screen", sorted(set(_screens()), key=lambda s: s.__name__))
def test_no_screen_gives_one_key_to_two_actions(screen: type[Screen[object]]) -> None:
    own = [key for b in screen.BINDINGS if isinstance(b, Binding) for key in b.key.split(",")]
    assert len(own) == len(set(own))


def test_a_screen_explains_itself() -> None:
    assert all(screen.__doc__ for screen in _screens() if issubclass(screen, TaskScreen))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"),
                           (3600, "1 h 00"), (7325, "2 h 02")],
)  # fmt: skip
def test_durations_read_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_figures_of_columns_and_clocks() -> None:
    assert hours_minutes(3_570) == "0:59" and hours_minutes(0) == "0:00"
    assert hours_minutes(3_600 + 3_599) == "1:59" and duration(3_600 + 3_599) == "1 h 59"
    assert stopwatch(7) == "0:07" and stopwatch(3_727) == "1:02:07"


@pytest.mark.parametrize(
    ("share", "words"), [(None, "—"), (0.0, "0 %"), (0.996, "99 %"), (1.0, "100 %")]
)
def test_all_is_said_only_of_all(share: float | None, words: str) -> None:
    assert percent(share) == words


def test_degrees_are_whole_and_never_minus_nought() -> None:
    assert signed_degrees(-0.4) == "0°"
    assert signed_degrees(12.6) == "+13°"
    assert sagittal(-3.2) == "3° back" and frontal(0.2) == "level"
    assert sagittal(12.0, ASCII) == "12 deg forward"


@pytest.mark.parametrize(("encoding", "ascii_only"), [("UTF-8", False), ("ANSI_X3.4-1968", True)])
def test_the_locale_chooses_the_signs(encoding: str, ascii_only: bool) -> None:
    assert choose("auto", encoding).ascii is ascii_only


@pytest.mark.parametrize("screen", sorted(set(_screens()), key=lambda s: s.__name__))
def test_no_screen_takes_a_key_from_the_nudge(screen: type[Screen[object]]) -> None:
    answers = {binding.key for binding in NUDGE_ANSWERS}
    own = {key for b in screen.BINDINGS if isinstance(b, Binding) for key in b.key.split(",")}
    assert not own & answers
