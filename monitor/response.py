"""What the body does after a prompt, measured: up within one, three or five minutes."""

from __future__ import annotations

from typing import Final

from ingest.records import Event, PostureState, Second
from monitor.state import MonitorState, Watch

UP_FOR_S: Final = 5.0  # in a row; shorter is a shift in the chair
WINDOW_S: Final = 300.0  # the longest of the published windows (Compernolle 2021: 1, 3, 5 min)
SILENCE_S: Final = 60.0  # no data for so long after the window ends the measurement

RELIEF: Final = {
    "sitting": frozenset({PostureState.STANDING, PostureState.MOVING}),
    "standing": frozenset({PostureState.SITTING, PostureState.MOVING, PostureState.LYING}),
}


def follow(state: MonitorState, second: Second, now_s: float) -> Event | None:
    """Look at one second; return the response once the body has given it or the window is over."""
    watch = state.watch
    if watch is None or second.t_s + 1 <= watch.t_s:
        return None
    if second.state in RELIEF[watch.topic]:
        if watch.relief_start_s is None:
            watch.relief_start_s = float(second.t_s)
        watch.relief_s += 1
    else:
        watch.relief_s, watch.relief_start_s = 0.0, None
    if watch.relief_s >= UP_FOR_S:
        return finish(state, now_s)
    in_progress = watch.relief_start_s is not None
    return finish(state, now_s) if second.t_s >= watch.t_s + WINDOW_S and not in_progress else None


def give_up(state: MonitorState, now_s: float) -> Event | None:
    """Return the response when the data went silent and the window has long passed."""
    watch = state.watch
    if watch is None or now_s < watch.t_s + WINDOW_S + SILENCE_S:
        return None
    return finish(state, now_s)


def finish(state: MonitorState, now_s: float) -> Event | None:
    """End the measurement under way and return its event, or None when there is none."""
    watch, state.watch = state.watch, None
    if watch is None:
        return None
    after_s = _after_s(watch)
    return Event(
        kind="response",
        t_ms=round(now_s * 1000),
        data={
            "nudge": watch.nudge,
            "rung": watch.rung,
            "topic": watch.topic,
            "stood_up": after_s is not None,
            "now_s": now_s,
            "answer": watch.answer,
            **({} if after_s is None else {"after_s": after_s}),
        },
    )


def _after_s(watch: Watch) -> float | None:
    if watch.relief_start_s is None or watch.relief_s < UP_FOR_S:
        return None
    return max(watch.relief_start_s - watch.t_s, 0.0)
