"""Where messages go that nobody can use: a bounded file, one JSON object a line."""

from __future__ import annotations

import base64
import logging
import os
from pathlib import Path
from typing import Final

import msgspec

from sensor.owned import owner_only

logger = logging.getLogger(__name__)

MAX_BYTES: Final = 4 * 1024 * 1024  # then the file is turned over once: at most twice as much
MAX_PAYLOAD_BYTES: Final = 64 * 1024  # of one payload; the rest says nothing more
LOG_EVERY: Final = 100


class Refusals:
    """Counts refused messages and logs the first and then one in a hundred: floods are cheap."""

    def __init__(self) -> None:
        self.count = 0

    def note(self, why: str) -> None:
        """Count one more."""
        self.count += 1
        if self.count == 1 or self.count % LOG_EVERY == 0:
            logger.warning("%d messages were refused so far; the newest: %s", self.count, why[:200])


class DeadLetters:
    """Keeps refused messages with the reason, and counts them; `path` None only counts."""

    def __init__(self, path: Path | None) -> None:
        self.refusals = Refusals()
        self._path = path
        self._failing = False

    @property
    def count(self) -> int:
        """Return how many messages were refused."""
        return self.refusals.count

    def add(self, *, topic: str, payload: bytes, why: str, at_ms: int) -> bool:
        """Return whether the message is on disk now."""
        self.refusals.note(f"{topic}: {why}")
        if self._path is None:
            return False
        line = {
            "at_ms": at_ms,
            "topic": topic[:200],
            "why": why[:400],
            "bytes": len(payload),
            "payload_base64": base64.b64encode(payload[:MAX_PAYLOAD_BYTES]).decode(),
        }
        try:
            self._write(self._path, msgspec.json.encode(line) + b"\n")
        except OSError as error:
            if not self._failing:
                logger.error("cannot keep refused messages in %s: %s", self._path, error)
            self._failing = True
        else:
            self._failing = False
        return not self._failing

    def _write(self, path: Path, line: bytes) -> None:
        if path.exists() and path.stat().st_size + len(line) > MAX_BYTES:
            path.replace(path.with_suffix(path.suffix + ".1"))
        with open(path, "ab", opener=owner_only) as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
