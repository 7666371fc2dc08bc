"""`lumbar devices`: the kinds of straps that can be read."""

from __future__ import annotations

import argparse

HELP = "list the kinds of straps that Lumbar knows"
EXAMPLES = ("lumbar devices", "lumbar devices --json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def run(args: argparse.Namespace) -> int:
    """Print one line per device profile, those of other packages included."""
    import json

    from sensor.profiles.registry import profiles

    rows = [
        {"profile": p.key, "title": p.title, "gyroscope": p.has_gyro, "clock": p.has_clock}
        for p in profiles()
    ]
    if args.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        parts = [name for name in ("gyroscope", "clock") if row[name]]
        print(f"{row['profile']:<20} {row['title']:<36} {', '.join(['accelerometer', *parts])}")
    return 0
