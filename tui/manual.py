"""The generated pages of the manual: every command and every key, from the code itself.

`python -m tui.manual docs` writes them; a test compares them with what is committed.
"""

from __future__ import annotations

import argparse
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Meta

from tui.cli import listed, load, parser_of
from tui.config import SECRET_VARIABLES, variable_of
from tui.exits import MEANING
from tui.manual_keys import keys_page
from tui.manual_roff import man_page
from tui.manual_words import argument_words, help_words, shown_arguments, verbs
from tui.tables import Key, keys, tables


def pages() -> dict[str, str]:
    """Return the text of every generated page by file name."""
    return {
        "commands.md": commands_page(),
        "configuration.md": configuration_page(),
        "keys.md": keys_page(),
        "lumbar.1": man_page(),
    }


def commands_page() -> str:
    """Return docs/commands.md."""
    lines = [
        "# Commands",
        "",
        "Generated from the parsers with `./run docs`; do not edit.",
        "",
        "`lumbar COMMAND --help` prints the same. `--config FILE` may stand before or behind the",
        "command. Data goes to standard output, everything else to standard error.",
        "",
        "## Exit codes",
        "",
        "| code | meaning |",
        "|---|---|",
        *(f"| {code.value} | {meaning} |" for code, meaning in MEANING.items()),
        "",
    ]
    for command in listed():
        lines += _command(command.name)
    return "\n".join(lines).rstrip() + "\n"


def _command(name: str) -> Iterator[str]:
    module = load(name)
    yield f"## lumbar {name}"
    yield ""
    yield f"{module.HELP[0].upper()}{module.HELP[1:]}."
    yield ""
    yield from _arguments(f"lumbar {name}", parser_of(name, module))
    if examples := getattr(module, "EXAMPLES", ()):
        yield "```console"
        yield from (f"$ {line}" for line in examples)
        yield "```"
        yield ""


def _arguments(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    if shown := shown_arguments(parser):
        yield f"| argument of `{name}` | meaning |"
        yield "|---|---|"
        yield from (f"| {_argument(a)} | {_cell(help_words(parser, a))} |" for a in shown)
        yield ""
    for verb, words, inner in verbs(parser):
        yield f"**{name} {verb}**: {words}."
        yield ""
        yield from _arguments(f"{name} {verb}", inner)


def _argument(action: argparse.Action) -> str:
    forms = argument_words(action).replace("|", "\\|").split(", ")
    return ", ".join(f"`{form}`" for form in forms)


def configuration_page() -> str:
    """Return docs/configuration.md."""
    lines = [
        "# Configuration",
        "",
        "Generated from the settings with `./run docs`; do not edit.",
        "",
        "One TOML file, at the place that the first line of `lumbar config` names",
        "(Linux: `~/.config/lumbar/lumbar.toml`; another with `--config FILE` or",
        "`LUMBAR_CONFIG`). Every key is optional. A variable overrides the file; lists and",
        "tables in variables are written as in TOML. `LUMBAR_DATA_DIR` chooses the data folder.",
        "",
        "Secrets never stand in the file: they come from "
        + " and ".join(f"`{name}`" for name in SECRET_VARIABLES)
        + ",",
        "or from files of mode 0600 that `password_file` and `token_file` name.",
        "",
    ]
    for table, struct in tables().items():
        lines += [f"## [{table}]", "", " ".join((struct.__doc__ or "").split("\n\n")[0].split())]
        lines += ["", "| key | value | default | meaning | variable |", "|---|---|---|---|---|"]
        lines += [_key_row(key) for key in keys() if key.table == table]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _key_row(key: Key) -> str:
    default = json.dumps(key.default, ensure_ascii=False)
    cells = (
        f"`{key.name}`",
        type_words(key.type),
        f"`{default}`",
        key.description,
        f"`{variable_of(key)}`",
    )
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def type_words(annotated: Any) -> str:
    """Return a type in a wearer's words: "number from 1 to 65535", "list of text"."""
    origin = get_origin(annotated)
    if origin is Annotated:
        inner, *metas = get_args(annotated)
        return type_words(inner) + "".join(_limits(m) for m in metas if isinstance(m, Meta))
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotated))
    if origin is list:
        return f"list of {type_words(get_args(annotated)[0])}"
    if origin is dict:
        return "table of text"
    if origin in {Union, types.UnionType}:
        return " or ".join(type_words(a) for a in get_args(annotated) if a is not type(None))
    return {str: "text", bool: "true or false", int: "whole number", float: "number"}[annotated]


def _limits(meta: Meta) -> str:
    low = meta.ge if meta.ge is not None else meta.gt
    high = meta.le if meta.le is not None else meta.lt
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f", at least {low}"
    return f", at most {high}" if high is not None else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|") if "\\|" not in text else text


def main() -> int:
    """Write every page into the folder named by the first argument."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
