"""Messages on their way from the network's thread to the recorder's, bounded in memory."""

from __future__ import annotations

import threading
import time
from typing import Final

from ingest.delivery.paho_session import Arrival

MAX_WAITING: Final = 1000  # messages in memory while the store is away; outboxes keep the rest
MAX_WAITING_BYTES: Final = 64 * 1024 * 1024  # of them; long revisions come in parts of 256 KiB
MAX_BATCH: Final = 500  # messages that share a commit
CROWD: Final = 4  # messages in one nap from which on it pays to let more gather
NAP_S: Final = 0.0005
IDLE_S: Final = 0.5


class Arrivals:
    """A queue for one thread that puts and one that takes."""

    def __init__(self) -> None:
        self._waiting: list[Arrival] = []
        self._bytes = 0
        self._wake = threading.Condition()
        self._stopping = False
        self._crowded = False

    def put(self, arrival: Arrival, *, patience_s: float) -> bool:
        """Keep a message once there is room; return False when there is none for so long."""
        size = len(arrival.payload)
        with self._wake:
            if not self._wake.wait_for(lambda: self._has_room(size), patience_s):
                return False
            self._waiting.append(arrival)
            self._bytes += size
            if len(self._waiting) == 1:
                self._wake.notify()
        return True

    def _has_room(self, size: int) -> bool:
        if not self._waiting:
            return True
        return len(self._waiting) < MAX_WAITING and self._bytes + size <= MAX_WAITING_BYTES

    def take(self) -> list[Arrival] | None:
        """Return the messages that wait, none after a pause, or None at the end.

        While they come in crowds it waits until they come more slowly or a batch is full: what
        shares a commit is cheap.
        """
        with self._wake:
            if not self._waiting and not self._stopping:
                self._wake.wait(IDLE_S)
        if self._crowded:
            self._gather()
        with self._wake:
            if self._stopping and not self._waiting:
                return None
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            self._bytes -= sum(len(arrival.payload) for arrival in batch)
            self._wake.notify()
        self._crowded = len(batch) >= CROWD
        return batch

    def _gather(self) -> None:
        before = 0
        while len(self._waiting) - before >= CROWD and len(self._waiting) < MAX_BATCH:
            before = len(self._waiting)
            time.sleep(NAP_S)

    def pause(self, seconds: float) -> bool:
        """Return True after this time, or False at once when the recorder is to stop."""
        with self._wake:
            self._wake.wait_for(lambda: self._stopping, seconds)
            return not self._stopping

    def stop(self) -> None:
        """Let the taker end once nothing waits."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
