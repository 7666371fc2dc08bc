"""`lumbar export`: a stretch of history as a file for other programs."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

HELP = "write the history as CSV, JSON lines or Parquet"
EXAMPLES = (
    "lumbar export bouts                                today's bouts as CSV on standard output",
    "lumbar export seconds --from 2026-01-05 --to 2026-01-09 --output week.csv",
    "lumbar export minutes --from 2026-01-01 --format parquet --output year.parquet",
    "lumbar export events --format jsonl | head",
)
WHAT = ("seconds", "minutes", "bouts", "events")
FORMATS = ("csv", "jsonl", "parquet")


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write it 2026-01-05") from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("what", choices=WHAT, help="seconds, minutes, bouts or events")
    parser.add_argument(
        "--from", dest="first", type=_date, metavar="DATE", help="first local day (default: today)"
    )
    parser.add_argument(
        "--to", dest="last", type=_date, metavar="DATE", help="last local day (default: today)"
    )
    parser.add_argument("--format", choices=FORMATS, default="csv", help="default: csv")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="file to write (default: standard output)"
    )
    parser.add_argument("--wearer", help="another wearer of the same store")
    parser.add_argument("--position", default="lumbar", help="where the strap is worn")


def run(args: argparse.Namespace) -> int:
    """Write what was asked for; the number of rows goes to standard error."""
    from contextlib import closing

    from ingest.export import check_format, export_rows, write_file, write_text
    from ingest.export_tables import TABLES
    from ingest.store.open import open_store
    from tui.config import load
    from tui.exits import CommandError, Exit
    from tui.paths import data_dir
    from tui.wiring.progress import ProgressBar

    if args.format == "parquet" and args.output is None:
        raise CommandError("Parquet needs a file: add --output FILE", code=Exit.USAGE)
    check_format(args.format)
    config = load(args.config, os.environ).config
    table = TABLES[args.what]
    with closing(open_store(config.store, data_dir=data_dir(), read_only=True)) as store:
        rows = export_rows(
            store,
            table,
            wearer=args.wearer or config.wearer.id,
            position=args.position,
            window=_window(args, config.zone),
            progress=ProgressBar("exporting"),
        )
        if args.output is None:
            count = write_text(sys.stdout, args.format, table, rows)
        else:
            count = write_file(args.output, args.format, table, rows)
    print(f"{count} {args.what}", file=sys.stderr)
    return 0


def _window(args: argparse.Namespace, zone: ZoneInfo) -> tuple[int, int]:
    from ingest.history import local_day
    from tui.exits import CommandError, Exit

    today = dt.datetime.now(zone).date()
    first, last = args.first or args.last or today, args.last or today
    if last < first:
        raise CommandError(f"--to {last} is before --from {first}", code=Exit.USAGE)
    return local_day(first, zone)[0], local_day(last, zone)[1]
