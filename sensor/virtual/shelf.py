"""A virtual strap that lies in reach and is worn by nobody: for trying the errands of a radio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import numpy as np

from sensor.radio import Radio
from sensor.sample import STANDARD_GRAVITY_MS2, ImuBatch
from sensor.timeline import Timeline
from sensor.virtual.radio import VirtualRadio
from sensor.virtual.strap import VirtualStrap

SERIAL = "SIMULATED-1"
RATE_HZ = 50.0
SAMPLES = 10


@asynccontextmanager
async def strap_in_reach() -> AsyncIterator[Radio]:
    """Give the block a radio on which one simulated strap advertises."""
    timeline = Timeline.live()
    strap = VirtualStrap(
        timeline=timeline, batches=_at_rest(timeline.now()), serial=SERIAL, name="Lumbar-S"
    )
    async with VirtualRadio() as virtual, strap.advertising(virtual):
        yield virtual.radio


def _at_rest(start_s: float) -> Iterator[ImuBatch]:
    acc = np.tile([0.0, 0.0, STANDARD_GRAVITY_MS2], (SAMPLES, 1))
    steps = np.arange(SAMPLES) / RATE_HZ
    while True:
        yield ImuBatch(t=start_s + steps, acc=acc, gyro=np.zeros((SAMPLES, 3)))
        start_s += SAMPLES / RATE_HZ
