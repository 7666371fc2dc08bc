"""`lumbar pause`: no prompts for a while; measuring goes on."""

from __future__ import annotations

import argparse

from tui.durations import duration_s

HELP = "hold prompts back for a while; measuring goes on"
EXAMPLES = ("lumbar pause 30m", "lumbar pause --end          prompt again")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "length_s",
        nargs="?",
        type=duration_s,
        default=3600.0,
        metavar="DURATION",
        help="how long, such as 30m (default 1h, at most 24h)",
    )
    parser.add_argument("--end", action="store_true", help="end the pause now")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Ask the monitor."""
    from tui.wiring.errand import ask

    if args.end:
        return ask(args, "resume", {})
    return ask(args, "pause", {"minutes": args.length_s / 60})
