"""`lumbar config`: what is set, and where each value came from."""

from __future__ import annotations

import argparse
import json
import os
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from tui.config import Loaded

HELP = "print, check or edit the settings, and where each came from"
EXAMPLES = (
    "lumbar config                       every value and its source",
    "lumbar config --json                the same for a script",
    "LUMBAR_MQTT_HOST=broker.lan lumbar config",
)


class Row(TypedDict):
    """One value of the output."""

    table: str
    key: str
    value: object
    source: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the effective values."""
    from tui.config import load

    loaded = load(args.config, os.environ)
    rows = _rows(loaded)
    if args.json:
        print(json.dumps({"file": str(loaded.path), "settings": rows}, indent=2))
        return 0
    print(f"# {loaded.path}" + ("" if loaded.path.exists() else " (not there: all defaults)"))
    table = None
    for row in rows:
        if row["table"] != table:
            table = row["table"]
            print(f"\n[{table}]")
        print(f"{row['key']} = {json.dumps(row['value'], ensure_ascii=False)}  # {row['source']}")
    return 0


def _rows(loaded: Loaded) -> list[Row]:
    """Return one row per key, then one per secret, whose value is never shown."""
    import msgspec

    from tui.secret import secrets_set

    values = msgspec.to_builtins(loaded.config)
    rows = [
        Row(table=table, key=key, value=values[table][key], source=source)
        for (table, key), source in loaded.sources.items()
    ]
    for variable, source in secrets_set(loaded.config, os.environ).items():
        rows.append(Row(table="secrets", key=variable, value="****", source=source))
    return rows
