"""Completion scripts for shells, made from the parsers themselves."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from monitor.drills.catalogue import load_catalogue
from tui.cli import listed, load, parser_of


@dataclass(frozen=True, slots=True)
class Word:
    """A word that may follow a command, with its help."""

    text: str
    help: str


def script(shell: str) -> str:
    """Return the completion script of "bash", "zsh" or "fish"."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]()


def words_of(name: str) -> list[Word]:
    """Return the options and fixed choices of a command."""
    found: list[Word] = []
    for action in parser_of(name, load(name))._actions:
        if action.help == argparse.SUPPRESS:
            continue
        text = (action.help or "").partition("%(")[0]
        found += [Word(option, text) for option in action.option_strings if option[:2] == "--"]
        if not action.option_strings and action.choices is not None:
            found += [Word(str(choice), text) for choice in action.choices]
    if name == "drill":
        found += [Word(drill.id, drill.name) for drill in load_catalogue()]
    return found


def _cases(line: str) -> list[str]:
    return [
        f"    {command.name}) {line.format(' '.join(w.text for w in words_of(command.name)))} ;;"
        for command in listed()
    ]


def _names() -> str:
    return " ".join(command.name for command in listed())


def _bash() -> str:
    return "\n".join(
        [
            "_lumbar() {",
            "  local words",
            f'  words="{_names()} --help --version --config"',
            '  [ "$COMP_CWORD" -gt 1 ] && case "${COMP_WORDS[1]}" in',
            *_cases('words="{}"'),
            "  esac",
            '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
            "}",
            "complete -o default -F _lumbar lumbar",
            "",
        ]
    )


def _zsh() -> str:
    return "\n".join(
        [
            "#compdef lumbar",
            f"local -a offered=({_names()} --help --version --config)",
            '(( CURRENT > 2 )) && case "${words[2]}" in',
            *_cases("offered=({})"),
            "esac",
            "compadd -a offered || _files",
            "",
        ]
    )


def _fish() -> str:
    lines = []
    for command in listed():
        first = f"complete -c lumbar -n __fish_use_subcommand -a {command.name}"
        lines.append(f"{first} -d {_quoted(command.help)}")
        seen = f"'__fish_seen_subcommand_from {command.name}'"
        for word in words_of(command.name):
            what = f"-l {word.text[2:]}" if word.text.startswith("--") else f"-a {word.text}"
            lines.append(f"complete -c lumbar -n {seen} {what} -d {_quoted(word.help)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
