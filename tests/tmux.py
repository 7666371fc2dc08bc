"""A real terminal multiplexer: keys are sent as a person types them, the screen is read."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from stopwatch import Stopwatch


class Tmux:
    """One window of a tmux server of its own, running a shell.

    Attributes:
        transcript: the screens that were waited for, in order.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.transcript: list[str] = []

    def call(self, *words: str) -> str:
        command = ["tmux", "-L", self._name, "-f", "/dev/null", *words]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=30
        ).stdout

    @property
    def screen(self) -> str:
        """What is to be seen now."""
        return self.call("capture-pane", "-p")

    def type(self, line: str) -> None:
        """Type a line at the prompt."""
        self.call("send-keys", "-l", line)
        self.call("send-keys", "Enter")

    def lumbar(self, *words: str) -> None:
        """Type a command line of lumbar."""
        self.call("send-keys", "-l", shlex.join([sys.executable, "-m", "tui.cli", *words]))
        self.call("send-keys", "Enter")

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names."""
        self.call("send-keys", *keys)

    def wait_for(self, *texts: str, timeout_s: float = 60.0) -> float:
        """Wait until one of `texts` is on the screen; return after how many free seconds."""
        return self.wait_until(
            lambda screen: any(text in screen for text in texts), str(texts), timeout_s=timeout_s
        )

    def wait_until(
        self, true: Callable[[str], bool], what: str, *, timeout_s: float = 60.0
    ) -> float:
        """Wait until `true(screen)`; return after how many free seconds."""
        watch = Stopwatch()
        while not true(screen := self.screen):
            assert watch.elapsed_s < timeout_s, f"not seen within {timeout_s} s: {what}\n{screen}"
            time.sleep(0.1)
        self.transcript.append(screen)
        return watch.free_s


@contextmanager
def tmux(environ: dict[str, str], *, columns: int = 120, rows: int = 40) -> Iterator[Tmux]:
    """Open a terminal with these variables; skip where there is no tmux."""
    if shutil.which("tmux") is None:
        if os.environ.get("LUMBAR_REQUIRE_SYSTEM") == "1":
            pytest.fail("tmux is required here and not installed")
        pytest.skip("tmux is not installed")
    name = f"lumbar-{os.getpid()}-{time.monotonic_ns()}"
    command = ["tmux", "-L", name, "-f", "/dev/null", "-u", "new-session", "-d"]
    command += ["-x", str(columns), "-y", str(rows), "PS1='$ ' exec sh"]
    # A test runner without a terminal may say its own size, which a program believes more.
    own = {name: value for name, value in environ.items() if name not in ("COLUMNS", "LINES")}
    subprocess.run(command, env=own | {"LC_ALL": "C.UTF-8"}, check=True, timeout=30)
    opened = Tmux(name)
    try:
        yield opened
    finally:
        opened.call("kill-server")
