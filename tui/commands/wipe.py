"""`lumbar wipe`: delete what was recorded."""

from __future__ import annotations

import argparse

HELP = "delete what was recorded"
EXAMPLES = (
    "lumbar wipe                  lists the files and asks once",
    "lumbar wipe --yes            asks nothing, for a script",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object (needs --yes)")


def run(args: argparse.Namespace) -> int:
    """Delete history, outboxes, logs and retained messages; recordings and settings stay."""
    import json
    import sys

    from tui.exits import CommandError, Exit
    from tui.wiring.wiping import delete, forget_on_broker, recorded_files, refuse_while_running

    refuse_while_running()
    files, note = recorded_files(args.config)
    if not args.yes:
        if args.json or not sys.stdin.isatty():
            raise CommandError("nobody can be asked here: add --yes", code=Exit.USAGE)
        print("\n".join(str(path) for path in files) or "nothing was recorded yet")
        if not files or input("Delete these for ever? Type yes: ").strip().lower() != "yes":
            print("nothing was deleted")
            return Exit.OK
    delete(files)
    note = "; ".join(part for part in (note, forget_on_broker(args.config)) if part)
    if args.json:
        print(json.dumps({"deleted": [str(path) for path in files], "note": note}))
    else:
        print(f"{len(files)} files deleted" + (f"; {note}" if note else ""))
    return Exit.OK
