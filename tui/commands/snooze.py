"""`lumbar snooze`: put the prompt in force off."""

from __future__ import annotations

import argparse

from tui.durations import duration_s

HELP = "put the present prompt off"
EXAMPLES = ("lumbar snooze 10m",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "length_s",
        nargs="?",
        type=duration_s,
        default=300.0,
        metavar="DURATION",
        help="how long, such as 10m (default 5m, at most 1h)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Ask the monitor."""
    from tui.wiring.errand import ask

    return ask(args, "snooze", {"minutes": args.length_s / 60})
