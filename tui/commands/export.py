"""`lumbar export`: a stretch of history as a file for other programs."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tui.dates import a_date

if TYPE_CHECKING:
    from ingest.store.base import Store, Window
    from ingest.store.copying import CompleteStore

HELP = "write the history as CSV, JSON lines or Parquet"
EXAMPLES = (
    "lumbar export bouts                                today's bouts as CSV on standard output",
    "lumbar export seconds --from 2026-01-05 --to 2026-01-09 --output week.csv",
    "lumbar export minutes --from 2026-01-01 --format parquet --output year.parquet",
    "lumbar export events --format jsonl | head",
    "lumbar export --everything ~/export           all there is of the wearer, one file a kind",
)
WHAT = ("seconds", "minutes", "bouts", "events")
FORMATS = ("csv", "jsonl", "parquet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=WHAT,
        default="seconds",
        help="seconds (default), minutes, bouts or events",
    )
    parser.add_argument(
        "--from", dest="first", type=a_date, metavar="DATE", help="first local day (default: today)"
    )
    parser.add_argument(
        "--to", dest="last", type=a_date, metavar="DATE", help="last local day (default: today)"
    )
    parser.add_argument("--format", choices=FORMATS, default="csv", help="default: csv")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="file to write (default: standard output)"
    )
    parser.add_argument(
        "--everything",
        type=Path,
        metavar="FOLDER",
        help="write all kinds, positions and days there",
    )
    parser.add_argument("--wearer", help="another wearer of the same store")
    parser.add_argument("--position", default="lumbar", help="where the strap is worn")


def run(args: argparse.Namespace) -> int:
    """Write what was asked for; the number of rows goes to standard error."""
    from contextlib import closing

    from ingest.past.export import check_format
    from ingest.store.open import open_store
    from tui.config import load
    from tui.exits import CommandError, Exit
    from tui.paths import data_dir

    if args.format == "parquet" and args.output is None and args.everything is None:
        raise CommandError("Parquet needs a file: add --output FILE", code=Exit.USAGE)
    check_format(args.format)
    config = load(args.config, os.environ).config
    wearer = args.wearer or config.wearer.id
    with closing(open_store(config.store, data_dir=data_dir(), read_only=True)) as store:
        if args.everything is not None:
            return _everything(store, wearer, args.everything, args.format)
        return _one(store, wearer, args, _window(args, config.zone))


def _one(store: Store, wearer: str, args: argparse.Namespace, window: Window) -> int:
    from ingest.past.export import export_rows, write_file, write_text
    from ingest.past.export_tables import TABLES
    from tui import phrases
    from tui.wiring.progress import ProgressBar

    table = TABLES[args.what]
    rows = export_rows(
        store,
        table,
        wearer=wearer,
        position=args.position,
        window=window,
        progress=ProgressBar("exporting"),
    )
    if args.output is None:
        count = write_text(sys.stdout, args.format, table, rows)
    else:
        count = write_file(args.output, args.format, table, rows)
    where = "" if args.output is None else f" in {args.output}"
    print(f"{phrases.count(count, args.what.removesuffix('s'))}{where}", file=sys.stderr)
    return 0


def _everything(store: CompleteStore, wearer: str, folder: Path, kind: str) -> int:
    from ingest.past.export import write_everything
    from tui import phrases
    from tui.exits import CommandError
    from tui.wiring.progress import ProgressBar

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    counts = write_everything(store, folder, kind, wearer=wearer, progress=ProgressBar("exporting"))
    if not counts:
        raise CommandError(f"the history holds nothing of {wearer}")
    for name, count in counts.items():
        print(f"{folder / name}: {phrases.count(count, 'row')}", file=sys.stderr)
    return 0


def _window(args: argparse.Namespace, zone: ZoneInfo) -> Window:
    from ingest.past.history import local_day
    from tui.exits import CommandError, Exit

    today = dt.datetime.now(zone).date()
    first, last = args.first or args.last or today, args.last or today
    if last < first:
        raise CommandError(f"--to {last} is before --from {first}", code=Exit.USAGE)
    return local_day(first, zone)[0], local_day(last, zone)[1]
