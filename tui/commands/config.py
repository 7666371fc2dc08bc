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
    "lumbar config check                 exits with 2 and names the place of a mistake",
    "lumbar config edit                  in $EDITOR; a mistake is shown before it is kept",
)


class Row(TypedDict):
    """One value of the output."""

    table: str
    key: str
    value: object
    source: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("show", "check", "edit"),
        default="show",
        metavar="ACTION",
        help="show (default), check or edit",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print, check or edit."""
    if args.action == "edit":
        from tui.wiring.editing import edit

        return edit(args.config)
    from tui.config import load
    from tui.secret import influx_token, mqtt_password

    loaded = load(args.config, os.environ)
    if args.action == "check":
        mqtt_password(loaded.config)
        influx_token(loaded.config)
        _check_packs(loaded)
        well = "all is well" if loaded.path.exists() else "is not there, so the defaults hold"
        print(json.dumps({"ok": True}) if args.json else f"{loaded.path}: {well}")
    elif args.json:
        print(json.dumps({"file": str(loaded.path), "settings": _rows(loaded)}, indent=2))
    else:
        print("\n".join(_lines(loaded)))
    return 0


def _check_packs(loaded: Loaded) -> None:
    from pathlib import Path

    from monitor.drills.catalogue import load_catalogue
    from monitor.errors import DrillPackError
    from tui.exits import ConfigError

    try:
        load_catalogue(map(Path, loaded.config.drills.packs))
    except DrillPackError as error:
        raise ConfigError(f"drills.packs: {error}") from error


def _lines(loaded: Loaded) -> list[str]:
    lines = [f"# {loaded.path}" + ("" if loaded.path.exists() else " (not there: all defaults)")]
    table = None
    for row in _rows(loaded):
        if row["table"] != table:
            table = row["table"]
            lines += ["", f"[{table}]"]
        value = json.dumps(row["value"], ensure_ascii=False)
        lines.append(f"{row['key']} = {value}  # {row['source']}")
    return lines


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
