"""Copies a history from one store to another, day by day, and goes on where it was stopped.

A copy holds what counts: of overlapping sessions the newest, of revised ranges the revision. Every
write is idempotent, so a day that was half copied is simply copied again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from ingest.messages import RevisionMessage
from ingest.records import Bout, Second
from ingest.store.base import Entry, Store, Window
from ingest.store.minutes import Minute
from ingest.store.ranges import Range, RevisedRange, inside
from sensor.owned import owner_only

DAY_S: Final = 86_400
BATCH: Final = 5000
COPIER: Final = "copy"  # origin and epoch of the revisions that a copy writes; stores ignore them

Progress = Callable[[int, int], None]
"""Is told (steps done, steps in all)."""


class CompleteStore(Store, Protocol):
    """A store that can be copied whole: both of ours."""

    def load_minutes(self, minutes: Iterable[Minute]) -> None:
        """Store minutes of which no single seconds exist."""

    def positions(self, wearer: str) -> list[str]:
        """Return every position for which a wearer has records."""

    def sealed_minutes(self, wearer: str, position: str, window: Window) -> list[Minute]:
        """Return the minutes of a window of which no single seconds exist."""

    def revised(self, wearer: str, position: str, window: Window) -> list[RevisedRange]:
        """Return which parts of a window a revision replaced, in order."""

    def span(self, wearer: str) -> Window | None:
        """Return from where to where a wearer has records, or None without any."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy wrote (what an earlier, stopped run wrote is not counted again)."""

    seconds: int = 0
    minutes: int = 0
    bouts: int = 0
    events: int = 0
    skipped_days: int = 0

    def __add__(self, other: Copied) -> Copied:
        return Copied(
            self.seconds + other.seconds,
            self.minutes + other.minutes,
            self.bouts + other.bouts,
            self.events + other.events,
            self.skipped_days + other.skipped_days,
        )


class Journal:
    """Remembers in a small file which days are copied; `path` None remembers nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        done = path.read_text(encoding="utf-8").split() if path and path.exists() else []
        self._done = set(done)

    def has(self, wearer: str, day_s: int) -> bool:
        """Return whether an earlier run copied that day."""
        return f"{wearer}/{day_s}" in self._done

    def note(self, wearer: str, day_s: int) -> None:
        """Remember durably that a day is copied."""
        if self._path is None:
            return
        with open(self._path, "a", encoding="utf-8", opener=owner_only) as file:
            file.write(f"{wearer}/{day_s}\n")
            file.flush()
            os.fsync(file.fileno())

    def finish(self) -> None:
        """Forget everything: the copy is complete."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def copy(
    source: CompleteStore,
    target: CompleteStore,
    *,
    journal: Path | None = None,
    progress: Progress = lambda done, of: None,
) -> Copied:
    """Copy everything; `journal` names the file that lets a stopped copy go on.

    A target that holds nothing of a wearer was begun anew: there the journal counts for nothing.
    Raises StoreError when either store fails; running it again continues.
    """
    days = [(wearer, day) for wearer in source.wearers() for day in _days(source.span(wearer))]
    newest = dict(days)
    begun = {wearer for wearer in newest if target.span(wearer) is not None}
    notes = Journal(journal)
    total = Copied()
    for number, (wearer, day) in enumerate(days, start=1):
        if wearer in begun and notes.has(wearer, day[0]):
            total += Copied(skipped_days=1)
        else:
            total += _copy_day(source, target, wearer, day)
            if day != newest[wearer]:  # that one may still grow before the copy goes on
                notes.note(wearer, day[0])
        progress(number, len(days))
    notes.finish()
    return total


def _days(span: Window | None) -> list[Window]:
    if span is None:
        return []
    first = span[0] // DAY_S * DAY_S
    return [(start, start + DAY_S) for start in range(first, span[1], DAY_S)]


def _copy_day(source: CompleteStore, target: CompleteStore, wearer: str, day: Window) -> Copied:
    events = [Entry(wearer, e.event, e.id) for e in source.events(wearer, day)]
    _write(target, events)
    copied = Copied(events=len(events))
    for position in source.positions(wearer):
        copied += _copy_strap(source, target, wearer, position, day)
    return copied


def _copy_strap(
    source: CompleteStore, target: CompleteStore, wearer: str, position: str, day: Window
) -> Copied:
    minutes = source.sealed_minutes(wearer, position, day)
    seconds = source.seconds(wearer, position, day)
    bouts = [b for b in source.bouts(wearer, position, day) if day[0] <= b.start_ms // 1000]
    revised = source.revised(wearer, position, day)
    documents = [_document(position, piece, seconds, bouts) for piece in revised]
    originals: list[Second | Bout] = [s for s in seconds if not inside(s.t_s, revised)]
    originals += [b for b in bouts if not inside(b.start_ms // 1000, revised)]
    _write(target, [Entry(wearer, item) for item in [*documents, *originals]])
    if minutes:
        target.load_minutes(minutes)
    return Copied(seconds=len(seconds), minutes=len(minutes), bouts=len(bouts))


def _document(
    position: str, piece: RevisedRange, seconds: Sequence[Second], bouts: Sequence[Bout]
) -> RevisionMessage:
    """Return the revision that owns a piece, with what it says there."""
    where = [Range(piece.from_s, piece.to_s)]
    return RevisionMessage(
        origin=COPIER,
        epoch=COPIER,
        seq=0,
        position=position,
        from_s=piece.from_s,
        to_s=piece.to_s,
        rev=piece.rev,
        reason="copied",
        seconds=[s for s in seconds if inside(s.t_s, where)],
        bouts=[b for b in bouts if inside(b.start_ms // 1000, where)],
    )


def _write(target: Store, entries: Sequence[Entry]) -> None:
    for chunk in _chunks(entries):
        target.write(chunk)


def _chunks(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    return (entries[start : start + BATCH] for start in range(0, len(entries), BATCH))
