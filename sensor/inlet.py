"""The bounded queue between bleak's callbacks and the task that decodes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sensor.gatt import Char, NotifyCallback

CAPACITY = 2048  # notifications: 40 s of the chattiest strap, 1 MB at most


@dataclass(frozen=True, slots=True)
class Packet:
    """One notification as it arrived."""

    char: Char
    data: bytes
    arrival_s: float


class Inlet:
    """Takes notifications without ever raising or waiting; drops the oldest when it is full."""

    def __init__(self, clock: Callable[[], float], capacity: int = CAPACITY) -> None:
        self._clock = clock
        self._packets: deque[Packet] = deque(maxlen=capacity)
        self._news = asyncio.Event()
        self.dropped = 0
        self.lost = False

    def receiver(self, char: Char) -> NotifyCallback:
        """Return the callback for one characteristic."""

        def received(data: bytes) -> None:
            packet = Packet(char, data, self._clock())
            self.dropped += len(self._packets) == self._packets.maxlen
            self._packets.append(packet)
            self._news.set()

        return received

    def close(self) -> None:
        """Take note that the connection is gone, and wake the reader."""
        self.lost = True
        self._news.set()

    async def wait(self, timeout_s: float) -> bool:
        """Wait for a packet or the loss; return False when neither came in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def take(self) -> list[Packet]:
        """Return what has arrived, oldest first."""
        self._news.clear()
        packets = list(self._packets)
        self._packets.clear()
        return packets
