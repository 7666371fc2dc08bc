"""`lumbar up`: all services in one process of their own, found through the runtime file."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sensor.owned import owner_only
from tui import paths
from tui.exits import CommandError, Exit, NothingRunningError
from tui.runtime import Runtime, findable, read_runtime, runtime_here
from tui.wiring.compaction import compact_daily
from tui.wiring.dashboard import need_terminal, open_dashboard
from tui.wiring.live import broker_of, feed_of, own_household
from tui.wiring.service_log import last_line
from tui.wiring.services import Household, run_everything, run_until_told, run_with
from tui.wiring.stages import strap_or_recording, warn_of_the_future

if TYPE_CHECKING:
    from ingest.delivery.connection import Connection

START_S: Final = 60.0  # a busy or slow machine; services that end at once are noticed at once
STOP_S: Final = 20.0
POLL_S: Final = 0.05


def start_and_look(args: argparse.Namespace) -> int:
    """Start the services unless they run, then open the dashboard."""
    home = own_household(args.config)
    if not args.no_dashboard:
        need_terminal("up")
    runtime = _running(home)
    if runtime is not None and args.capture is not None:
        raise CommandError(f"process {runtime.pid} measures already: `lumbar up --stop` first")
    if runtime is None:
        runtime = _start(home, args)
        warn_of_the_future(args)
    if args.no_dashboard:
        print(f"measuring for {runtime.wearer} in process {runtime.pid}; stop: lumbar up --stop")
        return Exit.OK
    return open_dashboard(home, feed_of(home))


def stop(args: argparse.Namespace) -> int:
    """Stop the services and wait until everything is put away."""
    home = own_household(args.config)
    runtime = read_runtime(_file(home))
    os.kill(runtime.pid, signal.SIGTERM)
    until = time.monotonic() + STOP_S
    while time.monotonic() < until:
        if _running(home) is None:
            print("stopped measuring")
            return Exit.OK
        time.sleep(POLL_S)
    raise CommandError(f"process {runtime.pid} has not stopped within {STOP_S:.0f} s")


def serve(args: argparse.Namespace) -> int:
    """Run the services in this process until told to stop."""
    home = own_household(args.config)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if (other := _running(home)) is not None:
        raise CommandError(f"already measuring in process {other.pid}: lumbar up --stop")
    run_until_told(lambda: _serve(home, args))
    return Exit.OK


async def _serve(home: Household, args: argparse.Namespace) -> None:
    # The files come first: nobody is told that we measure while one of them may be refused.
    async with (
        strap_or_recording(home, args) as (source, timeline),
        _broker(home) as (connection, token),
    ):
        runtime = runtime_here(
            host=connection.host, port=connection.port, token=token, wearer=home.wearer
        )
        with findable(_file(home), runtime):
            measuring = run_everything(home, connection, source=source, timeline=timeline)
            await run_with(measuring, compact_daily(home))


@asynccontextmanager
async def _broker(home: Household) -> AsyncIterator[tuple[Connection, str]]:
    """Give the block the wearer's own broker, or one for this run and its token."""
    if home.config.mqtt.host:
        yield broker_of(home), ""
        return
    from ingest.delivery.broker import EmbeddedBroker

    token = secrets.token_hex(32)
    async with EmbeddedBroker(token=token) as broker:
        yield broker.connection, token


def _start(home: Household, args: argparse.Namespace) -> Runtime:
    log = home.data_dir / paths.LOG_NAME
    command = [sys.executable, "-m", "tui.cli", "up", "--foreground"]
    if args.config is not None:
        command += ["--config", str(args.config.absolute())]
    if args.replay is not None:
        command += ["--replay", str(args.replay.absolute()), "--speed", str(args.speed)]
    if args.capture is not None:
        command += ["--capture", str(args.capture.absolute())]
    with open(log, "wb", opener=owner_only) as output:
        process = subprocess.Popen(  # noqa: S603 - our own program with checked arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=home.data_dir,
        )
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if (runtime := _running(home)) is not None:
            return runtime
        if process.poll() is not None:
            raise CommandError(f"the services did not start: {last_line(log)}")
        time.sleep(POLL_S)
    process.terminate()
    raise CommandError(f"the services did not start within {START_S:.0f} s: see {log}")


def _running(home: Household) -> Runtime | None:
    with suppress(NothingRunningError):
        return read_runtime(_file(home))
    return None


def _file(home: Household) -> Path:
    return home.data_dir / paths.RUNTIME_NAME
