"""The recordings of a cohort: whose they are, and which are scored already."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ingest.measurement.decision import RULE
from ingest.past.rescoring import Scored, stretches
from ingest.records import NO_DATA
from ingest.settings import StoreSettings
from ingest.store.base import Store, Window
from ingest.topics import check_wearer
from sensor.owned import owner_only
from tui.exits import CommandError, Exit

SUFFIX: Final = ".lumbar"
LEDGER_NAME: Final = "reprocess.journal"
_NAME_ENDS: Final = re.compile(r"[_.]")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording of a cohort.

    Attributes:
        path: the file, absolute.
        wearer: whose it is.
        digest: of the file's content, hexadecimal.
        size: bytes of the file.
    """

    path: Path
    wearer: str
    digest: str
    size: int


class Done(msgspec.Struct, frozen=True):
    """A line of the ledger: a recording whose records are in the store.

    Attributes:
        key: names the store, the recording, its wearer and the rules.
        position: where the strap was worn.
        windows: the stretches that were stored.
        seconds: how many seconds they hold.
    """

    key: str
    position: str
    windows: list[Window]
    seconds: int


class Ledger:
    """Remembers in a small file which recordings are scored by which rules, in which store."""

    def __init__(self, folder: Path, settings: StoreSettings) -> None:
        self._path = folder / LEDGER_NAME
        place = (settings.kind, settings.path, settings.url, settings.org, settings.bucket)
        self._place = "\n".join(place)
        self._done = {line.key: line for line in self._read()}

    def has(self, recorded: Recorded, store: Store) -> bool:
        """Return whether today's rules scored it and the store still holds what came of it."""
        done = self._done.get(self._key(recorded))
        if done is None:
            return False
        totals = store.totals(recorded.wearer, done.position, done.windows)
        held = sum(t.to_s - t.from_s - t.seconds[NO_DATA] for t in totals)
        return held >= done.seconds

    def note(self, recorded: Recorded, told: Scored) -> None:
        """Remember durably that its records are stored."""
        done = Done(self._key(recorded), told.position, stretches(told.seconds), len(told.seconds))
        with open(self._path, "ab", opener=owner_only) as file:
            file.write(b"\n" + msgspec.json.encode(done))  # so a line cut short spoils no other
            file.flush()
            os.fsync(file.fileno())

    def _key(self, recorded: Recorded) -> str:
        text = f"{self._place}\n{recorded.digest}\n{recorded.wearer}\n{RULE}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def _read(self) -> Iterator[Done]:
        lines = self._path.read_bytes().splitlines() if self._path.exists() else []
        for line in lines:
            try:
                yield msgspec.json.decode(line, type=Done)
            except msgspec.DecodeError:  # an empty line, or one that a kill cut short
                continue


def cohort(places: Sequence[Path], *, wearer: str | None) -> list[Recorded]:
    """Return every recording once, in the order of the command line; folders by name.

    `wearer` None takes each wearer's id from the file's name. Raises CommandError in one line.
    """
    found: dict[tuple[str, str], Recorded] = {}
    for path in _files(places):
        whose = wearer_of(path) if wearer is None else wearer
        digest = digest_of(path)
        size = path.stat().st_size
        found.setdefault((digest, whose), Recorded(path.absolute(), whose, digest, size))
    if not found:
        raise CommandError(f"no recordings (*{SUFFIX}) there", code=Exit.USAGE)
    return list(found.values())


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            yield from sorted(place.rglob(f"*{SUFFIX}"))
        elif place.exists():
            yield place
        else:
            raise CommandError(f"{place}: there is no such file", code=Exit.USAGE)


def wearer_of(path: Path) -> str:
    """Return the wearer's id that a file's name begins with, up to the first `_` or dot."""
    name = _NAME_ENDS.split(path.name, maxsplit=1)[0]
    try:
        return check_wearer(name)
    except ValueError as error:
        raise CommandError(f"{path}: begins with no wearer's id: {error}") from error


def digest_of(path: Path) -> str:
    """Return the digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
