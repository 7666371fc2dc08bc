"""`lumbar service`: let the system start `lumbar up`."""

from __future__ import annotations

import argparse

HELP = "let the system start `lumbar up` by itself"
EXAMPLES = (
    "lumbar service install         for you only, no root: a systemd user unit or a launchd agent",
    "lumbar service status",
    "lumbar service status --json   installed, running and the unit's file, for a script",
    "lumbar service logs",
    "lumbar service remove",
)
ACTIONS = {
    "install": "write the unit, enable it and start it",
    "start": "start it now",
    "stop": "stop it until the next login",
    "status": "say whether it runs",
    "logs": "print its last messages",
    "remove": "stop it and delete the unit",
    "show": "print the unit without writing it",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in ACTIONS.items():
        action = actions.add_parser(name, help=text)
        if name == "status":
            action.add_argument(
                "--json", action="store_true", help="print one JSON object; exits 3 unless it runs"
            )


def run(args: argparse.Namespace) -> int:
    """Do one action with the system's own service manager."""
    from tui.wiring.service_manager import act, tell

    if args.action == "status" and args.json:
        return tell()
    return act(args.action, args.config)
