"""`lumbar setup`: a few questions on the first run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tui.questions import Question, Settings

HELP = "answer a few questions once; every one can be skipped"
EXAMPLES = (
    "lumbar setup                    Enter keeps what is suggested, Ctrl-D skips the rest",
    "lumbar setup --defaults         ask nothing, write a file with every key explained",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--defaults", action="store_true", help="ask nothing")
    parser.add_argument("--no-scan", action="store_true", help="do not look for a strap")


def run(args: argparse.Namespace) -> int:
    """Ask, then write only what was answered; comments in the file stay."""
    from tui.config import load, path_of
    from tui.questions import questions
    from tui.tables import system_zone

    path = path_of(args.config)
    if path.exists():
        load(path)  # a broken file is reported before anything is asked
    answers: Settings = {}
    if not args.defaults:
        _need_answers()
        print(
            "Lumbar asks a few questions. Enter keeps [what is suggested]; Ctrl-D skips the rest."
        )
        try:
            if not args.no_scan:
                answers |= _strap()
            for question in questions(system_zone()):
                answers |= _asked(question)
        except EOFError:
            print("\nskipped the rest")
    _write(path, answers)
    print(f"written: {path}")
    print("Next: `lumbar up` starts measuring, `lumbar calibrate` tells it your own upright.")
    return 0


def _need_answers() -> None:
    import sys

    from tui.exits import NoTerminalError

    if not sys.stdin.isatty():
        raise NoTerminalError("`lumbar setup` asks questions: use a terminal, or --defaults")


def _asked(question: Question) -> Settings:
    from tui.questions import AnswerError

    while answer := input(f"{question.text} [{question.hint}]: ").strip():
        try:
            return question.settle(answer)
        except AnswerError as error:
            print(f"  {error}")
    return {}


def _strap() -> Settings:
    """Listen for straps and let one be chosen; without a radio say so and go on."""
    import asyncio

    from sensor.profiles.registry import profiles
    from sensor.scan import ScanError, scan

    if input("Look for your strap now? Switch it on first. [yes]: ").strip().lower() in ("n", "no"):
        return {}
    try:
        rows = asyncio.run(scan(6.0, profiles=profiles()))
    except ScanError as error:
        print(f"  {error}")
        return {}
    for number, row in enumerate(rows, start=1):
        print(f"  {number} {row.name or row.address}, {row.title}")
    chosen = input("Which one is yours? [the first one found]: ").strip() if rows else ""
    if not rows:
        print("  no strap heard; it will be looked for again at `lumbar up`")
    if not chosen.isdigit() or not 1 <= int(chosen) <= len(rows):
        return {}
    return {("strap", "profile"): rows[int(chosen) - 1].profile}


def _write(path: Path, answers: Mapping[tuple[str, str], object]) -> None:
    from tui.config_edit import write_key
    from tui.starter import starter_text

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(starter_text(), encoding="utf-8")
    for (table, key), value in answers.items():
        write_key(path, table, key, value)
