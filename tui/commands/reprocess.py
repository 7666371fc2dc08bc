"""`lumbar reprocess`: a cohort's recordings, scored again by today's rules."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "score recordings again by today's rules, many at once"
EXAMPLES = (
    "lumbar reprocess captures/                           your own, on every core",
    "lumbar reprocess study/ --wearer-from-name           p07_monday.lumbar is of the wearer p07",
    "lumbar reprocess p07.lumbar --into p07 --workers 0   in this process, without Dask",
    "lumbar reprocess /data/study --wearer-from-name --scheduler tcp://10.0.0.5:8786",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "recordings",
        nargs="+",
        type=Path,
        metavar="RECORDING",
        help="recordings, or folders of them (*.lumbar)",
    )
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--into", metavar="WEARER", help="whose they are (default: wearer.id)")
    whose.add_argument(
        "--wearer-from-name",
        action="store_true",
        help="each file's name begins with its wearer's id, up to the first _ or dot",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="compute on the Dask cluster of this scheduler, which sees the same files",
    )
    where.add_argument(
        "--workers",
        type=_count,
        metavar="N",
        help="local processes (default: one for each core; 0: only this one, without Dask)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r}: give 0 to 1024")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Score what is not scored yet and print what came of it."""
    from tui.wiring.reprocessed import run_reprocess

    return run_reprocess(
        args.recordings,
        into=args.into,
        wearer_from_name=args.wearer_from_name,
        scheduler=args.scheduler,
        workers=args.workers,
        config=args.config,
        as_json=args.json,
    )
