"""`lumbar identify`: which one is it?"""

from __future__ import annotations

import argparse

HELP = "make a strap blink or vibrate, to tell it from others"
EXAMPLES = ("lumbar identify", "lumbar identify --address C0:FF:EE:00:00:01")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    from tui.wiring import strap_errand

    strap_errand.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Let the strap show itself, or say that it cannot."""
    import json

    from sensor.visit import Visit
    from tui.config import load
    from tui.exits import Exit
    from tui.wiring.strap_errand import call_on

    async def show(met: Visit) -> tuple[str, bool]:
        name = f"{met.profile.title}, serial {met.info.serial or 'unknown'}"
        return name, await met.identify()

    name, shown = call_on(args, load(args.config).config.strap, show)
    said = "it blinks or vibrates now" if shown else "this kind can neither blink nor vibrate"
    print(json.dumps({"strap": name, "shown": shown}) if args.json else f"{name}: {said}")
    return Exit.OK if shown else Exit.FAILED
