"""`lumbar tui`: the dashboard on what is already running."""

from __future__ import annotations

import argparse

HELP = "open the dashboard on what is already running"
EXAMPLES = (
    "lumbar tui",
    "LUMBAR_MQTT_HOST=broker.lan lumbar tui       on another machine's services",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: there are none."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Show the dashboard until it is quit; the services go on."""
    from tui.wiring.dashboard import need_terminal, open_dashboard
    from tui.wiring.live import feed_of, own_household

    home = own_household(args.config)
    need_terminal("tui")
    return open_dashboard(home, feed_of(home))
