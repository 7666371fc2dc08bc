"""Opening the wearer's past for the commands that only read."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tui.exits import CommandError
from tui.wiring.live import own_household

if TYPE_CHECKING:
    from ingest.past.history import History
    from tui.wiring.services import Household


@contextmanager
def past_of(args: argparse.Namespace) -> Iterator[tuple[Household, History]]:
    """Give the block the household and its history; raise in one line where there is none."""
    home = own_household(args.config)
    if not home.recorded:
        raise CommandError("no history is kept: store.kind is none in the configuration")
    history = home.open_history()
    try:
        yield home, history
    finally:
        history.close()


def today_of(home: Household) -> dt.date:
    """Return the wearer's local date."""
    return dt.datetime.now(home.timezone).date()
