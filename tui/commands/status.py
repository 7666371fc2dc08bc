"""`lumbar status`: one look at now."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.brief import Brief
    from tui.wiring.services import Household

HELP = "print what the body is doing now"
EXAMPLES = (
    "lumbar status",
    "lumbar status --json                for a script; age_s tells how old it is",
    "lumbar status --waybar              for a custom module with return-type json",
    "lumbar status --tmux                for status-right '#(lumbar status --tmux)'",
    "lumbar status --i3                  for i3blocks or i3status-rust, format json",
    "lumbar status --of monitor          for a health check: 0 when it is there and can work",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print one JSON object")
    for bar in ("waybar", "tmux", "i3"):
        forms.add_argument(
            f"--{bar}",
            dest="bar",
            action="store_const",
            const=bar,
            help=f"one line for {bar}; says 'off' and exits 0 when nothing runs",
        )
    forms.add_argument(
        "--of",
        dest="service",
        choices=("ingest", "monitor", "recorder"),
        help="whether this service is there and can work; exits 5 when not",
    )


def run(args: argparse.Namespace) -> int:
    """Print the status once."""
    if args.service:
        return _of_service(args)
    from tui import brief
    from tui.exits import CommandError, Exit
    from tui.wiring.live import own_household

    home = own_household(args.config)
    try:
        now = _brief(home)
    except CommandError as error:
        if not args.bar or error.code not in (Exit.NOT_RUNNING, Exit.UNAVAILABLE):
            raise
        now = brief.nothing_runs(home.wearer)
    if args.bar:
        print({"waybar": brief.waybar, "tmux": brief.tmux, "i3": brief.i3}[args.bar](now))
    elif args.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(now), indent=2).decode())
    else:
        print("\n".join(brief.lines(now)))
    return Exit.OK


def _of_service(args: argparse.Namespace) -> int:
    import asyncio
    import logging

    from ingest.retained import availability_of
    from tui.exits import CommandError, Exit
    from tui.wiring.live import broker_of, own_household

    logging.getLogger("ingest").addHandler(logging.NullHandler())  # our one line says it
    home = own_household(args.config)
    said = asyncio.run(availability_of(broker_of(home), home.wearer, args.service))
    if said is None or said.state != "online":
        raise CommandError(f"the {args.service} service is away", code=Exit.UNAVAILABLE)
    if said.reason:
        raise CommandError(
            f"the {args.service} service cannot work: {said.reason}", code=Exit.UNAVAILABLE
        )
    print(f"the {args.service} service is there and can work")
    return Exit.OK


def _brief(home: Household) -> Brief:
    from tui.brief import brief_of
    from tui.wiring.errand import look
    from tui.wiring.live import broker_of

    live, now_s = look(broker_of(home), home.wearer)
    return brief_of(live, now_s, wearer=home.wearer)
