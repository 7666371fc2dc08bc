"""`lumbar mark`: keep this moment, with the ten minutes before it."""

from __future__ import annotations

import argparse

HELP = "keep this moment with the ten minutes before it, such as when it hurts"
EXAMPLES = ("lumbar mark", 'lumbar mark "left side, after the meeting"')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("note", nargs="?", default="", metavar="NOTE", help="what to remember")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Ask the monitor, which answers once it is kept."""
    from tui.wiring.errand import ask

    return ask(args, "mark", {"note": args.note})
