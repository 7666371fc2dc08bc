"""`lumbar wipe`: delete what was recorded."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "delete what was recorded"
EXAMPLES = (
    "lumbar wipe                  lists the files and asks once",
    "lumbar wipe --yes            asks nothing, for a script",
    "lumbar wipe --recordings .   the raw recordings of this folder too",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument(
        "--recordings", type=Path, metavar="FOLDER", help="delete the recordings in it as well"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object (needs --yes)")


def run(args: argparse.Namespace) -> int:
    """Delete history, outboxes, logs and retained messages; settings stay."""
    import json
    import sys

    from tui.exits import CommandError, Exit
    from tui.phrases import count
    from tui.wiring import wiping

    wiping.refuse_while_running()
    files = wiping.recorded_files(args.config, args.recordings)
    listed = [*map(str, files), wiping.bucket_of(args.config)]
    if not args.yes:
        if args.json or not sys.stdin.isatty():
            raise CommandError("nobody can be asked here: add --yes", code=Exit.USAGE)
        print("\n".join(filter(None, listed)) or "nothing was recorded yet")
        if not any(listed) or input("Delete these for ever? Type yes: ").strip().lower() != "yes":
            print("nothing was deleted")
            return Exit.OK
    wiping.delete(files)
    elsewhere = (wiping.forget_in_bucket(args.config), wiping.forget_on_broker(args.config))
    note = "; ".join(filter(None, elsewhere))
    if args.json:
        print(json.dumps({"deleted": [str(path) for path in files], "note": note}))
    else:
        print(f"{count(len(files), 'file')} deleted" + (f"; {note}" if note else ""))
    return Exit.OK
