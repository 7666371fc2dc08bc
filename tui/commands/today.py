"""`lumbar today`: one day in words."""

from __future__ import annotations

import argparse

from tui.dates import a_date

HELP = "print one day: time by state, bouts, breaks, nudges"
EXAMPLES = ("lumbar today", "lumbar today --date 2026-01-05 --json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--date", type=a_date, metavar="DATE", help="another local day")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the day."""
    import json

    from tui.summary import day_data, day_lines, figures_data
    from tui.wiring.past import past_of, today_of

    with past_of(args) as (home, history):
        day = history.day(args.date or today_of(home))
        if args.json:
            found = history.figures(day.totals.from_s, day.totals.to_s)
            print(json.dumps({**day_data(day), "figures": figures_data(found)}))
        else:
            print("\n".join(day_lines(day, home.timezone)))
    return 0
