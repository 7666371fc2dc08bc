"""Dates as people type them."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Final

YEARS: Final = range(1970, 9000)  # so that the days around a date are dates, too


def a_date(text: str) -> dt.date:
    """Return a date since 1970; raise ArgumentTypeError for anything but 2026-01-05."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = dt.date.min
    if day.year not in YEARS:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write it 2026-01-05")
    return day
