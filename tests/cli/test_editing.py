"""`lumbar config edit` and `check`: a mistake is shown before anything is replaced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tui import cli
from tui.exits import Exit
from tui.starter import starter_text

Editor = Callable[[str], None]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the configuration file of this test, on what looks like a terminal."""
    path = tmp_path / "lumbar.toml"
    monkeypatch.setenv("LUMBAR_CONFIG", str(path))
    monkeypatch.setattr("tui.wiring.editing.need_terminal", lambda _: None)
    return path


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    """Return a function that chooses what the editor makes of the file."""

    def choose(command: str) -> None:
        script = tmp_path / "my editor"
        script.write_text(f"#!/bin/sh\n{command}\n")
        script.chmod(0o755)
        monkeypatch.setenv("VISUAL", f"'{script}'")

    return choose


def test_what_the_editor_leaves_is_written(file: Path, editor: Editor):
    editor("printf '[mqtt]\\nport = 1884\\n' > \"$1\"")
    assert cli.main(["config", "edit"]) == Exit.OK
    assert file.read_text() == "[mqtt]\nport = 1884\n"


def test_a_first_edit_starts_from_every_key_explained(file: Path, editor: Editor):
    editor(f'cp "$1" {file}.seen; echo "# mine" >> "$1"')
    assert cli.main(["config", "edit"]) == Exit.OK
    assert Path(f"{file}.seen").read_text() == starter_text()
    assert file.read_text() == starter_text() + "# mine\n"


def test_a_mistake_is_never_kept(
    file: Path,
    editor: Editor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    file.write_text("[mqtt]\nport = 1884\n")
    editor("printf '[mqtt]\\nprot = 1\\n' > \"$1\"")
    monkeypatch.setattr("builtins.input", lambda _: "no")
    assert cli.main(["config", "edit"]) == Exit.FAILED
    assert "did you mean port?" in capsys.readouterr().err
    assert file.read_text() == "[mqtt]\nport = 1884\n"


def test_an_editor_that_fails_changes_nothing(
    file: Path, editor: Editor, capsys: pytest.CaptureFixture[str]
):
    file.write_text("[mqtt]\nport = 1884\n")
    editor("exit 3")
    assert cli.main(["config", "edit"]) == Exit.FAILED
    assert "set EDITOR" in capsys.readouterr().err
    assert file.read_text() == "[mqtt]\nport = 1884\n"


def test_check_says_that_all_is_well_or_where_it_is_not(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file.write_text("[mqtt]\nport = 1884\n")
    assert cli.main(["config", "check"]) == Exit.OK
    assert capsys.readouterr().out == f"{file}: all is well\n"
    held = tmp_path / "token"
    held.write_text("x")
    held.chmod(0o644)
    file.write_text(f'[store]\ntoken_file = "{held}"\n')
    assert cli.main(["config", "check"]) == Exit.USAGE
    assert f"chmod 600 {held}" in capsys.readouterr().err
