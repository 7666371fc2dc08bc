"""Opens the dashboard on a household."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from ingest.delivery.connection import Connection
from tui.exits import CommandError, Exit, NoTerminalError
from tui.runtime import Runtime
from tui.wiring.services import Household

if TYPE_CHECKING:
    from monitor.drills.catalogue import Drill
    from monitor.settings import SinkName, SinkSettings
    from tui.app import DashboardApp
    from tui.facts import Feed

DRIVER_VARIABLE: Final = "TEXTUAL_DRIVER"  # set for a dashboard that a browser shows
PARENT_POLL_S: Final = 1.0
RUNGS: Final = frozenset({"hint", "nudge", "firm"})


def need_terminal(command: str) -> None:
    """Raise NoTerminalError unless there is a terminal, or a browser, to draw on."""
    if os.environ.get(DRIVER_VARIABLE):
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminalError(f"`lumbar {command}` draws on a terminal, and there is none here")


def connection_of(runtime: Runtime) -> Connection:
    """Return how to reach the broker of a running `lumbar up`."""
    return Connection.embedded(port=runtime.port, token=runtime.token, host=runtime.host)


def open_dashboard(
    home: Household, feed: Feed, *, simulated: bool = False, drill: Drill | None = None
) -> int:
    """Show the dashboard until it is quit; with `drill` its player is open at once.

    Raises CommandError when the feed says that there is nothing to show, nor will be.
    """
    from tui.app import DashboardApp
    from tui.wiring.reach import OwnReach

    if os.environ.get(DRIVER_VARIABLE):
        _end_with(os.getppid())
    app = DashboardApp(
        feed,
        home.history,
        home.config.screen,
        wearer=home.wearer,
        timezone=home.timezone,
        simulated=simulated,
        config_path=home.config_path,
        bell_rungs=bell_rungs(home.config.sinks),
        drill=drill,
    )
    app.reach = OwnReach(home.config.strap, simulated=simulated)
    app.silent_rungs = RUNGS - rungs_of(home.config.sinks, "screen")
    ended = run_smoothly(app)
    if ended is not None:
        raise ended
    return Exit.OK if app.return_code in (None, 0) else Exit.FAILED


def run_smoothly(app: DashboardApp) -> CommandError | None:
    """Run the app without the 50 ms in which Python looks through all that was imported."""
    gc.freeze()
    return app.run()


def bell_rungs(sinks: SinkSettings) -> frozenset[str]:
    """Return the rungs for which the terminal's bell rings."""
    return rungs_of(sinks, "bell")


def rungs_of(sinks: SinkSettings, sink: SinkName) -> frozenset[str]:
    """Return the rungs that a sink shows."""
    shown = {"hint": sinks.hint, "nudge": sinks.nudge, "firm": sinks.firm}
    return frozenset(rung for rung, names in shown.items() if sink in names)


def _end_with(parent: int) -> None:
    """End this process once `parent` is gone, however it went."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_POLL_S)
        # There is nobody left to draw for; the broker publishes this screen's last will.
        os._exit(Exit.FAILED)

    threading.Thread(target=watch, name="parent", daemon=True).start()
