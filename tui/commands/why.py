"""`lumbar why`: what a nudge was decided from."""

from __future__ import annotations

import argparse

HELP = "explain a nudge: the rule, what it looked at, the evidence"
EXAMPLES = ("lumbar why                   the newest one", "lumbar why --back 1 --json")
LOOK_BACK_S = 7 * 86_400  # who asks later looks at the day's screen
AHEAD_S = 86_400  # a recording replayed faster than life runs ahead of the clock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--back", type=int, default=0, metavar="N", help="the one N before the newest"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the explanation, computed again from what was stored with the nudge."""
    import json
    import time
    from dataclasses import asdict

    from monitor.why import explain
    from tui.exits import CommandError
    from tui.readings import local
    from tui.wiring.past import past_of

    with past_of(args) as (home, history):
        now_s = int(time.time())
        found = history.events(now_s - LOOK_BACK_S, now_s + AHEAD_S, ("hint", "nudge"))
    if not 0 <= args.back < len(found):
        count = f"only {len(found)} hints and nudges" if found else "no hint or nudge"
        raise CommandError(f"{count} in the last 7 days")
    event = found[-1 - args.back].event
    when = f"{event.kind}, {local(event.t_ms / 1000, home.timezone):%A %H:%M}"
    try:
        told = explain(event)
    except ValueError as error:
        raise CommandError(f"{when}: no reasons were stored with it") from error
    if args.json:
        print(json.dumps({"t_ms": event.t_ms, "kind": event.kind, **asdict(told)}))
        return 0
    print(when)
    print(f"  rule      {told.rule}")
    for name, value in told.inputs:
        print(f"  {name}: {value}")
    print(f"  evidence  grade {told.grade}: {told.evidence}")
    print(f"  change    {told.change}")
    return 0
