"""Opens the dashboard on a household."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ingest.connection import Connection
from tui.exits import Exit, NoTerminalError
from tui.runtime import Runtime
from tui.wiring.services import Household

if TYPE_CHECKING:
    from tui.facts import Feed


def need_terminal(command: str) -> None:
    """Raise NoTerminalError unless there is a terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminalError(f"`lumbar {command}` draws on a terminal, and there is none here")


def connection_of(runtime: Runtime) -> Connection:
    """Return how to reach the broker of a running `lumbar up`."""
    return Connection.embedded(port=runtime.port, token=runtime.token, host=runtime.host)


def open_dashboard(home: Household, feed: Feed, *, simulated: bool = False) -> int:
    """Show the dashboard until it is quit."""
    from tui.app import DashboardApp

    app = DashboardApp(
        feed,
        home.history,
        home.config.screen,
        wearer=home.wearer,
        timezone=home.timezone,
        simulated=simulated,
    )
    app.run()
    return Exit.OK if app.return_code in (None, 0) else Exit.FAILED
