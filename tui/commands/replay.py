"""`lumbar replay`: a recording through the whole pipeline, at any speed."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tui.wiring.arguments import speed_or_max

HELP = "run a recording through the whole pipeline"
EXAMPLES = (
    "lumbar replay morning.lumbar                   into a store that is thrown away",
    "lumbar replay morning.lumbar --into me         into the history of the wearer `me`",
    "lumbar replay walk.npz --start 2026-03-02T09:00Z --json",
)
# A Monday morning: the NumPy archives have no times of their own.
DEFAULT_START: Final = datetime(2020, 1, 6, 9, tzinfo=UTC)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time: write it like 2026-03-02T09:00Z"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="a recording, or a NumPy archive (.npz)")
    parser.add_argument(
        "--into",
        metavar="WEARER",
        help="store into the configured history of this wearer (default: a throwaway one)",
    )
    parser.add_argument(
        "--start",
        type=_moment,
        metavar="TIME",
        help="when the first sample was taken (default: as recorded; 2020-01-06T09:00Z for .npz)",
    )
    parser.add_argument(
        "--speed",
        type=speed_or_max,
        default=None,
        metavar="N",
        help="times real time, or max (default)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Replay the file and print what came of it."""
    from tui.wiring.replayed import run_replay

    return run_replay(
        args.file,
        start_s=None if args.start is None else args.start.timestamp(),
        default_start_s=DEFAULT_START.timestamp(),
        speed=args.speed,
        into=args.into,
        config=args.config,
        as_json=args.json,
    )
