"""How prompts were answered by the body, under the names that screens and reports use."""

from __future__ import annotations

from typing import Final

from monitor.summary import REFERENCE, WINDOWS_S
from monitor.summary import ResponseRates as ResponseRate
from monitor.summary import response_rates as response_rate

__all__ = ["PUBLISHED", "WITHIN_MIN", "ResponseRate", "response_rate"]

WITHIN_MIN: Final = tuple(round(window_s / 60) for window_s in WINDOWS_S)
PUBLISHED: Final = REFERENCE
"""Stood up within 1, 3, 5 min of a prompt after 30 min (Compernolle 2021, 26 older adults)."""
