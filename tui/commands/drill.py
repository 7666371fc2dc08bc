"""`lumbar drill`: the catalogue, and how one drill is done."""

from __future__ import annotations

import argparse

HELP = "list the drills, or print how one is done"
EXAMPLES = (
    "lumbar drill                      the catalogue",
    "lumbar drill wall_hip_hinge       how it is done; the dashboard coaches it (key 4)",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="id of a drill")
    parser.add_argument("--ascii", action="store_true", help="draw with plain letters")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the catalogue or one card."""
    import difflib

    import msgspec

    from tui.drill_cards import card_lines, catalogue_lines
    from tui.exits import CommandError, Exit
    from tui.wiring.drills import own_catalogue

    drills = own_catalogue(args.config)
    if args.name is None:
        encoded = msgspec.json.encode(drills).decode()
        print(encoded if args.json else "\n".join(catalogue_lines(drills)))
        return Exit.OK
    known = {drill.id: drill for drill in drills}
    if args.name not in known:
        near = difflib.get_close_matches(args.name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "see `lumbar drill`"
        raise CommandError(f"there is no drill {args.name!r}: {hint}", code=Exit.USAGE)
    drill = known[args.name]
    encoded = msgspec.json.encode(drill).decode()
    print(encoded if args.json else "\n".join(card_lines(drill, ascii_only=args.ascii)))
    return Exit.OK
