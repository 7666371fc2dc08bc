"""docs/lumbar.1: the manual page, from the parsers themselves."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from tui.cli import listed, load, parser_of
from tui.exits import MEANING
from tui.manual_words import argument_words, help_words, shown_arguments, verbs

HEAD = r"""
.\" Generated from the parsers with ./run docs; do not edit.
.TH LUMBAR 1 "" "" "Lumbar"
.SH NAME
lumbar \- a posture monitor that measures the body
.SH SYNOPSIS
.B lumbar
[\-\-config FILE] COMMAND ...
.SH DESCRIPTION
Lumbar reads a strap on the lower back, counts sitting, proposes breaks that only the body can
complete, and shows the history in the terminal. It is not a medical device.
.PP
Data goes to standard output, everything else to standard error.
.SH COMMANDS
""".strip()
TAIL = r"""
.SH FILES
.TP
.I ~/.config/lumbar/lumbar.toml
The settings; LUMBAR_CONFIG or \-\-config names another. `lumbar config` prints every key.
.TP
.I ~/.local/share/lumbar
What was measured; LUMBAR_DATA_DIR names another folder. `lumbar doctor \-\-privacy` lists it all.
""".strip()


def man_page() -> str:
    """Return docs/lumbar.1."""
    lines = [HEAD]
    for command in listed():
        lines += _command(command.name)
    lines.append(".SH EXIT STATUS")
    for code, meaning in MEANING.items():
        lines += [".TP", f".B {code.value}", _roff(meaning)]
    return "\n".join([*lines, TAIL]) + "\n"


def _command(name: str) -> Iterator[str]:
    module = load(name)
    yield f".SS lumbar {name}"
    yield _roff(f"{module.HELP[0].upper()}{module.HELP[1:]}.")
    yield from _arguments(f"lumbar {name}", parser_of(name, module))
    if examples := getattr(module, "EXAMPLES", ()):
        yield from (".PP", ".nf", ".RS", *map(_roff, examples), ".RE", ".fi")


def _arguments(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in shown_arguments(parser):
        yield from (".TP", f".B {_roff(argument_words(action))}", _roff(help_words(parser, action)))
    for verb, words, inner in verbs(parser):
        yield from (".TP", f".B {_roff(f'{name} {verb}')}", _roff(words))
        yield from _arguments(f"{name} {verb}", inner)


def _roff(text: str) -> str:
    """Return text as it must stand in a line of its own."""
    safe = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{safe}" if safe.startswith((".", "'")) else safe
