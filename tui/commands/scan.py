"""`lumbar scan`: which straps are in reach."""

from __future__ import annotations

import argparse

HELP = "list the straps in reach"
EXAMPLES = (
    "lumbar scan",
    "lumbar scan --for 20 --all --json",
    "lumbar scan --simulated            a simulated strap on a virtual radio",
)
DEFAULT_S = 6.0  # straps advertise at least every two seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--for",
        dest="seconds",
        type=float,
        default=DEFAULT_S,
        metavar="SECONDS",
        help="how long to listen (default 6)",
    )
    parser.add_argument("--all", action="store_true", help="also devices that are no known strap")
    parser.add_argument("--json", action="store_true", help="print one JSON array")
    parser.add_argument(
        "--simulated", action="store_true", help="listen on a virtual radio with a simulated strap"
    )


def run(args: argparse.Namespace) -> int:
    """Listen, drawing a live table on a terminal, then print one line per device."""
    import json
    import sys
    from dataclasses import asdict

    from tui.config import load
    from tui.wiring.scanned import LiveTable, listen, table

    rows = listen(
        args.seconds,
        adapter=load(args.config).config.strap.adapter,
        everything=args.all,
        simulated=args.simulated,
        live=None if args.json else LiveTable(sys.stdout),
    )
    if args.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    elif rows:
        print("\n".join(table(rows)))
    else:
        print("No strap heard. Is it switched on, within 2 m and not connected to a phone?")
    return 0
