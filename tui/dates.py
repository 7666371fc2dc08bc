"""Dates as people type them."""

from __future__ import annotations

import argparse
import datetime as dt


def a_date(text: str) -> dt.date:
    """Return a date; raise ArgumentTypeError for anything but 2026-01-05."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write it 2026-01-05") from None
