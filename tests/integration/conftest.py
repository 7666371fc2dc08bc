"""Processes and daemons for the tests of the whole."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sensor.recording import RecordingHeader, RecordingWriter
from sensor.virtual.day import SimulatedDay, scripted_day

START_S = 1_700_000_000.0
WAIT_S = 60.0


@dataclass
class Lumbar:
    """Runs `lumbar` in processes with a data folder of their own."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    def _environ(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("LUMBAR_")}
        own |= {"LUMBAR_DATA_DIR": str(self.data_dir), "TZ": "UTC"}
        own |= {"LUMBAR_CONFIG": str(self.folder / "lumbar.toml")}
        (self.folder / "lumbar.toml").touch()
        return own | self.environ

    def run(self, *words: str, timeout_s: float = WAIT_S) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tui.cli", *words],
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def json(self, *words: str, timeout_s: float = WAIT_S) -> dict[str, Any]:
        ended = self.run(*words, "--json", timeout_s=timeout_s)
        assert ended.returncode == 0, ended.stderr
        answer: dict[str, Any] = json.loads(ended.stdout)
        return answer

    def start(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tui.cli", *words],
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    @contextmanager
    def served(self, *words: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
        """Run `lumbar serve` on a free port for the length of the block."""
        process = self.start("serve", "--port", "0", *words)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("http://"), process.communicate()
        try:
            yield int(line.partition("?")[0].rstrip("/\n").rpartition(":")[2]), process
        finally:
            process.terminate()
            process.wait(timeout=WAIT_S)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the store of this data folder directly; nothing while there is none."""
        path = self.data_dir / "history.sqlite"
        if not path.exists():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as sql:
            return sql.execute(query).fetchall()

    def wait_for(self, true: Callable[[], bool], *, timeout_s: float = WAIT_S) -> None:
        """Wait until `true()`; processes outside cannot be handed a clock."""
        wait_for(true, timeout_s=timeout_s)

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()
        if (self.data_dir / "running.json").exists():
            self.run("up", "--stop")


@pytest.fixture(scope="session", autouse=True)
def hangups_end_what_is_started() -> Iterator[None]:
    """Hand on no ignored hangup, with which nohup starts a run of the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def lumbar(tmp_path: Path) -> Iterator[Lumbar]:
    """A `lumbar` with its own folders; what it started ends with the test."""
    own = Lumbar(tmp_path)
    yield own
    own.end()


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four minutes of a simulated wearer."""
    path = tmp_path_factory.mktemp("recordings") / "day.lumbar"
    day = SimulatedDay(scripted_day(4 / 60, seed=3), seed=3, start_s=START_S)
    header = RecordingHeader(profile="simulated", serial=day.serial, rate_hz=50.0, has_gyro=True)
    with RecordingWriter(path, header) as writer:
        for event in day.batches():
            writer.write(event)
    return path


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[int]:
    """A real mosquitto on a private port of the loopback."""
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    binary = shutil.which("mosquitto", path=path)
    if binary is None:
        if os.environ.get("LUMBAR_REQUIRE_SYSTEM") == "1":
            pytest.fail("mosquitto is required here and not installed")
        pytest.skip("mosquitto is not installed")
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen([binary, "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: listening(port))
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


def wait_for(true: Callable[[], bool], *, timeout_s: float = WAIT_S) -> None:
    """Wait until `true()`; processes outside cannot be handed a clock."""
    until = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"not true within {timeout_s:.0f} s")
        time.sleep(0.05)
