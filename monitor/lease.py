"""One of several monitors speaks; the others follow in silence and take over when it falls silent.

The leader's status is the lease: everybody hears it. A follower decides everything as the leader
does, from the same messages, and only says nothing, so that it can go on in mid-bout. Of two that
lead at once, the one with the greater name yields.
"""

from __future__ import annotations

from typing import Final

LEASE_S: Final = 5.0  # wall seconds of silence; the leader speaks every second
CANDIDACY_S: Final = 1.0  # wall seconds a new monitor listens before it decides


class Lease:
    """Who speaks, as far as one monitor knows; times are wall seconds."""

    def __init__(self, me: str, *, now_s: float) -> None:
        self.me = me
        self._started_s = now_s
        self._leader: str | None = None
        self._heard_s = now_s

    def hear(self, other: str, now_s: float, *, retained: bool = False) -> None:
        """Take note of a status that `other` published.

        A retained one of the same outbox is the last word of this monitor before its restart.
        """
        if other == self.me or (retained and _outbox_of(other) == _outbox_of(self.me)):
            return
        if not retained and self._leader is None and other > self.me:
            return  # it hears us too, and yields
        self._leader, self._heard_s = other, now_s

    def leads(self, now_s: float) -> bool:
        """Return whether this monitor may speak."""
        if self._leader is not None and self._leads(now_s):
            self._leader = None
        return self._leader is None

    def settled(self, now_s: float) -> bool:
        """Return whether others that started at the same moment had time to make themselves heard.

        Before that a monitor decides nothing.
        """
        return now_s - self._started_s >= CANDIDACY_S

    def _leads(self, now_s: float) -> bool:
        return self._leader is None or now_s - self._heard_s > LEASE_S


def name_of(origin: str, epoch: str, token: str) -> str:
    """Return the name of one running monitor: its outbox, and a token of this very run."""
    return f"{origin[:32]}-{epoch[:16]}-{token}"


def _outbox_of(name: str) -> str:
    return name.rpartition("-")[0]
