"""A real mosquitto on a private port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.delivery.connection import Connection

PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


class Mosquitto:
    """A mosquitto that can be killed and started again; its port stays the same."""

    def __init__(self, folder: Path, settings: str, *, listener: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self._configuration = folder / "mosquitto.conf"
        # Started by root it becomes another user, who cannot read this test's folder.
        user = "user root" if os.geteuid() == 0 else ""
        self._configuration.write_text(
            f"listener {self.port} 127.0.0.1\n{listener}\n{settings}\n{user}\n"
        )
        self.start()

    def connection(self, **changes: object) -> Connection:
        return Connection(**({"port": self.port} | changes))

    def start(self) -> None:
        self._child = subprocess.Popen(
            [program("mosquitto"), "-c", str(self._configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._child.poll() is None, "mosquitto refused its configuration"
            time.sleep(0.02)
        raise AssertionError("mosquitto did not start")

    def kill(self) -> None:
        self._child.send_signal(signal.SIGKILL)
        self._child.wait()

    def stop(self) -> None:
        self._child.terminate()
        self._child.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Return the path of a system program; without it the test is skipped, or fails if required."""
    found = shutil.which(name, path=PLACES)
    if found is None:
        message = f"{name} is not installed"
        if os.environ.get("LUMBAR_REQUIRE_SYSTEM") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Start a mosquitto with further lines of configuration."""
    started: list[Mosquitto] = []

    def start(settings: str = "allow_anonymous true", **options: str) -> Mosquitto:
        started.append(Mosquitto(tmp_path, settings, **options))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def mosquitto(start_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A mosquitto with its default settings, open to anybody on the loopback."""
    return start_mosquitto()


@pytest.fixture
def system_program() -> Callable[[str], str]:
    return program
