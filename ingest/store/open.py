"""Opens the store that the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ingest.errors import StoreRefusedError
from ingest.settings import StoreSettings
from ingest.store.base import Store
from ingest.store.sqlite import SqliteStore

DEFAULT_FILE: Final = "history.sqlite"


def sqlite_path(settings: StoreSettings, data_dir: Path) -> Path:
    """Return where the SQLite file of these settings is; a relative path is below `data_dir`."""
    return data_dir / Path(settings.path or DEFAULT_FILE).expanduser()


def open_store(settings: StoreSettings, *, data_dir: Path, read_only: bool = False) -> Store:
    """Open the configured store; raise StoreError with advice when it cannot be used now."""
    if settings.kind == "sqlite":
        return SqliteStore(sqlite_path(settings, data_dir), read_only=read_only)
    if settings.kind == "influx":
        raise StoreRefusedError("the InfluxDB store is not built yet: set store.kind to sqlite")
    raise StoreRefusedError("no history is kept: store.kind is none in the configuration")
