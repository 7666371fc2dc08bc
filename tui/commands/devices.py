"""`lumbar devices`: the kinds of straps that can be read."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor.gatt import DeviceProfile

HELP = "list the kinds of straps that Lumbar knows"
EXAMPLES = ("lumbar devices", "lumbar devices --json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def run(args: argparse.Namespace) -> int:
    """Print one line per device profile, those of other packages included."""
    import json

    from sensor.profiles.registry import profiles

    rows = [_row(profile) for profile in profiles()]
    if args.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        parts = ["accelerometer", *(name for name, able in row.items() if able is True)]
        print(f"{row['profile']:<20} {row['title']:<36} {', '.join(parts)}")
    return 0


def _row(profile: DeviceProfile) -> dict[str, str | bool]:
    from sensor.gatt import Backfill, Haptic

    return {
        "profile": profile.key,
        "title": profile.title,
        "gyroscope": profile.has_gyro,
        "clock": profile.has_clock,
        "buffer": isinstance(profile, Backfill),
        "vibration": isinstance(profile, Haptic),
    }
