"""The one clock of posture time.

Every posture time in Lumbar is a second on a Timeline: UTC seconds since 1970 as the session sees
them. Live, that is the monotonic clock plus an offset fixed when the session starts; in a replay it
is the file's time; in a demo it runs faster than the wall. Nothing downstream reads a clock: cores
are given `now` by a shell that asks its Timeline.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

Clock = Callable[[], float]


class TimelineOrigin(StrEnum):
    """Where the seconds of a Timeline come from."""

    LIVE = "live"
    REPLAY = "replay"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """One point through which a Timeline passes; enough for another process to follow it.

    Attributes:
        origin: where the seconds come from.
        event_ms: posture time at the mark, UTC milliseconds.
        wall_ms: wall-clock time at the mark, UTC milliseconds.
        rate: posture seconds per wall second; 0 for a timeline that only moves when it is stepped.
        synchronised: whether the wall clock behind a live timeline is kept right; None if unknown.
    """

    origin: TimelineOrigin
    event_ms: int
    wall_ms: int
    rate: float
    synchronised: bool | None = None


class Timeline:
    """Maps the monotonic clock to posture time.

    A rate of 0 makes a stepped timeline: it stands still until `step_to` moves it, which is how a
    day is simulated or replayed as fast as the machine allows.
    """

    def __init__(
        self,
        origin: TimelineOrigin,
        start_s: float,
        *,
        rate: float = 1.0,
        monotonic: Clock = time.monotonic,
        wall: Clock = time.time,
    ) -> None:
        if rate < 0:
            raise ValueError(f"a timeline cannot run backwards, got rate {rate}")
        self.origin = origin
        self.rate = rate
        self._monotonic = monotonic
        self._wall = wall
        self._event_s = start_s
        self._anchor_s = monotonic()

    @classmethod
    def live(cls, *, monotonic: Clock = time.monotonic, wall: Clock = time.time) -> Timeline:
        """Return a timeline that starts at the wall clock and then follows the monotonic clock."""
        return cls(TimelineOrigin.LIVE, wall(), monotonic=monotonic, wall=wall)

    @classmethod
    def following(
        cls, mark: TimelineMark, *, monotonic: Clock = time.monotonic, wall: Clock = time.time
    ) -> Timeline:
        """Return a timeline that follows another process's mark by way of the shared wall clock."""
        event_s = mark.event_ms / 1000 + (wall() - mark.wall_ms / 1000) * mark.rate
        return cls(mark.origin, event_s, rate=mark.rate, monotonic=monotonic, wall=wall)

    @property
    def stepped(self) -> bool:
        """Whether the timeline only moves when `step_to` is called."""
        return self.rate == 0

    def now(self) -> float:
        """Return posture time in UTC seconds."""
        return self.at(self._monotonic())

    def at(self, monotonic_s: float) -> float:
        """Return posture time in UTC seconds at a reading of the monotonic clock."""
        return self._event_s + (monotonic_s - self._anchor_s) * self.rate

    def wall_seconds(self, event_s: float) -> float:
        """Return how many wall seconds `event_s` posture seconds take; 0 when stepped."""
        return event_s / self.rate if self.rate else 0.0

    def step_to(self, event_s: float) -> None:
        """Move a stepped timeline forward to `event_s`; moving back is refused."""
        if not self.stepped:
            raise ValueError("only a stepped timeline can be stepped")
        if event_s < self._event_s:
            raise ValueError(f"cannot step back from {self._event_s} to {event_s}")
        self._event_s = event_s

    def ahead_s(self) -> float:
        """Return how far posture time is ahead of the wall clock; about 0 while live."""
        return self.now() - self._wall()

    def reanchor(self, event_s: float, *, rate: float) -> None:
        """Go on from `event_s` at `rate`: what a live timeline does when its clock was stepped."""
        if self.origin is not TimelineOrigin.LIVE or rate <= 0:
            raise ValueError("only a live timeline is anchored anew, and it must keep running")
        self._event_s, self._anchor_s, self.rate = event_s, self._monotonic(), rate

    def mark(self) -> TimelineMark:
        """Return a mark of this moment, for announcing."""
        return TimelineMark(
            origin=self.origin,
            event_ms=round(self.now() * 1000),
            wall_ms=round(self._wall() * 1000),
            rate=self.rate,
        )
