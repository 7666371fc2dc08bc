"""`lumbar demo`: everything on a simulated wearer, with nothing to install, pair or clean up."""

from __future__ import annotations

import argparse
from typing import Final

from tui.durations import duration_s
from tui.wiring.arguments import speed_or_max

HELP = "show everything on a simulated wearer; needs no hardware"
EXAMPLES = (
    "lumbar demo                              the dashboard on a running day",
    "lumbar demo --speed 60                   an hour of the day every minute",
    "lumbar demo --headless --json            eight hours, measured, without a terminal",
    "lumbar demo --headless --for 2m --speed 20 --radio virtual",
)
DASHBOARD_SPEED: Final = 20.0
DEFAULT_SEED: Final = 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--headless", action="store_true", help="no dashboard: run a day and print what was stored"
    )
    parser.add_argument(
        "--for",
        dest="length_s",
        type=duration_s,
        default=8 * 3600.0,
        metavar="DURATION",
        help="how much of the day to simulate, such as 2m or 8h (default 8h)",
    )
    parser.add_argument(
        "--speed",
        type=speed_or_max,
        default=argparse.SUPPRESS,
        metavar="N",
        help="posture seconds per second, or max (default 20; headless max)",
    )
    parser.add_argument(
        "--radio",
        choices=("virtual", "none"),
        help="read the strap over a virtual radio, or hand its samples on directly "
        "(default virtual where it is installed; none at --speed max)",
    )
    parser.add_argument(
        "--seed", type=int, default=DEFAULT_SEED, help="which simulated wearer (default 7)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object (headless)")
    parser.add_argument("--service", metavar="FOLDER", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Open the dashboard on a simulated day, or run the day without one."""
    import sys

    if args.service:
        from tui.wiring.demo_service import serve_demo

        return serve_demo(args.service, speed=args.speed, radio=args.radio, seed=args.seed)
    if args.headless or not (sys.stdin.isatty() and sys.stdout.isatty()):
        from tui.wiring.demo_headless import run_headless

        return run_headless(
            length_s=args.length_s,
            speed=getattr(args, "speed", None),
            radio=args.radio,
            seed=args.seed,
            as_json=args.json,
        )
    from tui.wiring.demo_dashboard import run_dashboard

    speed = getattr(args, "speed", DASHBOARD_SPEED) or DASHBOARD_SPEED
    return run_dashboard(speed=speed, radio=args.radio, seed=args.seed, config=args.config)
