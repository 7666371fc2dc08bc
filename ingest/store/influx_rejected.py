"""Where points go that InfluxDB will never take: a bounded file, one JSON object a line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from ingest.errors import StoreUnavailableError
from sensor.owned import owner_only

MAX_BYTES: Final = 4 * 1024 * 1024  # then the file is turned over once: at most twice as much


class RejectedLines:
    """Keeps refused points with the server's reason."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, line: str, reason: str) -> None:
        """Write a point durably; raise StoreUnavailableError when the disk will not take it."""
        entry = msgspec.json.encode({"reason": reason, "line": line}) + b"\n"
        try:
            self._turn_over(len(entry))
            with open(self._path, "ab", opener=owner_only) as file:
                file.write(entry)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreUnavailableError(
                f"a refused point cannot be kept in {self._path} ({error.strerror})",
                "make room and give access to the file; it is tried again",
            ) from error

    def _turn_over(self, coming: int) -> None:
        if self._path.exists() and self._path.stat().st_size + coming > MAX_BYTES:
            self._path.replace(self._path.with_suffix(self._path.suffix + ".1"))
