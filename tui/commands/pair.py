"""`lumbar pair`: from now on it is this strap."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor.settings import StrapSettings

HELP = "remember a strap by its serial, so that only this one is read"
EXAMPLES = (
    "lumbar pair                                    the first strap that answers",
    "lumbar pair --address C0:FF:EE:00:00:01        one of several, from `lumbar scan`",
    "lumbar pair --forget                           any known strap again",
    "lumbar pair --simulated --dry-run              see what it does, without hardware",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    from tui.wiring import strap_errand

    strap_errand.add_arguments(parser)
    parser.add_argument("--forget", action="store_true", help="read any known strap again")
    parser.add_argument("--dry-run", action="store_true", help="only say what the strap is")


def run(args: argparse.Namespace) -> int:
    """Meet the strap, print what it can do, and put its serial into the configuration."""
    from tui.config import load, path_of
    from tui.config_edit import write_key
    from tui.exits import Exit

    path = path_of(args.config)
    strap = load(args.config).config.strap
    if args.forget:
        write_key(path, "strap", "serial", "")
        print(f"any known strap is read again; written to {path}")
        return Exit.OK
    serial = _meet(args, strap)
    if args.dry_run:
        return Exit.OK
    write_key(path, "strap", "serial", serial)
    print(f"paired: {path} now says strap.serial = {serial!r}; `lumbar up` reads only this strap")
    if args.simulated:
        print("This strap is simulated: `lumbar pair --forget` before you wear a real one.")
    return Exit.OK


def _meet(args: argparse.Namespace, strap: StrapSettings) -> str:
    from sensor.visit import Visit
    from tui.exits import CommandError
    from tui.wiring.strap_errand import abilities, call_on

    async def introduce(met: Visit) -> str:
        charge = "unknown" if met.battery_percent is None else f"{met.battery_percent} %"
        print(f"{met.profile.title}, serial {met.info.serial or 'unknown'}, battery {charge}")
        for line in abilities(met):
            print(f"  {line}")
        return met.info.serial

    serial = call_on(args, strap, introduce)
    if not serial:
        raise CommandError("this strap tells no serial, so it cannot be told from others")
    return serial
