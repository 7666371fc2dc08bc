"""Durations as people type them: 90, 90s, 30m, 8h, 1h30m."""

from __future__ import annotations

import argparse
import re

_UNIT_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def duration_s(text: str) -> float:
    """Return seconds; a plain number is seconds. Raises ArgumentTypeError for anything else."""
    compact = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", compact):
        return float(compact)
    parts = _PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 90s, 30m, 8h or 1h30m")
    return sum(float(number) * _UNIT_S[unit] for number, unit in parts)
