"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_source(parser: argparse.ArgumentParser) -> None:
    """Declare where the samples come from and where they are kept beside."""
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="read this recording instead of a strap"
    )
    parser.add_argument(
        "--speed", type=speed, default=1.0, metavar="N", help="speed of the recording (default 1)"
    )
    parser.add_argument(
        "--capture",
        type=Path,
        metavar="FILE",
        help="keep the raw samples beside, in a new recording",
    )


def speed(text: str) -> float:
    """Return how many posture seconds pass in a second."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r}: give 0.1 to 1000")
    return value


def speed_or_max(text: str) -> float | None:
    """Return the speed, or None for "max": as fast as the machine allows."""
    return None if text == "max" else speed(text)
