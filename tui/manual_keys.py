"""docs/keys.md: every key of the dashboard, from the bindings themselves."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from textual.binding import Binding

import tui.app
import tui.screens
import tui.widgets

HEAD = (
    "# Keys",
    "",
    "Generated from the bindings with `./run docs`; do not edit.",
    "",
    "The palette (`ctrl+p`) offers every action by name; the footer shows the most used ones.",
    "`question_mark` is `?`. Every key can be changed, by the id in the last column:",
    "",
    "```toml",
    "[screen.keys]",
    '"screen.live" = "l"',
    "```",
    "",
)
TITLES = {"DashboardApp": "Everywhere", "TaskScreen": "To read on, on every screen"}


def keys_page() -> str:
    """Return docs/keys.md."""
    lines = list(HEAD)
    for title, bindings in _places():
        lines += [f"## {title}", "", "| key | name | what it does | id |", "|---|---|---|---|"]
        lines += [_row(binding) for binding in bindings]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _row(binding: Binding) -> str:
    keys = " ".join(f"`{key}`" for key in binding.key.split(","))
    ident = f"`{binding.id}`" if binding.id else ""
    what = binding.tooltip or binding.description
    return "| " + " | ".join((keys, binding.description, what, ident)) + " |"


def _places() -> Iterator[tuple[str, list[Binding]]]:
    """Yield each place that has keys of its own, the app first."""
    for module in _modules():
        for name, found in inspect.getmembers(module, inspect.isclass):
            if found.__module__ != module.__name__:
                continue
            bindings = [b for b in found.__dict__.get("BINDINGS", ()) if isinstance(b, Binding)]
            if bindings:
                yield _title(name), bindings


def _modules() -> Iterator[ModuleType]:
    yield tui.app
    for package in (tui.screens, tui.widgets):
        for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
            yield import_module(f"{package.__name__}.{info.name}")


def _title(name: str) -> str:
    if name in TITLES:
        return TITLES[name]
    for ending in ("Screen", "Modal", "Widget"):
        name = name.removesuffix(ending)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
