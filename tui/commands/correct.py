"""`lumbar correct`: say what a stretch of time really was."""

from __future__ import annotations

import argparse
import datetime as dt

from tui.dates import a_date

HELP = "say what a stretch of time really was"
EXAMPLES = (
    "lumbar correct 09:00 09:30 standing",
    "lumbar correct 22:50 00:10 lying --date 2026-01-05",
)
STATES = ("sitting", "standing", "moving", "lying", "off_body", "unknown")


def a_time(text: str) -> dt.time:
    """Return a time of day; raise ArgumentTypeError for anything but 09:30 or 09:30:15."""
    try:
        return dt.time.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write it 09:30") from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("start", type=a_time, metavar="FROM", help="local time, such as 09:00")
    parser.add_argument(
        "end", type=a_time, metavar="TO", help="local time; before FROM it is the next day's"
    )
    parser.add_argument("state", choices=STATES, metavar="STATE", help=", ".join(STATES))
    parser.add_argument("--date", type=a_date, metavar="DATE", help="local day of FROM (today)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Ask ingest, which judges the seconds of that range anew."""
    from tui.wiring.errand import ask
    from tui.wiring.live import own_household
    from tui.wiring.past import today_of

    home = own_household(args.config)
    day = args.date or today_of(home)
    start = dt.datetime.combine(day, args.start, home.timezone)
    end = dt.datetime.combine(day, args.end, home.timezone)
    if end <= start:
        end = dt.datetime.combine(day + dt.timedelta(days=1), args.end, home.timezone)
    fields = {
        "from_s": int(start.timestamp()),
        "to_s": int(end.timestamp()),
        "state": args.state,
    }
    return ask(args, "correct", fields)
