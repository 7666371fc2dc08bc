"""The first configuration file: every key explained and commented out."""

from __future__ import annotations

import textwrap

import tomlkit

from tui.tables import keys, tables

WIDTH = 96


def starter_text() -> str:
    """Return a file that changes nothing and shows everything."""
    lines = [
        "# Lumbar's settings. Remove a leading # to change a value; `lumbar config check` checks."
    ]
    for table, struct in tables().items():
        summary = " ".join((struct.__doc__ or "").split("\n\n")[0].split())
        lines += ["", *_comment(summary), f"[{table}]"]
        for key in keys():
            if key.table == table:
                lines += _comment(key.description)
                lines.append(f"# {key.name} = {_toml(key.default)}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    # tomlkit writes an empty table as nothing at all
    return "{}" if value == {} else tomlkit.item(value).as_string()


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH)]
