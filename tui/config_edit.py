"""Changing one key of the configuration file without losing its comments; checked, then written."""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Table

from tui.config import check_text


def with_key(text: str, table: str, name: str, value: object) -> str:
    """Return the text of the file with one key set; everything else stays as it was."""
    document = tomlkit.parse(text)
    section: Any = document.get(table)
    if section is None:
        section = tomlkit.table()
        document.add(table, section)
    assert_table(section, table)
    section[name] = value
    return tomlkit.dumps(document)


def assert_table(section: object, name: str) -> None:
    """Raise ValueError if `section` cannot hold keys."""
    if not isinstance(section, Table | dict):
        raise ValueError(f"[{name}] is not a table")


def parsed(typed: str, default: object) -> object:
    """Return what was typed as a value like `default`: text as it is, the rest as TOML."""
    if isinstance(default, str):
        return typed
    try:
        return tomllib.loads(f"value = {typed}")["value"]
    except tomllib.TOMLDecodeError:
        return typed


def shown(value: object) -> str:
    """Return a value as it is typed."""
    if isinstance(value, str):
        return value
    return tomlkit.item(value).as_string()


def write_key(path: Path, table: str, name: str, value: object) -> None:
    """Set one key in the file; raise ConfigError or OSError and leave the file as it was."""
    text = path.read_text("utf-8") if path.exists() else ""
    changed = with_key(text, table, name, value)
    check_text(changed, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".lumbar-", text=True)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(changed)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
