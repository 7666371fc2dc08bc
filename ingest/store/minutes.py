"""A minute as a store keeps it once its single seconds are gone, or never were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Final

from msgspec import Meta, Struct

from ingest.records import DEFAULT_POSITION, NO_DATA, Name, PostureState, UtcSeconds
from ingest.store.base import Totals

MINUTE_S: Final = 60
STATES: Final = tuple(state.value for state in PostureState)
"""Order of the columns of seconds by state."""

Count = Annotated[int, Meta(ge=0, le=MINUTE_S)]


class Minute(Struct, frozen=True, kw_only=True):
    """One wall minute of one strap.

    Attributes:
        t_s: UTC seconds of its start, a multiple of 60.
        sitting … unknown: seconds in that state; together at most 60, the rest is no-data.
        sagittal_sum_deg: sum of the inclinations of the seconds that have one.
        sagittal_n: how many seconds those are.
    """

    wearer: Name
    position: Name = DEFAULT_POSITION
    t_s: UtcSeconds
    sitting: Count = 0
    standing: Count = 0
    moving: Count = 0
    lying: Count = 0
    off_body: Count = 0
    unknown: Count = 0
    sagittal_sum_deg: float = 0.0
    sagittal_n: Count = 0

    def __post_init__(self) -> None:
        if self.t_s % MINUTE_S:
            raise ValueError(f"a minute starts at a multiple of 60 s, not at {self.t_s}")
        if sum(self.counts) > MINUTE_S or self.sagittal_n > MINUTE_S:
            raise ValueError(f"the minute at {self.t_s} has more than 60 seconds")

    @property
    def counts(self) -> tuple[int, ...]:
        """Seconds by state, in the order of STATES."""
        return (
            self.sitting,
            self.standing,
            self.moving,
            self.lying,
            self.off_body,
            self.unknown,
        )


class Tally:
    """Sums rows of seconds by state; `totals` closes the sum with no-data."""

    def __init__(self) -> None:
        self._counts = [0] * len(STATES)
        self._sagittal_sum_deg = 0.0
        self._sagittal_n = 0.0

    def add(self, row: Iterable[float | None]) -> None:
        """Add a row (one number per state, sum of the inclination, its count); None counts as 0."""
        *counts, sagittal_sum, sagittal_n = (value or 0 for value in row)
        for i, count in enumerate(counts):
            self._counts[i] += int(count)
        self._sagittal_sum_deg += sagittal_sum
        self._sagittal_n += sagittal_n

    def add_part(self, row: tuple[float, ...], from_s: int, to_s: int) -> None:
        """Add the seconds [from_s, to_s) of a minute of which only the sums are known.

        Its seconds are taken to lie in the order of STATES, no-data last, so that parts of the
        minute are whole seconds and add up to it.
        """
        *counts, sagittal_sum, sagittal_n = row
        share = (to_s - from_s) / MINUTE_S
        parts: list[float] = []
        start = 0.0
        for count in counts:
            parts.append(max(0.0, min(to_s, start + count) - max(from_s, start)))
            start += count
        self.add((*parts, sagittal_sum * share, sagittal_n * share))

    @property
    def empty(self) -> bool:
        """Whether no second was added."""
        return not any(self._counts)

    def minute(self, wearer: str, position: str, t_s: int) -> Minute:
        """Return the sums as the minute that begins at `t_s`."""
        return Minute(
            wearer=wearer,
            position=position,
            t_s=t_s,
            sagittal_sum_deg=self._sagittal_sum_deg,
            sagittal_n=int(self._sagittal_n),
            **dict(zip(STATES, self._counts, strict=True)),
        )

    def totals(self, from_s: int, to_s: int) -> Totals:
        """Return the totals of [from_s, to_s); what no row covered is no-data."""
        by_state: Mapping[str, float] = dict(zip(STATES, map(float, self._counts), strict=True))
        mean = self._sagittal_sum_deg / self._sagittal_n if self._sagittal_n else None
        missing = float(to_s - from_s - sum(self._counts))
        return Totals(from_s, to_s, {**by_state, NO_DATA: missing}, mean)
