"""`lumbar live`: the body now, drawn or told in sentences."""

from __future__ import annotations

import argparse

HELP = "watch the body now; --plain tells it in sentences, for screen readers"
EXAMPLES = (
    "lumbar live                   the dashboard",
    "lumbar live --plain           one sentence for every change, no drawing",
    "lumbar live | tee log.txt     without a terminal it is plain of itself",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--plain", action="store_true", help="sentences on change instead of a dashboard"
    )


def run(args: argparse.Namespace) -> int:
    """Tell until interrupted, or open the dashboard."""
    import sys

    from tui.commands import tui
    from tui.exits import Exit
    from tui.wiring.live import broker_of, own_household

    if not args.plain and sys.stdout.isatty():
        return tui.run(args)
    home = own_household(args.config)
    connection = broker_of(home)

    from tui.feed import MqttFeed
    from tui.wiring.services import run_until_told
    from tui.wiring.spoken_live import speak

    feed = MqttFeed(connection, home.wearer)
    run_until_told(lambda: speak(feed, home.timezone, sys.stdout))
    return Exit.OK
