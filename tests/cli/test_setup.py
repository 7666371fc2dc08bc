"""The first run: what is asked, what is written, and that everything can be skipped."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.config import check_text, load
from tui.exits import Exit
from tui.questions import AnswerError, questions
from tui.starter import starter_text
from tui.tables import keys

Run = Callable[..., subprocess.CompletedProcess[str]]
LIMIT_S = 30.0


def answered(index: int, answer: str) -> dict[tuple[str, str], object]:
    return questions("Europe/Vienna")[index].settle(answer)


def test_the_starter_file_is_valid_and_changes_nothing(tmp_path: Path):
    path = tmp_path / "lumbar.toml"
    path.write_text(starter_text())
    assert (
        load(path, {}).config
        == load(None, {"LUMBAR_DATA_DIR": str(tmp_path)} | _no(tmp_path)).config
    )


def _no(folder: Path) -> dict[str, str]:
    """Return an environment whose configuration file is empty."""
    (folder / "empty.toml").touch()
    return {"LUMBAR_CONFIG": str(folder / "empty.toml")}


def test_every_line_of_the_starter_file_is_valid_without_its_mark(tmp_path: Path):
    names = {key.name for key in keys()}
    lines = starter_text().splitlines()
    freed = [
        line[2:] if line.startswith("# ") and line[2:].partition(" = ")[0] in names else line
        for line in lines
    ]
    assert sum(line not in lines for line in freed) == len(list(keys()))
    check_text("\n".join(freed), tmp_path / "lumbar.toml")


def test_minutes_set_the_whole_ladder():
    assert answered(2, "40") == {
        ("nudges", "hint_min"): 35.0,
        ("nudges", "nudge_min"): 40.0,
        ("nudges", "firm_min"): 60.0,
    }


def test_hours_apply_to_the_workdays():
    settings = answered(3, "09:00-12:30, 13:30-18:00")
    assert settings["schedule", "friday"] == ["09:00-12:30", "13:30-18:00"]
    assert ("schedule", "sunday") not in settings


@pytest.mark.parametrize(
    ("index", "answer"),
    [(0, "a b"), (1, "Vienna"), (2, "soon"), (2, "500"), (3, "9-5"), (4, "perhaps"), (5, "9")],
)
def test_an_answer_that_cannot_be_used_is_refused_with_a_reason(index: int, answer: str):
    with pytest.raises(AnswerError, match=r".{5}"):
        answered(index, answer)


def test_without_a_terminal_it_says_so(lumbar: Run):
    done = lumbar("setup")
    assert done.returncode == Exit.NO_TERMINAL
    assert done.stderr.count("\n") == 1


def test_defaults_write_a_file_that_explains_every_key(lumbar: Run, home: dict[str, str]):
    path = Path(home["LUMBAR_CONFIG"])
    path.unlink()
    assert lumbar("setup", "--defaults").returncode == Exit.OK
    assert path.read_text() == starter_text()


def typed(home: dict[str, str], text: str) -> str:
    """Run `lumbar setup` on a terminal, type `text` at once and return what it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", "setup", "--no-scan"],
        env=home,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, text.encode())
    shown = b""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # the other side has closed
                break
    process.wait(LIMIT_S)
    os.close(ours)
    return shown.decode()


def test_answers_are_written_and_comments_stay(home: dict[str, str]):
    path = Path(home["LUMBAR_CONFIG"])
    path.write_text("# mine\n[mqtt]\nport = 1884  # odd\n")
    shown = typed(home, "ada\n\nabc\n45\n\x04")
    assert "a number of minutes" in shown
    assert "skipped the rest" in shown
    text = path.read_text()
    assert text.startswith("# mine\n[mqtt]\nport = 1884  # odd\n")
    config = load(path, {}).config
    assert config.wearer.id == "ada"
    assert config.wearer.timezone == ""
    assert config.nudges.nudge_min == 45
