"""`lumbar pair`: from now on it is this strap."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sensor.settings import StrapSettings
    from tui.reach import Introduced

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
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Meet the strap, print what it can do, and put its serial into the configuration."""
    from tui.config import load, path_of
    from tui.config_edit import write_key
    from tui.exits import CommandError, Exit

    path = path_of(args.config)
    strap = load(args.config).config.strap
    if args.forget:
        write_key(path, "strap", "serial", "")
        _print(args, None, f"any known strap is read again; written to {path}", path)
        return Exit.OK
    met = _meet(args, strap)
    if not met.serial:
        raise CommandError("this strap tells no serial, so it cannot be told from others")
    if args.dry_run:
        _print(args, met, "", None)
        return Exit.OK
    write_key(path, "strap", "serial", met.serial)
    said = f"paired: {path} now says strap.serial = {met.serial!r}; `lumbar up` reads only it"
    if args.simulated:
        said += "\nThis strap is simulated: `lumbar pair --forget` before you wear a real one."
    _print(args, met, said, path)
    return Exit.OK


def _meet(args: argparse.Namespace, strap: StrapSettings) -> Introduced:
    from sensor.visit import Visit
    from tui.wiring.reach import introduced
    from tui.wiring.strap_errand import call_on

    async def introduce(met: Visit) -> Introduced:
        return introduced(met)

    return call_on(args, strap, introduce)


def _print(args: argparse.Namespace, met: Introduced | None, said: str, path: Path | None) -> None:
    """Print the strap, what was done, and the file that was written, if any."""
    import json
    from dataclasses import asdict

    from tui.reach import told

    if args.json:
        strap = {"serial": ""} if met is None else asdict(met)
        print(json.dumps({**strap, "written": None if path is None else str(path)}))
        return
    lines = [] if met is None else told(met)
    print("\n".join([*lines, said] if said else lines))
