"""One key of the settings file, changed from the dashboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.config_edit import parsed, with_key, write_key
from tui.exits import ConfigError


def test_one_changed_key_keeps_comments_and_the_rest() -> None:
    text = "# mine\n[nudges]\nnudge_min = 30.0  # as at work\nbudget = 12\n"
    assert with_key(text, "nudges", "budget", 6) == text.replace("12", "6")
    assert with_key(text, "screen", "theme", "lumbar-light").startswith(text)


@pytest.mark.parametrize(
    ("typed", "default", "value"),
    [("25", 30.0, 25), ("true", False, True), ("me", "x", "me"), ('["a"]', [], ["a"])],
)
def test_what_is_typed_becomes_a_value_of_its_key(
    typed: str, default: object, value: object
) -> None:
    assert parsed(typed, default) == value


def test_an_impossible_value_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[nudges]\nbudget = 12\n")
    with pytest.raises(ConfigError):
        write_key(path, "nudges", "budget", "many")
    assert path.read_text() == "[nudges]\nbudget = 12\n"
    assert list(tmp_path.iterdir()) == [path]
