"""The command line: a table of commands, lazily imported, and one place where errors end.

A command is a module of `tui.commands` with `HELP: str`, `add_arguments(parser)` and
`run(args) -> int`; it may add `EXAMPLES: tuple[str, ...]`. Only the module of the command that was
asked for is imported, and its top level must stay light: `lumbar X --help` imports it too.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from typing import NoReturn, Protocol, cast

from tui.exits import CommandError, Exit
from tui.version import __version__

DEBUG_VARIABLE = "LUMBAR_DEBUG"
DISCLAIMER = "Lumbar is not a medical device."


class CommandModule(Protocol):
    """What a module of `tui.commands` offers."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it and return the exit code."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table.

    Attributes:
        name: what is typed.
        group: the heading under which `lumbar --help` lists it.
        help: one line; equal to the module's HELP (tested).
    """

    name: str
    group: str
    help: str

    @property
    def module(self) -> str:
        """The module that holds the command."""
        return f"tui.commands.{self.name}" + ("_" if iskeyword(self.name) else "")


START = "Start here"
WATCH = "Look"
ANSWER = "Answer"
STAGES = "The stages apart"
CARE = "Settings and care"

COMMANDS: tuple[Command, ...] = (
    Command("demo", START, "show everything on a simulated wearer; needs no hardware"),
    Command("setup", START, "answer a few questions once; every one can be skipped"),
    Command("up", START, "measure in the background and open the dashboard"),
    Command("tui", WATCH, "open the dashboard on what is already running"),
    Command("live", WATCH, "watch the body now; --plain tells it in sentences, for screen readers"),
    Command("serve", WATCH, "show the dashboard in a browser"),
    Command("status", WATCH, "print what the body is doing now"),
    Command("today", WATCH, "print one day: time by state, bouts, breaks, nudges"),
    Command("week", WATCH, "print the last days in a table"),
    Command("why", WATCH, "explain a nudge: the rule, what it looked at, the evidence"),
    Command("report", WATCH, "write days as one self-contained page or as Markdown"),
    Command("export", WATCH, "write the history as CSV, JSON lines or Parquet"),
    Command("pause", ANSWER, "hold prompts back for a while; measuring goes on"),
    Command("snooze", ANSWER, "put the present prompt off"),
    Command(
        "break", ANSWER, "answer the present prompt: getting up (the break counts once you are up)"
    ),
    Command(
        "mark", ANSWER, "keep this moment with the ten minutes before it, such as when it hurts"
    ),
    Command("calibrate", ANSWER, "measure your own upright, bend, slump or lean back"),
    Command("correct", ANSWER, "say what a stretch of time really was"),
    Command("drill", ANSWER, "list the drills, or be led through one"),
    Command("plan", ANSWER, "print today's drills"),
    Command(
        "experiment", ANSWER, "find out by half-days drawn at random which setting works for you"
    ),
    Command("ingest", STAGES, "read the strap and publish what it measures"),
    Command("record", STAGES, "keep what is published in the store"),
    Command("monitor", STAGES, "decide when to propose a break, and publish that"),
    Command("replay", STAGES, "run a recording through the whole pipeline"),
    Command("reprocess", STAGES, "score recordings again by today's rules, many at once"),
    Command("capture", STAGES, "keep the strap's raw samples in a recording"),
    Command("recording", CARE, "look into a recording, check it, cut it, write it as a table"),
    Command("scan", CARE, "list the straps in reach"),
    Command("pair", CARE, "remember a strap by its serial, so that only this one is read"),
    Command("identify", CARE, "make a strap blink or vibrate, to tell it from others"),
    Command("devices", CARE, "list the kinds of straps that Lumbar knows"),
    Command("doctor", CARE, "check radio, broker, store, configuration and disk"),
    Command("config", CARE, "print, check or edit the settings, and where each came from"),
    Command("store", CARE, "check, back up, copy and compact the history"),
    Command("service", CARE, "let the system start `lumbar up` by itself"),
    Command("wipe", CARE, "delete what was recorded"),
    Command("completion", CARE, "print what makes your shell complete lumbar's commands"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never let a traceback reach a wearer."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone: nothing may be flushed to it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        line = one_line(error)
        if line is None:
            raise
        print(f"lumbar: {line}", file=sys.stderr)
        return exit_code(error)


def _run(words: list[str]) -> int:
    own, name, rest = split(words)
    options = root_parser().parse_args(own)
    if name is None:
        root_parser().print_help(sys.stderr)
        return Exit.USAGE
    module = load(name)
    args = parser_of(name, module).parse_args(rest)
    args.config = getattr(args, "config", None) or options.config
    return module.run(args)


def split(words: Sequence[str]) -> tuple[list[str], str | None, list[str]]:
    """Split a command line into lumbar's own options, the command and what belongs to it."""
    skip = False
    for index, word in enumerate(words):
        if skip or word.startswith("-"):
            skip = word == "--config"
            continue
        return list(words[:index]), word, list(words[index + 1 :])
    return list(words), None, []


