"""Sitting credit: what sitting uses up, and how time on the feet pays it back, in grades.

One `Ledger` follows one load (sitting, or standing still). Every second of the load adds a second.
A break starts with the first second of relief and pays back a share of the load:

* less than `half_s` of relief: nothing,
* from `half_s` to twice that: one half,
* from there to `full_s`: rising in a straight line,
* `full_s` and more: everything.

A share is taken of the load or of `cap_s`, whichever is less, so that coming back from a short
break after a very long bout never starts with a prompt. Seconds that are neither load nor relief
(unknown, off the body, no data) change nothing; an hour without any load starts afresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from ingest.records import PostureState

TOLERATED_LOAD_S: Final = 20.0  # adjusting the chair inside a break does not end it
TOLERATED_NEUTRAL_S: Final = 120.0  # so much unknown time inside a break ends it
RESET_S: Final = 3600.0  # longer than any break; what came before says nothing about this sitting
WORTH_PAYING_S: Final = 60.0  # less load than this leaves nothing to take a break from


@dataclass(frozen=True, slots=True)
class LedgerParams:
    """What one ledger counts.

    Attributes:
        load: the states that use credit up.
        relief: the states that pay it back.
        half_s: seconds of relief that pay back one half.
        full_s: seconds of relief that pay back everything.
        cap_s: most load a part payment starts from.
    """

    load: frozenset[PostureState]
    relief: frozenset[PostureState]
    half_s: float
    full_s: float
    cap_s: float


class LedgerState(Struct):
    """What evolves; times are Timeline seconds.

    Attributes:
        load_s: load before the break under way.
        relief_s: relief of the break under way, 0 when none is.
        load_in_break_s: load inside the break under way.
        neutral_s: neither, inside the break under way.
        break_start_s: start of the break under way.
        relief_end_s: end of its last second of relief.
        paid: whether the break under way has paid back everything already.
        end_s: end of the newest second, whatever it was.
        load_end_s: end of the newest second of load.
    """

    load_s: float = 0.0
    relief_s: float = 0.0
    load_in_break_s: float = 0.0
    neutral_s: float = 0.0
    break_start_s: float | None = None
    relief_end_s: float | None = None
    paid: bool = False
    end_s: float | None = None
    load_end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """A break that paid something back.

    Attributes:
        start_s: start of its first second of relief.
        end_s: end of its last second of relief so far.
        relief_s: seconds of relief inside.
        share: 0.5 to 1.
        before_s: load when it began.
        after_s: load that is left.
    """

    start_s: float
    end_s: float
    relief_s: float
    share: float
    before_s: float
    after_s: float


def paid_share(relief_s: float, *, half_s: float, full_s: float) -> float:
    """Return the share of the load that `relief_s` seconds pay back, 0 to 1."""
    if relief_s >= full_s:
        return 1.0
    if relief_s < half_s:
        return 0.0
    flat_until_s = min(2 * half_s, full_s)
    if relief_s <= flat_until_s:
        return 0.5
    return 0.5 + 0.5 * (relief_s - flat_until_s) / (full_s - flat_until_s)


class Ledger:
    """Counts one load, second by second, in order of time."""

    def __init__(self, params: LedgerParams, state: LedgerState | None = None) -> None:
        self.params = params
        self.state = state or LedgerState()

    @property
    def load_s(self) -> float:
        """Load in force: what was used up less what the break under way has paid back so far."""
        return self._left_s() + self.state.load_in_break_s

    @property
    def break_s(self) -> float:
        """Seconds of relief of the break under way, 0 when none is."""
        return self.state.relief_s

    def feed(self, t_s: float, posture: PostureState, *, seconds: float = 1.0) -> Credit | None:
        """Count [t_s, t_s + seconds), all in one state; return the break it completed, if any.

        A run counts like its single seconds would. What lies before the newest second is ignored:
        what was decided stays decided.
        """
        state = self.state
        if state.end_s is not None and t_s < state.end_s:
            return None
        gap_s = 0.0 if state.end_s is None else t_s - state.end_s
        credit = self._add_neutral(gap_s) if gap_s > 0 else None
        self._forget_long_ago(t_s)
        state.end_s = t_s + seconds
        if posture in self.params.load:
            return self._add_load(t_s + seconds, seconds) or credit
        credit = self._add_free(t_s, posture, seconds) or credit
        self._forget_long_ago(t_s + seconds - 1)
        return credit

    def _add_free(self, t_s: float, posture: PostureState, seconds: float) -> Credit | None:
        if posture in self.params.relief:
            return self._add_relief(t_s, seconds)
        return self._add_neutral(seconds)

    def _forget_long_ago(self, t_s: float) -> None:
        """Start afresh when the last load lies more than RESET_S before `t_s`."""
        state = self.state
        if state.load_end_s is not None and t_s - state.load_end_s > RESET_S:
            state.load_s = 0.0
            state.load_end_s = None

    def _add_load(self, end_s: float, seconds: float) -> Credit | None:
        state = self.state
        state.load_end_s = end_s
        if state.break_start_s is None:
            state.load_s += seconds
            return None
        state.load_in_break_s += seconds
        return self._close() if state.load_in_break_s > TOLERATED_LOAD_S else None

    def _add_relief(self, t_s: float, seconds: float) -> Credit | None:
        state = self.state
        if state.break_start_s is None:
            state.break_start_s = t_s
        until_full_s = self.params.full_s - state.relief_s
        state.relief_s += seconds
        state.relief_end_s = t_s + seconds
        if state.paid or seconds < until_full_s:
            return None
        credit = self._credit(state.break_start_s, t_s + until_full_s, relief_s=self.params.full_s)
        state.load_s = state.load_in_break_s = 0.0
        state.paid = True
        return credit

    def _add_neutral(self, seconds: float) -> Credit | None:
        state = self.state
        if state.break_start_s is None:
            return None
        state.neutral_s += seconds
        return self._close() if state.neutral_s > TOLERATED_NEUTRAL_S else None

    def _close(self) -> Credit | None:
        """End the break under way and book what it paid back."""
        state = self.state
        credit = None
        if state.break_start_s is not None and state.relief_end_s is not None:
            credit = self._credit(state.break_start_s, state.relief_end_s, relief_s=state.relief_s)
        state.load_s = self._left_s() + state.load_in_break_s
        state.relief_s = state.load_in_break_s = state.neutral_s = 0.0
        state.break_start_s = state.relief_end_s = None
        state.paid = False
        return credit

    def _credit(self, start_s: float, end_s: float, *, relief_s: float) -> Credit | None:
        before_s = self.state.load_s
        if self._share() == 0 or self.state.paid or before_s < WORTH_PAYING_S:
            return None
        return Credit(
            start_s=start_s,
            end_s=end_s,
            relief_s=relief_s,
            share=self._share(),
            before_s=before_s,
            after_s=self._left_s(),
        )

    def _share(self) -> float:
        params = self.params
        return paid_share(self.state.relief_s, half_s=params.half_s, full_s=params.full_s)

    def _left_s(self) -> float:
        share = self._share()
        if share == 0:
            return self.state.load_s
        return (1 - share) * min(self.state.load_s, self.params.cap_s)
