"""The demo with a dashboard: it opens at once, its services come up in a process beside it."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ingest.delivery.connection import Connection
from sensor.owned import owner_only
from tui.config import load
from tui.exits import CommandError, NothingRunningError
from tui.paths import LOG_NAME, RUNTIME_NAME
from tui.runtime import read_runtime
from tui.wiring.dashboard import connection_of, open_dashboard
from tui.wiring.late_feed import LateFeed
from tui.wiring.service_log import last_line
from tui.wiring.simulated import demo_household, demo_radio, demo_zone

STOP_S: Final = 10.0


def run_dashboard(*, speed: float, radio: str | None, seed: int, config: Path | None) -> int:
    """Open the dashboard on a demo of its own; nothing of it is left afterwards."""
    from tui.feed import MqttFeed

    screen = load(config).config.screen
    with tempfile.TemporaryDirectory(prefix="lumbar-demo-") as name:
        folder = Path(name)
        home = demo_household(folder, zone=demo_zone(), screen=screen)
        with _service(folder, speed=speed, radio=radio or demo_radio(), seed=seed) as service:
            feed = LateFeed(
                lambda: _found(folder, service),
                lambda connection: MqttFeed(connection, home.wearer),
            )
            return open_dashboard(home, feed, simulated=True)


def _found(folder: Path, service: subprocess.Popen[bytes]) -> Connection | None:
    """Return how to reach the services, None while they start; raise CommandError if they ended."""
    if service.poll() is not None:
        raise CommandError(f"the demo's services ended: {last_line(folder / LOG_NAME)}")
    try:
        return connection_of(read_runtime(folder / RUNTIME_NAME))
    except NothingRunningError:
        return None


@contextmanager
def _service(
    folder: Path, *, speed: float, radio: str, seed: int
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the services for the length of the block; they end with this process in any case."""
    command = [sys.executable, "-m", "tui.cli", "demo", "--service", str(folder)]
    command += ["--speed", str(speed), "--radio", radio, "--seed", str(seed)]
    with open(folder / LOG_NAME, "wb", opener=owner_only) as log:
        process = subprocess.Popen(  # noqa: S603 - our own program with checked arguments
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process
        finally:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                logging.getLogger(__name__).warning("the demo's service had to be killed")
                process.kill()
                process.wait()
