"""`lumbar calibrate`: tell the strap what your own upright is."""

from __future__ import annotations

import argparse

HELP = "measure your own upright, bend, slump or lean back"
EXAMPLES = (
    "lumbar calibrate                    hold your own upright until the countdown ends",
    "lumbar calibrate bend               bend forward once and come back up",
    "lumbar calibrate slump              let go completely and stay so",
    "lumbar calibrate lean_back --in 0   the last seconds were it",
)
COUNTDOWN_S = 6  # a pose is judged from the last 4 of them


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "step",
        nargs="?",
        default="upright",
        choices=("upright", "bend", "slump", "lean_back", "undo"),
        metavar="STEP",
        help="upright (default), bend, slump, lean_back; undo: the one before",
    )
    parser.add_argument(
        "--in",
        dest="wait_s",
        type=int,
        default=COUNTDOWN_S,
        metavar="SECONDS",
        help=f"countdown before the last seconds are taken (default {COUNTDOWN_S})",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Count down, then ask ingest, which refuses with a reason what it cannot use."""
    import sys
    import time

    from tui.wiring.errand import ask, reachable

    reachable(args)
    wait_s = 0 if args.step == "undo" else args.wait_s
    for left_s in range(wait_s, 0, -1):
        print(f"\r{args.step.replace('_', ' ')}: hold it, {left_s} s ", end="", file=sys.stderr)
        time.sleep(1)
    if wait_s > 0:
        print(file=sys.stderr)
    return ask(args, "calibrate", {"step": args.step})
