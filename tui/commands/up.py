"""`lumbar up`: measure in the background, and look."""

from __future__ import annotations

import argparse

HELP = "measure in the background and open the dashboard"
EXAMPLES = (
    "lumbar up                   start measuring unless it runs already, then the dashboard",
    "lumbar up --no-dashboard    only measure",
    "lumbar up --stop            stop measuring",
    "lumbar up --capture monday.lumbar    keep the raw samples too, until it is stopped",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--no-dashboard", action="store_true", help="only measure")
    parser.add_argument("--stop", action="store_true", help="stop measuring")
    parser.add_argument(
        "--foreground", action="store_true", help="measure in this process, for a service manager"
    )
    from tui.wiring.arguments import add_source

    add_source(parser)


def run(args: argparse.Namespace) -> int:
    """Start or stop measuring, and open the dashboard."""
    from tui.wiring import background

    if args.stop:
        return background.stop(args)
    if args.foreground:
        return background.serve(args)
    return background.start_and_look(args)
