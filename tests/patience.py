"""Waiting for what happens some time, however busy the machine is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot

WITHIN_S = 60.0  # a loaded machine takes ten; only a test that fails waits so long


async def until(pilot: Pilot[Any], met: Callable[[], object]) -> None:
    """Return once `met` says yes of a dashboard."""
    await eventually(met, lambda: pilot.pause(0.02))


async def eventually(
    met: Callable[[], object], pause: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0.01)
) -> None:
    """Return once `met` says yes."""
    end_s = time.monotonic() + WITHIN_S
    while not met():
        if time.monotonic() > end_s:
            raise AssertionError("it did not happen")
        await pause()
