"""The last ten minutes, kept ready so that "hurts now" is stored with what led up to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from ingest.messages import Reply
from ingest.records import Event, PostureState, Second
from monitor.orders import Outcome, Value
from monitor.state import MonitorState, Order

WINDOW_S: Final = 600
_UNKNOWN: Final = frozenset({PostureState.UNKNOWN, PostureState.OFF_BODY})


class Recent:
    """The seconds of the last ten minutes."""

    def __init__(self) -> None:
        self._seconds: deque[Second] = deque(maxlen=WINDOW_S)

    def add(self, second: Second) -> None:
        """Remember one second."""
        self._seconds.append(second)

    def mark(self, order: Order, state: MonitorState, load_s: float, now_s: float) -> Outcome:
        """Return the mark "hurts now" with a summary of the ten minutes before it."""
        command = order.command
        note = str(command.args.get("note") or "")[:400]
        window = [second for second in self._seconds if second.t_s >= now_s - WINDOW_S]
        data: dict[str, Value] = {
            "from_s": now_s - WINDOW_S,
            "to_s": now_s,
            "now_s": now_s,
            "note": note,
            "load_s": load_s,
            "state": None if state.posture is None else state.posture.value,
            "screen": command.screen,
            **_summary(window),
        }
        event = Event(kind="mark", t_ms=round(now_s * 1000), data=data)
        return Outcome(Reply(id=command.id, accepted=True, reason="saved"), (event,))


def _summary(window: Sequence[Second]) -> dict[str, Value]:
    known = [second for second in window if second.state not in _UNKNOWN]
    angles = [second.sagittal_deg for second in known if second.sagittal_deg is not None]
    return {
        "known_s": float(len(known)),
        "sitting_s": float(sum(second.state is PostureState.SITTING for second in known)),
        "sagittal_mean_deg": sum(angles) / len(angles) if angles else None,
        "sagittal_min_deg": min(angles, default=None),
        "sagittal_max_deg": max(angles, default=None),
        "calibration": window[-1].calibration if window else None,
    }
