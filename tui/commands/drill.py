"""`lumbar drill`: the catalogue, and how one drill is done."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.drills.catalogue import Drill

HELP = "list the drills, or be led through one"
EXAMPLES = (
    "lumbar drill                          those for your profile (drills.profile)",
    "lumbar drill wall_hip_hinge           be led through it, where something is measuring",
    "lumbar drill wall_hip_hinge --card    only print how it is done",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="id of a drill")
    parser.add_argument("--card", action="store_true", help="print how it is done, no player")
    parser.add_argument("--ascii", action="store_true", help="draw with plain letters")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the catalogue or a card, or open the player where there is a terminal."""
    import difflib
    import sys

    import msgspec

    from tui.drill_cards import card_lines, catalogue_lines
    from tui.exits import CommandError, Exit
    from tui.wiring.drills import for_profile, own_catalogue

    drills = own_catalogue(args.config)
    if args.name is None:
        listed = for_profile(args.config, drills)
        encoded = msgspec.json.encode(listed).decode()
        print(encoded if args.json else "\n".join(catalogue_lines(listed)))
        return Exit.OK
    known = {drill.id: drill for drill in drills}
    if args.name not in known:
        near = difflib.get_close_matches(args.name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "see `lumbar drill`"
        raise CommandError(f"there is no drill {args.name!r}: {hint}", code=Exit.USAGE)
    drill = known[args.name]
    if not (args.json or args.card or args.ascii) and sys.stdin.isatty() and sys.stdout.isatty():
        return _led(args, drill)
    encoded = msgspec.json.encode(drill).decode()
    print(encoded if args.json else "\n".join(card_lines(drill, ascii_only=args.ascii)))
    return Exit.OK


def _led(args: argparse.Namespace, drill: Drill) -> int:
    """Open the player at the dose that the wearer has reached."""
    from tui.drill_cards import card_lines
    from tui.exits import Exit, NothingRunningError
    from tui.feed import MqttFeed
    from tui.wiring.dashboard import open_dashboard
    from tui.wiring.drills import dosed
    from tui.wiring.live import broker_of, own_household

    home = own_household(args.config)
    try:
        connection = broker_of(home)
    except NothingRunningError:
        print("\n".join(card_lines(drill)))
        print("\nNothing is measuring: after `lumbar up` this opens the player instead.")
        return Exit.OK
    feed = MqttFeed(connection, home.wearer)
    return open_dashboard(home, feed, drill=dosed(args.config, drill))
