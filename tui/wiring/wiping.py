"""Which files hold what was recorded, and deleting them."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Final

from ingest.delivery.connection import Connection
from ingest.errors import BrokerError, StoreError
from ingest.retained import forget_retained
from ingest.store.open import open_influx, sqlite_path
from sensor.recording_format import is_recording
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
    "copy-*.journal",
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


def recorded_files(config: Path | None, recordings: Path | None) -> list[Path]:
    """Return the files, with the raw recordings of a folder if one is given."""
    store = load(config).config.store
    folder = paths.data_dir()
    found = {path for pattern in PATTERNS for path in folder.glob(pattern)}
    if store.kind == "sqlite":
        file = sqlite_path(store, folder)
        found |= set(file.parent.glob(f"{file.name}*"))
    if recordings is not None:
        found |= _recordings_in(recordings)
    return sorted(path for path in found if path.is_file())


def _recordings_in(folder: Path) -> set[Path]:
    try:
        return {path for path in folder.iterdir() if path.is_file() and is_recording(path)}
    except OSError as error:
        raise CommandError(f"cannot read {folder}: {error.strerror}") from error


def bucket_of(config: Path | None) -> str:
    """Return what is kept of the wearer in InfluxDB, in words; "" where it is not used."""
    loaded = load(config).config
    if loaded.store.kind != "influx":
        return ""
    return f"everything of {loaded.wearer.id} in the bucket {loaded.store.bucket}"


def forget_in_bucket(config: Path | None) -> str:
    """Delete the wearer's points in InfluxDB; return what came of it ("" where it is not used)."""
    what = bucket_of(config)
    if not what:
        return ""
    from ingest.store.influx_care import forget

    loaded = load(config).config
    try:
        with closing(open_influx(loaded.store, data_dir=paths.data_dir())) as store:
            forget(store, loaded.wearer.id)
    except StoreError as error:
        return f"{what} is still there: {error}"
    return f"{what} was deleted"


def forget_on_broker(config: Path | None) -> str:
    """Make a broker of the wearer's own forget what it retains; return what came of it."""
    loaded = load(config).config
    if not loaded.mqtt.host:
        return ""
    connection = Connection.of(loaded.mqtt, password=mqtt_password(loaded) or "")
    try:
        seen = asyncio.run(forget_retained(connection, loaded.wearer.id))
    except BrokerError as error:
        return f"the broker still retains the newest messages: {error}"
    return f"{connection.address} was told to forget what it retains of you ({len(seen)} seen)"


def delete(files: list[Path]) -> None:
    """Delete files; raise CommandError naming the first that cannot be deleted."""
    for path in files:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise CommandError(f"cannot delete {path}: {error.strerror}") from error
