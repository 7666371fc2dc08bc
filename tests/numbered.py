"""Samples whose first axis carries their number, for a virtual strap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sensor.sample import ImuBatch
from sensor.source import LinkState, LinkStatus

RATE_HZ = 50.0
SPEED = 10.0
FOR_LONG = 20_000  # batches: more than any wait of a test, on whatever machine
START_S = 1_700_000_000.0
BATCH = 10


@dataclass
class Away:
    """A while out of reach; it begins when it is told to, and the strap may measure meanwhile."""

    batches: int
    measures: bool = False
    told: bool = False
    first: int | None = None

    def change(self, number: int) -> LinkState | None:
        """Return the new state of the link before batch `number`, if it changes there."""
        if self.told and self.first is None:
            self.first = number
            return LinkState.SEARCHING
        back = self.first is not None and number == self.first + self.batches
        return LinkState.CONNECTED if back else None

    def silent(self, number: int) -> bool:
        """Return whether batch `number` is not even measured."""
        if self.measures or self.first is None:
            return False
        return number < self.first + self.batches


def measured(*, away: Away | None = None) -> Iterator[ImuBatch | LinkStatus]:
    """Yield numbered samples: the first axis carries the sample's index."""
    for number in range(FOR_LONG):
        index = np.arange(number * BATCH, (number + 1) * BATCH)
        t = START_S + 5.0 + index / RATE_HZ
        if away is not None:
            state = away.change(number)
            if state is not None:
                yield LinkStatus(at_s=float(t[0]), state=state)
            if away.silent(number):
                continue
        acc = np.column_stack([index * 0.002, -index * 0.001, np.full(BATCH, 9.8)])
        yield ImuBatch(t=t, acc=acc, gyro=acc * 0.1)
