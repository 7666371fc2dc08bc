"""What services in a process of their own said last."""

from __future__ import annotations

from pathlib import Path


def last_line(log: Path) -> str:
    """Return the reason that ended the services, which their log has last, or where to look."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1].removeprefix("lumbar: ") if lines else f"see {log}"
