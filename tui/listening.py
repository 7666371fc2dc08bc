"""What a dashboard remembers of the stream of facts: the newest of each, and the last angles."""

from __future__ import annotations

from collections import deque
from typing import Final

from ingest.messages import AngleMessage, PostureMessage
from tui.facts import Fact
from tui.live import Live, timeline_of
from tui.plots import Point

TRAIL: Final = 600  # ten minutes of the trace at one angle a second
ANGLES: Final = 600  # half a minute of the live trace at 20 angles a second


class Listener:
    """Folds facts; draws nothing.

    Attributes:
        newest: the newest of everything.
        trail: (posture time, degrees), one a second.
        angles: (posture time, degrees) of the live trace.
        trace: the live trace itself.
    """

    def __init__(self) -> None:
        self.newest = Live()
        self.trail: deque[Point] = deque(maxlen=TRAIL)
        self.angles: deque[Point] = deque(maxlen=ANGLES)
        self.trace: deque[AngleMessage] = deque(maxlen=ANGLES)
        self._timeline = timeline_of(None)

    @property
    def now_s(self) -> float:
        """Posture time by the announced Timeline."""
        return self._timeline.now()

    @property
    def rate(self) -> float:
        """How many seconds of posture time pass in one of the wall; 0 while none is announced."""
        mark = self.newest.mark
        return 0.0 if mark is None else mark.rate

    def take(self, fact: Fact) -> bool:
        """Take one fact; return whether there is something new to draw outside a drill."""
        before = self.newest
        self.newest = before.after(fact)
        if self.newest.mark is not before.mark:
            self._timeline = timeline_of(self.newest.mark)
        if self.newest.posture is not None and self.newest.posture is not before.posture:
            self._remember(self.newest.posture)
        if isinstance(fact, AngleMessage):
            self.angles.append((fact.t_ms / 1000, fact.sagittal_deg))
            self.trace.append(fact)
            return False
        return True

    def _remember(self, posture: PostureMessage) -> None:
        if posture.sagittal_deg is None:
            return
        t_s = posture.t_ms / 1000
        if not self.trail or t_s - self.trail[-1][0] >= 1.0:
            self.trail.append((t_s, posture.sagittal_deg))
