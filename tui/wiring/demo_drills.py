"""The drills of the demo's past weeks: done where the simulated wearer was up for long enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from ingest.records import Bout, Event, PostureState
from monitor.drills.catalogue import Drill
from monitor.orders import Value
from tui.session import steps_of

PRACTICE_SHARE: Final = 0.7  # of the days worn
MILD_SHARE: Final = 0.25  # of the drills; nothing in the past hurt
MOST_A_DAY: Final = 2
SCREEN: Final = "simulated"


def practised(bouts: Sequence[Bout], drills: Sequence[Drill], *, seed: int) -> Iterator[Event]:
    """Yield the drills of one day's bouts, in order, as the player would have kept them.

    Each of `drills` has its turn, at the lowest dose, at the beginning of a bout that fits it:
    walks while moving, the others while standing.
    """
    if not bouts or not drills:
        return
    rng = np.random.default_rng([seed, bouts[0].start_ms // 1000])
    wanted = int(rng.integers(1, MOST_A_DAY + 1)) if rng.random() < PRACTICE_SHARE else 0
    turns = [drills[i] for i in rng.permutation(len(drills))]
    for bout in bouts:
        done = next((drill for drill in turns if _fits(drill, bout)), None)
        if wanted and done is not None:
            wanted -= 1
            turns.remove(done)
            yield _event(done, bout.start_ms, "mild" if rng.random() < MILD_SHARE else "fine")


def _fits(drill: Drill, bout: Bout) -> bool:
    state = PostureState.MOVING if drill.place == "walk" else PostureState.STANDING
    return bout.state is state and (bout.end_ms - bout.start_ms) / 1000 >= _length_s(drill)


def _length_s(drill: Drill) -> float:
    return sum(step.seconds for step in steps_of(drill))


def _event(drill: Drill, start_ms: int, rating: str) -> Event:
    length_s = _length_s(drill)
    data: dict[str, Value] = {
        "drill": drill.id,
        "now_s": start_ms / 1000 + length_s,
        "start_s": start_ms / 1000,
        "duration_s": length_s,
        "reps": drill.dose.reps,
        "rating": rating,
        "screen": SCREEN,
    }
    return Event(kind="drill", t_ms=round(start_ms + 1000 * length_s), data=data)
