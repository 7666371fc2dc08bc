"""Whether the body is ready for a session that starts now: warm, and not fresh from slumping.

The creep-aware gate: no load and no end of the range right after a long slumped bout. Where the
wearer's own range is calibrated it follows the end-range load (`monitor.slump`); where it is not,
half an hour of sitting closes it and two minutes on the feet open it, the time in which half of the
stiffness comes back (McGill & Brown 1992).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ingest.past.figures import own_range
from ingest.records import PostureState, Second
from monitor.drills.plan import Body
from monitor.slump import SlumpState, crept, follow_load, seated_percent

if TYPE_CHECKING:
    from ingest.past.history import History

LOOK_BACK_S: Final = 3600  # older load has faded
WARM_WINDOW_S: Final = 600.0
WARM_UP_S: Final = 300
LONG_SEATED_S: Final = 1800
STOOD_S: Final = 120
UP: Final = frozenset({PostureState.STANDING, PostureState.MOVING})


def ready(history: History, now_s: int) -> Body:
    """Return what the history of the last hour says of the body, by the wearer's own range.

    Raises StoreError when the history cannot be read.
    """
    since_s = now_s - LOOK_BACK_S
    seconds = history.trace(since_s, now_s)
    own = own_range(seconds, history.own_ranges(since_s, now_s))
    return body_now(seconds, None if own is None else (own.lean_back_deg, own.slump_deg), now_s)


def body_now(seconds: Sequence[Second], own: tuple[float, float] | None, now_s: float) -> Body:
    """Return what the seconds of the last hour say; `own` is the range (lean back, slump)."""
    recent = [second for second in seconds if second.t_s >= now_s - WARM_WINDOW_S]
    warm = sum(second.state in UP for second in recent) >= WARM_UP_S
    slumped = _sat_long(seconds, now_s) if own is None else _crept(seconds, own, now_s)
    return Body(warm=warm, crept=slumped)


def _crept(seconds: Sequence[Second], own: tuple[float, float], now_s: float) -> bool:
    state = SlumpState()
    for second in seconds:
        follow_load(state, second.t_s, seated_percent(second.state, second.sagittal_deg, own))
    follow_load(state, now_s, None, seconds=0.0)
    return crept(state)


def _sat_long(seconds: Sequence[Second], now_s: float) -> bool:
    """Return whether half an hour was sat since the last two minutes on the feet or unseen."""
    seated_s = relieved_s = 0
    last_s: int | None = None
    for second in seconds:
        silent_s = 0 if last_s is None else second.t_s - last_s - 1
        last_s = second.t_s
        if second.state is PostureState.SITTING and silent_s < STOOD_S:
            seated_s, relieved_s = seated_s + 1, 0
            continue
        relieved_s += 1
        if relieved_s >= STOOD_S or silent_s >= STOOD_S:
            seated_s = 0
    unseen_s = 0.0 if last_s is None else now_s - last_s
    return seated_s >= LONG_SEATED_S and unseen_s < STOOD_S
