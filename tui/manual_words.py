"""What a manual says of a parser's arguments, whatever it is written in."""

from __future__ import annotations

import argparse
from collections.abc import Iterator


def shown_arguments(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the arguments that people are told of, without --help and --config."""
    return [
        action
        for action in parser._actions
        if action.dest not in {"help", "config"}
        and action.help != argparse.SUPPRESS
        and not isinstance(action, argparse._SubParsersAction)
    ]


def verbs(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Yield each verb of a command with its help and its own parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {choice.dest: choice.help or "" for choice in action._choices_actions}
            yield from ((verb, told.get(verb, ""), inner) for verb, inner in action.choices.items())


def argument_words(action: argparse.Action) -> str:
    """Return an argument as it is typed: `--speed N`, `FILE`."""
    if not action.option_strings:
        return action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    value = ""
    if action.nargs != 0:
        value = f" {action.metavar or action.dest.upper()}"
        if action.choices is not None:
            value = " " + "|".join(str(choice) for choice in action.choices)
    return ", ".join(f"{option}{value}" for option in action.option_strings)


def help_words(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Return the help of an argument with its values filled in."""
    values = {"prog": parser.prog, **{k: v for k, v in vars(action).items() if k != "help"}}
    return (action.help or "") % values
