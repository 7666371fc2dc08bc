"""How prompts were answered by the body: measured, not assumed; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ingest.records import Event

WITHIN_MIN: Final = (1, 3, 5)
PUBLISHED: Final = (0.14, 0.22, 0.30)
"""Stood up within 1, 3, 5 min of a prompt after 30 min (Compernolle 2021, 26 older adults)."""


@dataclass(frozen=True, slots=True)
class ResponseRate:
    """Share of prompts after which the wearer stood up within 1, 3 and 5 minutes."""

    prompts: int
    within: tuple[float, float, float] | None


def response_rate(events: Iterable[Event]) -> ResponseRate:
    """Return the rate over all `response` events."""
    answers = [event.data for event in events if event.kind == "response"]
    if not answers:
        return ResponseRate(0, None)
    stood_s = [_after_s(data.get("after_s")) for data in answers if data.get("stood_up")]
    one, three, five = (
        sum(after_s <= minutes * 60 for after_s in stood_s) / len(answers) for minutes in WITHIN_MIN
    )
    return ResponseRate(len(answers), (one, three, five))


def _after_s(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("inf")
