"""The wearer knows better: a stretch of the past gets the state that they say it was.

A correction is a revision of a range: what was measured stays, the judgement is replaced. Decisions
that were taken on the old judgement (credit, nudges) stay as they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from ingest.measurement.bouts import BoutTracker
from ingest.records import NO_DATA, Bout, PostureState, Revision, Second
from ingest.store.base import Store, Window

RULE: Final = "wearer"  # who judged
MAX_LENGTH_S: Final = 12 * 3600
SETTLED_S: Final = 60  # younger seconds may still be on their way into the store


class RefusedError(Exception):
    """A correction that cannot be made; the message is for the wearer."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the wearer says: [from_s, to_s) in UTC seconds was `state`."""

    from_s: int
    to_s: int
    state: PostureState


def wish_of(args: Mapping[str, object], *, stored_until_s: float) -> Wish:
    """Return the arguments of the command, checked; raise RefusedError with the reason.

    `stored_until_s` is the time up to which every record is known to be in the store.
    """
    from_s, to_s, state = args.get("from_s"), args.get("to_s"), args.get("state")
    if type(from_s) is not int or type(to_s) is not int or not from_s < to_s:
        raise RefusedError("a correction needs whole seconds from_s before to_s")
    if to_s - from_s > MAX_LENGTH_S:
        raise RefusedError("at most twelve hours can be corrected at once")
    if to_s > stored_until_s:
        raise RefusedError("this is not all stored yet: try again in a minute")
    if state not in list(PostureState):
        raise RefusedError(f"a state is one of {', '.join(PostureState)}")
    return Wish(from_s, to_s, PostureState(str(state)))


def correct(store: Store, wearer: str, position: str, wish: Wish, *, rev: int) -> Revision:
    """Return the revision that makes `wish` true; raise RefusedError where that cannot be.

    It covers whole bouts, so that none is left cut; their seconds outside the wish stay as they
    were judged.
    """
    asked = (wish.from_s, wish.to_s)
    window = whole_bouts(store.bouts(wearer, position, asked), asked)
    kept = store.seconds(wearer, position, window)
    seconds = [_judged(s, wish) for s in kept]
    if not any(wish.from_s <= s.t_s < wish.to_s for s in seconds):
        raise RefusedError("nothing was measured then, or its single seconds are no longer kept")
    if not all_kept(store, wearer, position, window, kept):
        raise RefusedError("of a bout that reaches into it the single seconds are no longer kept")
    return Revision(
        position=position,
        from_s=window[0],
        to_s=window[1],
        rev=rev,
        reason=f"the wearer says {wish.state}",
        seconds=seconds,
        bouts=bouts_of(seconds, position, rule=RULE),
    )


def whole_bouts(bouts: list[Bout], window: Window) -> Window:
    """Return a window widened so that it cuts none of the bouts that reach into it."""
    from_s = min([window[0], *(bout.start_ms // 1000 for bout in bouts)])
    to_s = max([window[1], *(-(-bout.end_ms // 1000) for bout in bouts)])
    return from_s, to_s


def all_kept(
    store: Store, wearer: str, position: str, window: Window, seconds: Sequence[Second]
) -> bool:
    """Tell whether `seconds` are all there is of a window: no part of it is kept in minutes only.

    A revision of the window would forget that part.
    """
    [totals] = store.totals(wearer, position, [window])
    return window[1] - window[0] - totals.seconds[NO_DATA] == len(seconds)


def _judged(second: Second, wish: Wish) -> Second:
    if not wish.from_s <= second.t_s < wish.to_s:
        return second
    return msgspec.structs.replace(second, state=wish.state, confidence=1.0, rule=RULE)


def bouts_of(seconds: list[Second], position: str, *, rule: str) -> list[Bout]:
    """Return the bouts that decided seconds make; at least one second is needed."""
    session_ms = max(second.session for second in seconds)
    tracker = BoutTracker(session_ms, position, rule)
    ended = [bout for second in seconds for bout in tracker.feed(second)]
    return [*ended, *tracker.close()]
