"""Opens the store that the settings name."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ingest.delivery.connection import is_loopback
from ingest.errors import StoreRefusedError
from ingest.settings import StoreSettings
from ingest.store.copying import CompleteStore
from ingest.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from ingest.store.influx import InfluxStore

DEFAULT_FILE: Final = "history.sqlite"
REJECTED_FILE: Final = "influx-rejected.jsonl"
TOKEN_VARIABLE: Final = "LUMBAR_INFLUX_TOKEN"  # noqa: S105 - the name, not the token

_TOKEN: Final = re.compile(r"[!-~]+")
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def open_store(
    settings: StoreSettings, *, data_dir: Path, read_only: bool = False
) -> CompleteStore:
    """Open the configured store; raise StoreError with advice when it cannot be used now."""
    if settings.kind == "sqlite":
        return SqliteStore(sqlite_path(settings, data_dir), read_only=read_only)
    if settings.kind == "influx":
        return open_influx(settings, data_dir=data_dir)
    raise StoreRefusedError("no history is kept: store.kind is none in the configuration")


def sqlite_path(settings: StoreSettings, data_dir: Path) -> Path:
    """Return where the SQLite file of these settings is; a relative path is below `data_dir`."""
    return data_dir / Path(settings.path or DEFAULT_FILE).expanduser()


def open_influx(settings: StoreSettings, *, data_dir: Path) -> InfluxStore:
    """Return the InfluxDB store; refused lines go to a file in `data_dir`."""
    # The client costs half a second to import, so it is loaded only where it is used.
    from ingest.store.influx import InfluxStore  # noqa: PLC0415
    from ingest.store.influx_rejected import RejectedLines  # noqa: PLC0415
    from ingest.store.influx_server import Address  # noqa: PLC0415

    for key in ("url", "org", "bucket"):
        if not getattr(settings, key):
            raise StoreRefusedError(f"store.{key} is not set, and store.kind influx needs it")
    _check_url(settings)
    token = influx_token(settings)
    if not token:
        raise StoreRefusedError(f"InfluxDB needs a token: set store.token_file or {TOKEN_VARIABLE}")
    if not _TOKEN.fullmatch(token):
        raise StoreRefusedError(
            f"the token in store.token_file or {TOKEN_VARIABLE} is none: "
            "one line of plain letters, digits and signs, and nothing else"
        )
    address = Address(
        settings.url.rstrip("/"), settings.org, settings.bucket, token, settings.ca_file
    )
    return InfluxStore(address, dead_letter=RejectedLines(data_dir / REJECTED_FILE).keep)


def _check_url(settings: StoreSettings) -> None:
    """Refuse what is no web address, and one that would show the token to the network."""
    try:
        url = urlsplit(settings.url)
    except ValueError:
        url = urlsplit("")
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise StoreRefusedError("store.url must be an address such as http://127.0.0.1:8086")
    if url.scheme == "http" and not (settings.allow_plain or is_loopback(url.hostname)):
        raise StoreRefusedError(
            f"http would show the token on the way to {url.hostname}: use https in store.url "
            "(or set store.allow_plain = true if you accept that)"
        )


def influx_token(settings: StoreSettings, environ: Mapping[str, str] = os.environ) -> str:
    """Return the token from the environment or a file that only its owner can read."""
    if TOKEN_VARIABLE in environ or not settings.token_file:
        return environ.get(TOKEN_VARIABLE, "")
    path = Path(settings.token_file).expanduser()
    try:
        if os.name == "posix" and path.stat().st_mode & _OTHERS:
            raise StoreRefusedError(f"{path} can be read by others: run `chmod 600 {path}`")
        return path.read_text(encoding="utf-8-sig", errors="replace").strip()
    except OSError as error:
        raise StoreRefusedError(
            f"the token file {path} cannot be read: {error.strerror}"
        ) from error
