"""`lumbar break`: say that you are getting up; the body completes it."""

from __future__ import annotations

import argparse

HELP = "answer the present prompt: getting up (the break counts once you are up)"
EXAMPLES = ("lumbar break",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Ask the monitor."""
    from tui.wiring.errand import ask

    return ask(args, "done", {})
