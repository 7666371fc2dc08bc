"""Which files hold what was recorded, and deleting them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from ingest.connection import Connection
from ingest.errors import BrokerError
from ingest.retained import forget_retained
from ingest.store.open import sqlite_path
from tui import paths
from tui.config import load
from tui.exits import CommandError, NothingRunningError
from tui.runtime import read_runtime
from tui.secret import mqtt_password

PATTERNS: Final = (
    "history.sqlite*",
    "outbox-*.sqlite*",
    "*dead-letters*",
    "influx-rejected.jsonl",
    "reprocess.journal",
    "service.log*",
    "running.json",
)
"""Names in the data folder; anything else there (recordings, backups) is the wearer's own."""


def refuse_while_running() -> None:
    """Raise CommandError while services write into the data folder."""
    try:
        runtime = read_runtime(paths.runtime_file())
    except NothingRunningError:
        return
    raise CommandError(f"process {runtime.pid} is measuring: `lumbar up --stop` first")


def recorded_files(config: Path | None) -> tuple[list[Path], str]:
    """Return the files, and what is not deleted with them ("" for nothing)."""
    store = load(config).config.store
    folder = paths.data_dir()
    found = {path for pattern in PATTERNS for path in folder.glob(pattern)}
    note = ""
    if store.kind == "sqlite":
        file = sqlite_path(store, folder)
        found |= set(file.parent.glob(f"{file.name}*"))
    elif store.kind == "influx":
        note = f"the bucket {store.bucket} at {store.url} was not touched"
    return sorted(path for path in found if path.is_file()), note


def forget_on_broker(config: Path | None) -> str:
    """Make a broker of the wearer's own forget what it retains; return what came of it."""
    loaded = load(config).config
    if not loaded.mqtt.host:
        return ""
    connection = Connection.of(loaded.mqtt, password=mqtt_password(loaded) or "")
    try:
        topics = asyncio.run(forget_retained(connection, loaded.wearer.id))
    except BrokerError as error:
        return f"the broker still retains the newest messages: {error}"
    return f"{len(topics)} retained messages deleted at {connection.address}"


def delete(files: list[Path]) -> None:
    """Delete files; raise CommandError naming the first that cannot be deleted."""
    for path in files:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise CommandError(f"cannot delete {path}: {error.strerror}") from error
