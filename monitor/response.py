"""What the body does after a prompt, measured: up within one, three or five minutes."""

from __future__ import annotations

from typing import Final

from ingest.records import Event, PostureState
from monitor.novelty import REMEMBERED
from monitor.state import MonitorState, Stretch, Watch

UP_FOR_S: Final = 5.0  # in a row; shorter is a shift in the chair
WINDOW_S: Final = 300.0  # the longest of the published windows (Compernolle 2021: 1, 3, 5 min)
SILENCE_S: Final = 60.0  # no data for so long after the window ends the measurement

RELIEF: Final = {
    "sitting": frozenset({PostureState.STANDING, PostureState.MOVING}),
    "standing": frozenset({PostureState.SITTING, PostureState.MOVING, PostureState.LYING}),
}


def follow(state: MonitorState, stretch: Stretch, now_s: float) -> Event | None:
    """Look at one stretch; return the response once the body gave it or the window is over."""
    watch = state.watch
    start_s = stretch.t_s
    if watch is None or start_s + stretch.seconds <= watch.t_s:
        return None
    if stretch.state in RELIEF[watch.topic]:
        if watch.relief_start_s is None:
            watch.relief_start_s = max(start_s, watch.t_s)
        watch.relief_s += stretch.seconds
    else:
        watch.relief_s, watch.relief_start_s = 0.0, None
    late = (watch.relief_start_s or start_s + stretch.seconds - 1) >= watch.t_s + WINDOW_S
    if watch.relief_s >= UP_FOR_S or (late and watch.relief_start_s is None):
        return finish(state, now_s)
    return None


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
    if watch.rung != "hint":
        state.responses = [*state.responses, after_s is not None][-REMEMBERED:]
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
    after_s = watch.relief_start_s - watch.t_s
    return after_s if after_s <= WINDOW_S else None
