"""Waiting for what a dashboard shows, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

WITHIN_S = 60.0  # a loaded machine takes ten; only a test that fails waits so long


async def until(pilot: Pilot[Any], met: Callable[[], object]) -> None:
    """Return once `met` says yes."""
    end_s = time.monotonic() + WITHIN_S
    while not met():
        if time.monotonic() > end_s:
            raise AssertionError("it did not happen")
        await pilot.pause(0.02)
