"""What a simulated day proves: the truth of the wearer compared with the rows of the store.

Nothing here asks a service how well it did. The truth comes from the simulation (or from the
recording's own time stamps), the rest from the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.records import NO_DATA, TOTAL_KEYS, PostureState, Second


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of truth: the wearer was in `state` (or NO_DATA) during [from_s, to_s)."""

    state: str
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the seconds of the truth compare with the rows of the store.

    Attributes:
        expected: whole seconds during which the strap was heard.
        lost: expected seconds without a row.
        duplicates: rows beyond the first of a wall second.
    """

    expected: int
    lost: int
    duplicates: int


MARGIN_S: Final = 1.0  # a second that only partly carries samples may or may not have a row


def heard_seconds(truth: Sequence[Stretch], *, from_s: int, to_s: int) -> set[int]:
    """Return the whole seconds of [from_s, to_s) during which the strap was heard throughout."""
    heard: set[int] = set()
    for start, end in _joined(s for s in truth if s.state != NO_DATA):
        first = int(-(-max(start, from_s) // 1))
        heard.update(range(first, int(min(end, to_s))))
    return heard


def _joined(stretches: Iterable[Stretch]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    for stretch in stretches:
        if spans and stretch.from_s - spans[-1][1] < 1e-6:
            spans[-1] = (spans[-1][0], stretch.to_s)
        else:
            spans.append((stretch.from_s, stretch.to_s))
    return spans


def delivery(expected: set[int], stored_rows: Sequence[int]) -> Delivery:
    """Compare the seconds that must be there with the `t_s` of every row that is."""
    distinct = set(stored_rows)
    return Delivery(
        expected=len(expected),
        lost=len(expected - distinct),
        duplicates=len(stored_rows) - len(distinct),
    )


def truth_totals(truth: Sequence[Stretch], *, from_s: float, to_s: float) -> dict[str, float]:
    """Return the true seconds for each of TOTAL_KEYS; they add up to `to_s - from_s`."""
    totals = dict.fromkeys(TOTAL_KEYS, 0.0)
    for stretch in truth:
        inside = min(stretch.to_s, to_s) - max(stretch.from_s, from_s)
        totals[stretch.state] += max(inside, 0.0)
    totals[NO_DATA] += (to_s - from_s) - sum(totals.values())
    return totals


def agreement(truth: Sequence[Stretch], seconds: Sequence[Second]) -> float | None:
    """Return the share of known seconds whose state is the true one at their middle."""
    right = known = 0
    stretches = iter(truth)
    current = next(stretches, None)
    for second in seconds:
        middle = second.t_s + 0.5
        while current is not None and current.to_s <= middle:
            current = next(stretches, None)
        if current is None:
            break
        if second.state is PostureState.UNKNOWN or current.from_s > middle:
            continue
        known += 1
        right += second.state == current.state
    return right / known if known else None
