"""`lumbar experiment`: does another setting work better for you?"""

from __future__ import annotations

import argparse

HELP = "find out by half-days drawn at random which setting works for you"
EXAMPLES = (
    "lumbar experiment start nudge_min 20       from tomorrow, against your own nudge_min",
    "lumbar experiment start wording 1 --days 60",
    "lumbar experiment start sink strap         the strap vibrates, too",
    "lumbar experiment                          what it says so far",
    "lumbar experiment stop",
)
SETTINGS = ("nudge_min", "wording", "sink")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("show", help="what the newest experiment says (without an action, too)")
    start = actions.add_parser("start", help="begin one tomorrow; its length is fixed now")
    start.add_argument("setting", choices=SETTINGS, help="what is varied")
    start.add_argument("second", metavar="VALUE", help="the value to compare your own with")
    start.add_argument("--days", type=int, default=50, metavar="N", help="at least 10 (default 50)")
    actions.add_parser("stop", help="end it without a verdict")
    for action in actions.choices.values():
        action.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object"
        )


def run(args: argparse.Namespace) -> int:
    """Start, stop or show."""
    from tui.wiring.errand import ask

    if args.action == "start":
        fields = {"setting": args.setting, "second": args.second, "days": args.days}
        return ask(args, "experiment", fields)
    if args.action == "stop":
        return ask(args, "experiment_stop", {})
    return _show(args)


def _show(args: argparse.Namespace) -> int:
    import json

    from tui.wiring.experiments import newest, words
    from tui.wiring.past import past_of, today_of

    with past_of(args) as (home, history):
        experiment, result = newest(history, today_of(home), home.timezone)
    if args.json:
        told = {"id": experiment.id, "setting": experiment.setting, "arms": experiment.arms}
        print(json.dumps(told | result.export()))
    else:
        print("\n".join(words(experiment, result)))
    return 0
