"""The dashboard in a real pseudo-terminal: it opens, is quit, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from drawing import Drawing

FIRST_PAINT_S = 3.0


class Terminal:
    """A process on a pseudo-terminal of a given size."""

    def __init__(self, words: list[str], environ: dict[str, str], size: tuple[int, int]) -> None:
        self.master, slave = os.openpty()
        columns, rows = size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui.cli", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ | {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(rows)},
            start_new_session=True,
        )
        os.close(slave)
        self._drawing = Drawing()

    @property
    def screen(self) -> str:
        """What is to be seen."""
        return self._drawing.text

    @property
    def worked_s(self) -> float:
        """How long the process has had a processor; that does not depend on what else runs."""
        spent = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")

    def wait_for(self, text: str, *, timeout_s: float = 60.0) -> None:
        """Read until `text` is drawn."""
        until = time.monotonic() + timeout_s
        while text not in self.screen:
            left = until - time.monotonic()
            assert left > 0, f"{text!r} was not drawn within {timeout_s} s:\n{self.screen}"
            assert self._read(left), f"ended before {text!r} was drawn:\n{self.screen}"

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self, *, timeout_s: float = 40.0) -> int:
        """Return the exit code, reading what is still drawn."""
        until = time.monotonic() + timeout_s
        while self.process.poll() is None and time.monotonic() < until:
            self._read(0.1)
        return self.process.wait(timeout=0.1)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.master)

    def _read(self, timeout_s: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], timeout_s)
        if not ready:
            return True
        try:
            chunk = os.read(self.master, 65536)
        except OSError:  # the other side has closed
            return False
        self._drawing.draw(chunk)
        return bool(chunk)


@contextmanager
def terminal(
    lumbar, *words: str, size: tuple[int, int] = (120, 40), temporary: Path | None = None
) -> Iterator[Terminal]:
    environ = lumbar._environ()
    if temporary is not None:
        temporary.mkdir()
        environ["TMPDIR"] = str(temporary)
    opened = Terminal(list(words), environ, size)
    try:
        yield opened
    finally:
        opened.close()


def of_this_demo(temporary: Path) -> list[str]:
    """Return the command lines of processes that work below `temporary`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(temporary) in line:
                found.append(line)
    return found


def test_the_demo_paints_at_once_shows_a_day_and_leaves_nothing_behind(lumbar, tmp_path):
    temporary = tmp_path / "tmp"
    with terminal(lumbar, "demo", "--radio", "none", temporary=temporary) as shown:
        shown.wait_for("Live")
        assert shown.worked_s <= FIRST_PAINT_S
        shown.wait_for("simulated")
        shown.wait_for("Sitting")
        assert of_this_demo(temporary)
        shown.press("q")
        assert shown.end() == 0
    assert of_this_demo(temporary) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_a_killed_demo_leaves_nothing_behind(lumbar, tmp_path, number):
    temporary = tmp_path / "tmp"
    with terminal(lumbar, "demo", "--radio", "none", temporary=temporary) as shown:
        shown.wait_for("simulated")
        os.kill(shown.process.pid, number)
        shown.process.wait()
        lumbar.wait_for(lambda: of_this_demo(temporary) == [])
    assert list(temporary.iterdir()) == []


def test_a_demo_whose_services_end_at_once_says_why(lumbar, tmp_path):
    hidden = tmp_path / "hidden" / "bumble.py"
    hidden.parent.mkdir()
    hidden.write_text("raise ModuleNotFoundError('hidden', name='bumble')\n")
    lumbar.environ["PYTHONPATH"] = str(hidden.parent)
    temporary = tmp_path / "tmp"
    with terminal(lumbar, "demo", "--radio", "virtual", temporary=temporary) as shown:
        shown.wait_for("lumbar: the demo's services ended: ")
        assert shown.end() == 1
        assert "lumbar[radio]" in shown.screen
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("size", [(40, 10), (20, 5)])
def test_a_tiny_terminal_is_drawn_and_quit(lumbar, tmp_path, size):
    with terminal(
        lumbar, "demo", "--radio", "none", size=size, temporary=tmp_path / "tmp"
    ) as shown:
        shown.wait_for("Sitting")
        shown.press("q")
        assert shown.end() == 0


def test_the_dashboard_needs_something_running(lumbar):
    with terminal(lumbar, "tui") as shown:
        shown.wait_for("nothing is running: lumbar up")
        assert shown.end() == 3


def test_the_dashboard_needs_a_terminal(lumbar):
    ended = lumbar.run("tui")
    assert ended.returncode == 4
    assert ended.stderr.count("\n") == 1
    assert "terminal" in ended.stderr


def test_quitting_the_dashboard_leaves_measuring_on(lumbar, recording):
    with terminal(lumbar, "up", "--replay", str(recording), "--speed", "5") as shown:
        shown.wait_for("replay")
        shown.press("q")
        assert shown.end() == 0
    assert (lumbar.data_dir / "running.json").exists()
    with terminal(lumbar, "tui") as shown:
        shown.wait_for("replay")
        shown.press("q")
        assert shown.end() == 0
    assert lumbar.run("up", "--stop").returncode == 0
