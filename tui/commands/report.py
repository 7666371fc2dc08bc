"""`lumbar report`: days on one page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tui.dates import a_date

if TYPE_CHECKING:
    from tui.report import Report

HELP = "write days as one self-contained page or as Markdown"
EXAMPLES = (
    "lumbar report                                    the last 7 days, as a page in this folder",
    "lumbar report --month --output january.html      print it from the browser for a PDF",
    "lumbar report --days 1 --format markdown --output -",
    "lumbar report --month --format physio --output for-the-physio.md",
)
MOST_DAYS = 92


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    span = parser.add_mutually_exclusive_group()
    span.add_argument("--days", type=int, default=7, metavar="N", help="how many (default 7)")
    span.add_argument(
        "--month", dest="days", action="store_const", const=28, help="the last 28 days"
    )
    parser.add_argument("--until", type=a_date, metavar="DATE", help="the last day (today)")
    parser.add_argument(
        "--format",
        choices=("html", "markdown", "physio"),
        default="html",
        help="default: html; physio: one page of Markdown for a physiotherapist",
    )
    parser.add_argument(
        "--output", metavar="FILE", help="file to write, - for standard output (default: by date)"
    )
    parser.add_argument("--json", action="store_true", help="print the file and the days as JSON")


def run(args: argparse.Namespace) -> int:
    """Write the report and say where it is."""
    import json

    from tui.exits import CommandError, Exit

    if not 1 <= args.days <= MOST_DAYS:
        raise CommandError(f"--days must be 1 to {MOST_DAYS}", code=Exit.USAGE)
    text, last = _physio(args) if args.format == "physio" else _made(args)
    if args.output == "-":
        print(text, end="")
        return Exit.OK
    ending = "html" if args.format == "html" else "md"
    path = Path(args.output or f"lumbar-{last}-{args.days}d.{ending}")
    path.write_text(text, encoding="utf-8")
    print(json.dumps({"file": str(path), "days": args.days}) if args.json else f"written: {path}")
    return Exit.OK


def _physio(args: argparse.Namespace) -> tuple[str, str]:
    from tui.wiring.past import past_of, today_of
    from tui.wiring.physio import page_of

    with past_of(args) as (home, history):
        last = args.until or today_of(home)
        return page_of(history, last, args.days, home.timezone), last.isoformat()


def _made(args: argparse.Namespace) -> tuple[str, str]:
    import datetime as dt
    import time

    from tui.report import report_of
    from tui.wiring.past import past_of, today_of
    from tui.wiring.progress import ProgressBar

    progress = ProgressBar("reading")
    with past_of(args) as (home, history):
        last = args.until or today_of(home)
        days = []
        for back in reversed(range(args.days)):
            days.append(history.day(last - dt.timedelta(days=back)))
            progress(len(days), args.days)
        report = report_of(
            days,
            history.days(last, args.days),
            wearer=home.wearer,
            zone=home.timezone,
            made_s=time.time(),
        )
    return _written(report, args.format), last.isoformat()


def _written(report: Report, form: str) -> str:
    if form == "markdown":
        from tui.report_markdown import markdown

        return markdown(report)
    from tui.report_html import html

    return html(report)
