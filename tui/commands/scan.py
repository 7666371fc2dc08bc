"""`lumbar scan`: which straps are in reach."""

from __future__ import annotations

import argparse

HELP = "list the straps in reach"
EXAMPLES = ("lumbar scan", "lumbar scan --for 20 --all --json")
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


def run(args: argparse.Namespace) -> int:
    """Listen, then print one line per device; raises CommandError without a radio."""
    import asyncio
    import json
    from dataclasses import asdict

    from sensor.profiles.registry import profiles
    from sensor.scan import ScanError, scan
    from tui.config import load
    from tui.exits import CommandError, Exit

    strap = load(args.config).config.strap
    listening = scan(args.seconds, profiles=profiles(), adapter=strap.adapter, everything=args.all)
    try:
        rows = asyncio.run(listening)
    except ScanError as error:
        raise CommandError(str(error), code=Exit.UNAVAILABLE) from error
    if args.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return 0
    for row in rows:
        signal = "" if row.rssi_dbm is None else f"{row.rssi_dbm} dBm"
        print(f"{row.name or '(no name)':<24} {row.title or 'unknown':<28} {row.address}  {signal}")
    if not rows:
        print("No strap heard. Is it switched on, within 2 m and not connected to a phone?")
    return 0