def root_parser() -> argparse.ArgumentParser:
    """Return the parser of `lumbar` itself."""
    parser = argparse.ArgumentParser(
        prog="lumbar",
        usage="lumbar [--config FILE] COMMAND …",
        description="A posture monitor that measures the body: " + DISCLAIMER,
        epilog=_listing(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"lumbar {__version__}")
    _add_config(parser)
    return parser


def parser_of(name: str, module: CommandModule) -> argparse.ArgumentParser:
    """Return the parser of one command."""
    examples: tuple[str, ...] = getattr(module, "EXAMPLES", ())
    parser = argparse.ArgumentParser(
        prog=f"lumbar {name}",
        description=module.HELP[0].upper() + module.HELP[1:] + ".",
        epilog="Examples:\n" + "\n".join(f"  {line}" for line in examples) if examples else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_config(parser)
    module.add_arguments(parser)
    return parser


def load(name: str) -> CommandModule:
    """Import and return the module of a command; raise CommandError naming the nearest one."""
    for command in listed():
        if command.name == name:
            return cast(CommandModule, import_module(command.module))
    near = difflib.get_close_matches(name, [command.name for command in listed()], n=1)
    hint = f"did you mean `lumbar {near[0]}`?" if near else "see `lumbar --help`"
    raise CommandError(f"there is no command {name!r}: {hint}", code=Exit.USAGE)


def listed() -> tuple[Command, ...]:
    """Return the commands whose module is part of this build."""
    folder = Path(__file__).with_name("commands")
    return tuple(
        command
        for command in COMMANDS
        if (folder / f"{command.module.rpartition('.')[2]}.py").exists()
    )


def one_line(error: BaseException) -> str | None:
    """Return the one line that an expected error deserves, or None for a defect of Lumbar."""
    if isinstance(error, BaseExceptionGroup):
        lines = [one_line(inner) for inner in error.exceptions]
        return None if None in lines else lines[0]
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        return f"{what}{error.strerror or error}"
    if isinstance(error, _expected()):
        return " ".join(str(error).split())
    return None


def exit_code(error: BaseException) -> int:
    """Return the exit code of an expected error."""
    if isinstance(error, BaseExceptionGroup):
        return exit_code(error.exceptions[0])
    if isinstance(error, CommandError):
        return error.code
    from ingest.errors import BrokerError, StoreError

    if isinstance(error, BrokerError | StoreError):
        return Exit.UNAVAILABLE
    return Exit.FAILED


def _expected() -> tuple[type[Exception], ...]:
    """The root errors of the stages, imported when one of them may have been raised."""
    from ingest.errors import IngestError
    from monitor.errors import MonitorError
    from sensor.errors import SensorError

    return (CommandError, SensorError, IngestError, MonitorError)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="use this configuration file")


def _listing() -> str:
    lines: list[str] = []
    for group in dict.fromkeys(command.group for command in listed()):
        lines.append(f"{group}:")
        lines += [f"  {c.name:<10} {c.help}" for c in listed() if c.group == group]
        lines.append("")
    lines.append("Each command has its own --help, most of them with examples.")
    return "\n".join(lines)


def run_and_exit() -> NoReturn:
    """Entry point of `python -m tui.cli`."""
    raise SystemExit(main())


if __name__ == "__main__":
    run_and_exit()
