"""`lumbar recording`: look into a recording, check it, cut it, turn it into a table."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.durations import duration_s

if TYPE_CHECKING:
    from sensor.recording_reader import RecordingInfo

HELP = "look into a recording, check it, cut it, write it as a table"
EXAMPLES = (
    "lumbar recording info monday.lumbar            what is inside",
    "lumbar recording verify monday.lumbar          check every byte",
    "lumbar recording cut monday.lumbar walk.lumbar --from 1h30m --for 5m",
    "lumbar recording export walk.lumbar walk.csv   one row per sample",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the four verbs."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, words in (("info", "say what is inside"), ("verify", "check every byte")):
        one = verbs.add_parser(verb, help=words)
        one.add_argument("file", type=Path, help="a recording")
        one.add_argument("--json", action="store_true", help="print one JSON object")
    cut = verbs.add_parser("cut", help="write a part of it to a new recording")
    cut.add_argument("file", type=Path, help="a recording")
    cut.add_argument("to", type=Path, help="the new recording")
    cut.add_argument(
        "--from",
        dest="from_s",
        type=duration_s,
        default=0.0,
        metavar="DURATION",
        help="how long after the first sample to begin (default: at once)",
    )
    cut.add_argument(
        "--for",
        dest="length_s",
        type=duration_s,
        metavar="DURATION",
        help="how much to keep (default: all the rest)",
    )
    export = verbs.add_parser("export", help="write one row per sample")
    export.add_argument("file", type=Path, help="a recording")
    export.add_argument("to", type=Path, help="the table to write, .csv or .parquet")


def run(args: argparse.Namespace) -> int:
    """Carry out one verb; RecordingError names the file and the place of what is wrong."""
    from sensor.recording_reader import recording_info

    match args.verb:
        case "cut":
            return _cut(args)
        case "export":
            return _export(args)
    info = recording_info(args.file)
    if args.json:
        import json

        print(json.dumps(_object(info), indent=2))
        return 0
    if args.verb == "verify":
        end = "whole" if info.complete else "whole as far as it goes; its writer was killed"
        print(f"{info.path}: {end}, {info.samples} samples, {info.size_bytes} bytes")
        return 0
    for name, value in _object(info).items():
        if value not in ("", None, {}, []):
            print(f"{name:<16} {value}")
    return 0


def _object(info: RecordingInfo) -> dict[str, Any]:
    import msgspec

    header = msgspec.to_builtins(info.header)
    return {
        "file": str(info.path),
        "complete": info.complete,
        "size_bytes": info.size_bytes,
        "samples": info.samples,
        "batches": info.batches,
        "first": _utc(info.first_s),
        "last": _utc(info.last_s),
        "duration_s": round(info.duration_s, 3),
        "lost": info.lost,
        "gaps": info.gaps,
        "gap_s": round(info.gap_s, 3),
        "link_changes": info.link_changes,
        **header,
    }


def _utc(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _cut(args: argparse.Namespace) -> int:
    from sensor.recording_edit import cut_recording
    from sensor.recording_reader import recording_info

    start_s = (recording_info(args.file).first_s or 0.0) + args.from_s
    until_s = float("inf") if args.length_s is None else start_s + args.length_s
    info = cut_recording(args.file, args.to, from_s=start_s, until_s=until_s)
    print(f"{info.path}: {info.samples} samples, {info.duration_s:.1f} s")
    return 0


def _export(args: argparse.Namespace) -> int:
    from sensor.recording_edit import export_csv, export_parquet
    from sensor.recording_reader import recording_info
    from tui.exits import CommandError, Exit
    from tui.wiring.progress import ProgressBar

    kinds = {".csv": export_csv, ".parquet": export_parquet}
    write = kinds.get(args.to.suffix)
    if write is None:
        raise CommandError(f"{args.to}: name it .csv or .parquet", code=Exit.USAGE)
    bar, total = ProgressBar("exporting"), recording_info(args.file).samples
    rows = write(args.file, args.to, progress=lambda done: bar(done, total))
    print(f"{args.to}: {rows} rows")
    return 0
