"""Bouts: stretches of one state, with short interruptions counted instead of cutting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from ingest.records import Bout, PostureState, Second

MAX_INTERRUPTION_S: Final = 15  # getting up for less than this is not a break and ends no bout
MAX_SILENCE_S: Final = 60  # a longer stretch without data ends a bout: nobody knows what happened
BOUT_STATES: Final = frozenset(
    {
        PostureState.SITTING,
        PostureState.STANDING,
        PostureState.MOVING,
        PostureState.LYING,
        PostureState.OFF_BODY,
    }
)


@dataclass(slots=True)
class OpenBout:
    """A bout that has not ended.

    Attributes:
        state: its state.
        start_s, end_s: its seconds so far [start_s, end_s), without a trailing interruption.
    """

    state: PostureState
    start_s: int
    end_s: int
    interruptions: int = 0
    interrupted_s: int = 0
    angle_sum_deg: float = 0.0
    angle_count: int = 0

    def add(self, second: Second) -> None:
        """Let a second of the bout's own state extend it."""
        self.end_s = second.t_s + 1
        if second.sagittal_deg is not None:
            self.angle_sum_deg += second.sagittal_deg
            self.angle_count += 1


@dataclass(slots=True)
class BoutTracker:
    """Turns decided seconds into bouts.

    A bout ends when something else has lasted `MAX_INTERRUPTION_S`, or at a silence longer than
    `MAX_SILENCE_S`; what interrupted it for longer becomes the next bout, from its own start.
    """

    session_ms: int
    position: str
    rule: str
    open: OpenBout | None = None
    _aside: list[Second] = field(default_factory=list)

    def feed(self, second: Second) -> list[Bout]:
        """Return the bouts that this second ends."""
        ended: list[Bout] = []
        last_s = self._aside[-1].t_s + 1 if self._aside else self.open.end_s if self.open else None
        if last_s is not None and second.t_s - last_s > MAX_SILENCE_S:
            ended += self.close()
        if self.open is not None and second.state is self.open.state:
            self._resume(second)
            return ended
        self._aside.append(second)
        if self.open is None or second.t_s - self._aside[0].t_s + 1 > MAX_INTERRUPTION_S:
            ended += self._turn_over()
        return ended

    def close(self) -> list[Bout]:
        """Return the open bout as it stands and forget it."""
        ended = [] if self.open is None else [self._record(self.open)]
        self.open, self._aside = None, []
        return ended

    def _resume(self, second: Second) -> None:
        assert self.open is not None  # noqa: S101 - narrowed by the caller
        if self._aside:
            self.open.interruptions += 1
            self.open.interrupted_s += second.t_s - self.open.end_s
            self._aside = []
        self.open.add(second)

    def _turn_over(self) -> list[Bout]:
        """End the open bout and begin the one whose state filled most of the interruption."""
        aside = self._aside
        ended = self.close()
        counts: dict[PostureState, int] = {}
        for second in aside:
            counts[second.state] = counts.get(second.state, 0) + 1
        state = max(counts, key=lambda s: (counts[s], s.value))
        if state not in BOUT_STATES:
            return ended
        for second in aside:
            if self.open is None:
                if second.state is state:
                    self.open = OpenBout(state, second.t_s, second.t_s + 1)
                    self.open.add(second)
            elif second.state is state:
                self._resume(second)
            else:
                self._aside.append(second)
        return ended

    def _record(self, bout: OpenBout) -> Bout:
        mean = bout.angle_sum_deg / bout.angle_count if bout.angle_count else None
        return Bout(
            start_ms=bout.start_s * 1000,
            end_ms=bout.end_s * 1000,
            session=self.session_ms,
            position=self.position,
            state=bout.state,
            interruptions=bout.interruptions,
            interrupted_s=bout.interrupted_s,
            mean_sagittal_deg=None if mean is None else round(mean, 2),
            rule=self.rule,
        )

    def checkpoint(self) -> dict[str, Any]:
        """Return the open bout and what interrupts it in plain values."""
        bout = self.open
        return {
            "open": None if bout is None else {n: getattr(bout, n) for n in OpenBout.__slots__},
            "aside": msgspec.to_builtins(self._aside),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up the bout of a checkpoint."""
        self._aside = msgspec.convert(saved["aside"], list[Second])
        if saved["open"] is not None:
            self.open = OpenBout(**{**saved["open"], "state": PostureState(saved["open"]["state"])})
