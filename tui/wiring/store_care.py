"""The actions of `lumbar store`, each returning what it has to say and whether all is well."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ingest.settings import StoreSettings
from ingest.store import sqlite_care
from ingest.store.copying import CompleteStore, copy
from ingest.store.open import open_influx, sqlite_path
from ingest.store.sqlite import SqliteStore
from tui.config import load
from tui.exits import CommandError, Exit
from tui.paths import data_dir, make_data_dir
from tui.wiring.progress import ProgressBar

DAY_S: Final = 86_400
SQLITE_PREFIX: Final = "sqlite:"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an action says.

    Attributes:
        lines: for people.
        data: for scripts.
        ok: whether all is well.
    """

    lines: list[str]
    data: Mapping[str, Any]
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """The configured store and its folder."""

    settings: StoreSettings
    folder: Path

    @property
    def file(self) -> Path:
        """The SQLite file; raise CommandError where the store is another."""
        if self.settings.kind != "sqlite":
            raise CommandError(f"this works on SQLite, and store.kind is {self.settings.kind}")
        return sqlite_path(self.settings, self.folder)


def run_action(args: argparse.Namespace) -> int:
    """Run one action of `lumbar store` and print its answer."""
    place = Place(load(args.config, os.environ).config.store, data_dir())
    answer = ACTIONS[args.action](place, args)
    print(json.dumps(answer.data, indent=2) if args.json else "\n".join(answer.lines))
    return Exit.OK if answer.ok else Exit.FAILED


def _check(place: Place, _: argparse.Namespace) -> Answer:
    if place.settings.kind != "influx":
        return _integrity(place, _)
    from ingest.store.influx_care import check

    with closing(open_influx(place.settings, data_dir=place.folder)) as store:
        findings = check(store.server, now_s=int(time.time()))
    lines = [f"{'ok  ' if f.ok else 'FAIL'} {f.what}: {f.text}" for f in findings]
    ok = all(f.ok for f in findings)
    return Answer(lines, {"ok": ok, "findings": [asdict(f) for f in findings]}, ok)


def _integrity(place: Place, _: argparse.Namespace) -> Answer:
    faults = sqlite_care.integrity(place.file)
    lines = [f"FAIL {fault}" for fault in faults] or [f"ok   {place.file} is sound"]
    return Answer(lines, {"ok": not faults, "faults": faults}, not faults)


def _migrate(place: Place, _: argparse.Namespace) -> Answer:
    before, after = sqlite_care.migrate(place.file)
    text = f"schema {before} -> {after}" if before != after else f"schema {after} is up to date"
    return Answer([text], {"before": before, "after": after})


def _compact(place: Place, args: argparse.Namespace) -> Answer:
    keep_days = args.keep_days or place.settings.keep_seconds_days
    if keep_days < 1:
        raise CommandError("--keep-days must be 1 or more", code=Exit.USAGE)
    before_s = int(time.time()) - keep_days * DAY_S
    progress = ProgressBar("compacting")
    if place.settings.kind == "influx":
        from ingest.store.influx_care import compact

        with closing(open_influx(place.settings, data_dir=place.folder)) as store:
            forgotten = compact(store, before_s, progress=progress)
    else:
        forgotten = sqlite_care.compact(place.file, before_s, progress=progress)
    text = f"{forgotten} seconds older than {keep_days} days are kept as minutes now"
    return Answer([text], {"forgotten_seconds": forgotten, "keep_days": keep_days})


def _backup(place: Place, args: argparse.Namespace) -> Answer:
    sqlite_care.backup(place.file, args.file, progress=ProgressBar("backing up"))
    size = args.file.stat().st_size
    return Answer([f"{args.file}: {size} bytes"], {"file": str(args.file), "bytes": size})


def _restore(place: Place, args: argparse.Namespace) -> Answer:
    make_data_dir()  # the first thing that is done on a new machine
    kept = sqlite_care.restore(args.file, place.file, progress=ProgressBar("restoring"))
    lines = [f"{place.file} is restored from {args.file}"]
    if kept is not None:
        lines.append(f"what was there before is kept as {kept}")
    return Answer(lines, {"file": str(place.file), "kept": None if kept is None else str(kept)})


def _copy(place: Place, args: argparse.Namespace) -> Answer:
    if args.source == args.target:
        raise CommandError("source and target are the same store", code=Exit.USAGE)
    ends = hashlib.blake2b(f"{args.source}\n{args.target}".encode(), digest_size=8).hexdigest()
    journal = make_data_dir() / f"copy-{ends}.journal"
    with (
        closing(_opened(place, args.source, read_only=True)) as source,
        closing(_opened(place, args.target, read_only=False)) as target,
    ):
        copied = copy(source, target, journal=journal, progress=ProgressBar("copying"))
    counts = asdict(copied)
    text = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items())
    return Answer([f"copied {text}"], counts)


def _opened(place: Place, name: str, *, read_only: bool) -> CompleteStore:
    kind = place.settings.kind if name == "configured" else name
    if kind == "influx":
        return open_influx(place.settings, data_dir=place.folder)
    if name == "configured":
        return SqliteStore(place.file, read_only=read_only)
    if name.startswith(SQLITE_PREFIX):
        path = Path(name.removeprefix(SQLITE_PREFIX)).expanduser()
        return SqliteStore(path, read_only=read_only)
    raise CommandError(f"{name!r} is no store: configured, influx or sqlite:FILE", code=Exit.USAGE)


ACTIONS: Final[dict[str, Callable[[Place, argparse.Namespace], Answer]]] = {
    "check": _check,
    "integrity": _integrity,
    "migrate": _migrate,
    "compact": _compact,
    "backup": _backup,
    "restore": _restore,
    "copy": _copy,
}
