"""`lumbar week`: the last days in a table."""

from __future__ import annotations

import argparse

from tui.dates import a_date

HELP = "print the last days in a table"
EXAMPLES = ("lumbar week", "lumbar week --days 28 --until 2026-01-31", "lumbar week --json")
MOST_DAYS = 366


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--days", type=int, default=7, metavar="N", help="how many (default 7)")
    parser.add_argument("--until", type=a_date, metavar="DATE", help="the last one (today)")
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def run(args: argparse.Namespace) -> int:
    """Print the days; one that was worn less than five hours is marked with a star."""
    import json

    from monitor.goals import GOAL_DAYS, goal_line
    from monitor.summary import change_line
    from tui.exits import CommandError, Exit
    from tui.summary import week_data, week_lines
    from tui.wiring.past import past_of, today_of

    if not 1 <= args.days <= MOST_DAYS:
        raise CommandError(f"--days must be 1 to {MOST_DAYS}", code=Exit.USAGE)
    with past_of(args) as (home, history):
        last = args.until or today_of(home)
        days = history.days(last, 2 * args.days)
        goal = "" if args.json else goal_line(history.days(last, GOAL_DAYS))
    before, days = days[: args.days], days[args.days :]
    if args.json:
        print(json.dumps(week_data(days)))
    else:
        print("\n".join(filter(None, [*week_lines(days), change_line(days, before), goal])))
    return 0
