"""Editing the configuration in the wearer's editor; a file with a mistake is never kept unasked."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tui.config import check_text, path_of
from tui.exits import CommandError, ConfigError, Exit
from tui.starter import starter_text
from tui.wiring.dashboard import need_terminal


def edit(config: Path | None) -> int:
    """Open the file in an editor until it is free of mistakes or the wearer gives up."""
    need_terminal("config edit")
    path = path_of(config)
    before = path.read_text("utf-8") if path.exists() else ""
    with tempfile.TemporaryDirectory(prefix="lumbar-") as folder:
        draft = Path(folder) / "lumbar.toml"
        draft.write_text(before or starter_text(), encoding="utf-8")
        while True:
            _open(draft)
            text = draft.read_text("utf-8")
            try:
                check_text(text, draft)
                break
            except ConfigError as error:
                print(error, file=sys.stderr)
                if input("Edit again? [yes]: ").strip().lower() in ("n", "no"):
                    raise CommandError("nothing was changed") from error
    if text == before:
        print("nothing was changed")
        return Exit.OK
    _replace(path, text)
    print(f"written: {path}; `lumbar up --stop` and `lumbar up` make the services read it")
    return Exit.OK


def _open(draft: Path) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        subprocess.run([*shlex.split(editor), str(draft)], check=True)  # noqa: S603 - the wearer's own
    except (OSError, subprocess.CalledProcessError) as error:
        raise CommandError(f"the editor {editor!r} failed: set EDITOR") from error


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
