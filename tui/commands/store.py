"""`lumbar store`: care of the history."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "check, back up, copy and compact the history"
EXAMPLES = (
    "lumbar store check                        can the configured store be used?",
    "lumbar store backup ~/history-backup.sqlite",
    "lumbar store copy configured sqlite:/media/disk/history.sqlite",
    "lumbar store copy configured influx       into the InfluxDB of store.url",
    "lumbar store compact --keep-days 90       single seconds older than that become minutes",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = {
        "check": "try everything that the configured store needs",
        "integrity": "look for damage and for totals that do not add up (SQLite)",
        "migrate": "bring the file to today's schema (SQLite; a recorder does it by itself)",
        "compact": "replace old single seconds by their minutes",
        "backup": "write a complete copy into one new file (SQLite; also while it is written)",
        "restore": "put a backup in the place of the history (SQLite; the old one is kept)",
        "copy": "copy everything into another store; a stopped copy goes on",
    }
    parsers = {name: actions.add_parser(name, help=text) for name, text in adding.items()}
    for action in parsers.values():
        action.add_argument("--json", action="store_true", help="print one JSON object")
    parsers["compact"].add_argument(
        "--keep-days", type=int, metavar="N", help="default: store.keep_seconds_days"
    )
    parsers["backup"].add_argument("file", type=Path, help="the new file")
    parsers["restore"].add_argument("file", type=Path, help="the backup")
    for end, text in (("source", "from where"), ("target", "to where")):
        parsers["copy"].add_argument(end, help=f"{text}: configured, influx or sqlite:FILE")


def run(args: argparse.Namespace) -> int:
    """Do one action and print what came of it."""
    from tui.wiring.store_care import run_action

    return run_action(args)
