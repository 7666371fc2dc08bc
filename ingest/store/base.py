"""The contract that SQLite and InfluxDB 2 both keep; one suite in tests/ checks both.

A store answers five small questions; everything a person asks (`ingest.past.history`) is computed
from them, so that a new store never needs to know what a day or a week is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from ingest.messages import RevisionMessage
from ingest.records import NO_DATA, TOTAL_KEYS, Bout, Event, PostureState, Second


class Entry(Struct, frozen=True):
    """One thing to store for one wearer.

    Attributes:
        wearer: whose it is.
        item: a second, a bout, an event or a revision of a range.
        event_id: identity of an event (see `ingest.records.event_id`); None for the others.
    """

    wearer: str
    item: Second | Bout | Event | RevisionMessage
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """What is known of a stretch of wall time [from_s, to_s).

    Attributes:
        seconds: seconds for each of TOTAL_KEYS; they add up to `to_s - from_s` exactly.
        sagittal_mean_deg: mean inclination over the seconds that have one, or None.
    """

    from_s: int
    to_s: int
    seconds: Mapping[str, float]
    sagittal_mean_deg: float | None

    def __post_init__(self) -> None:
        if self.seconds.keys() != set(TOTAL_KEYS):
            raise ValueError(f"totals need the keys {TOTAL_KEYS}, got {sorted(self.seconds)}")

    @property
    def worn_s(self) -> float:
        """Seconds with the strap on the body, known or not."""
        off = self.seconds[NO_DATA] + self.seconds[PostureState.OFF_BODY]
        return (self.to_s - self.from_s) - off

    @property
    def known_s(self) -> float:
        """Worn seconds whose state is known."""
        return self.worn_s - self.seconds[PostureState.UNKNOWN]

    @property
    def known_share(self) -> float | None:
        """Known share of the worn seconds; None when the strap was not worn."""
        return self.known_s / self.worn_s if self.worn_s > 0 else None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with the identity the store knows it by."""

    id: str
    event: Event


Window = tuple[int, int]
"""A half-open stretch of UTC seconds [from, to)."""


class Store(Protocol):
    """A durable place for records. Every method may raise StoreError; none loses what it took.

    A store is used from one thread at a time; readers open their own.
    """

    def write(self, entries: Sequence[Entry]) -> None:
        """Store all entries durably, or none.

        Writing the same entries again changes nothing. Raises StoreUnavailableError when it should
        be tried again, StoreRefusedError when only a person can help.
        """

    def totals(self, wearer: str, position: str, windows: Sequence[Window]) -> list[Totals]:
        """Return the totals of each window; where sessions overlap the newest one counts."""

    def seconds(self, wearer: str, position: str, window: Window) -> list[Second]:
        """Return the seconds of a window in order, one per wall second."""

    def bouts(self, wearer: str, position: str, window: Window) -> list[Bout]:
        """Return the bouts that overlap a window, by start."""

    def events(self, wearer: str, window: Window, kinds: Sequence[str] = ()) -> list[StoredEvent]:
        """Return the events of a window in order; `kinds` narrows them."""

    def wearers(self) -> list[str]:
        """Return every wearer that has a record."""

    def close(self) -> None:
        """Release files and connections."""
