"""Judges a stretch of the past again, from its stored seconds alone, with what came later.

The live estimator decides within five seconds; whoever looks back knows where a spell led. The same
chain with the same parameters is run forwards and backwards over the stored measurements
(forward-backward algorithm), under the calibration that each second had or, before the first one,
under the one that followed. A wearer's correction is one more observation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import msgspec
import numpy as np

from ingest.measurement.bouts import BoutTracker
from ingest.measurement.decision import SILENCE_S
from ingest.measurement.doubt import STRANGE_S
from ingest.measurement.inclination import Vector, WearerFrame
from ingest.measurement.lean import REACH_S, lean_deg, lean_odds
from ingest.measurement.news import SecondOdds
from ingest.measurement.posture import (
    LIE,
    LOUD_S,
    MOVE,
    PARAMS,
    PRIOR,
    SIT,
    STATES,
    Observed,
    PostureParams,
    is_loud,
    transition,
)
from ingest.records import Bout, Event, PostureState, Second
from sensor.sample import Floats

HISTORY_RULE: Final = "r1h"
TOLD: Final = 1e-4  # how likely the wearer's own correction is wrong
PUT_DOWN_S: Final = 90  # after that long, live too, it is known that a strap lies somewhere
AS_STILL: Final = 1.5  # times the restlessness of what lies there; a hand or a body is above


@dataclass(frozen=True, slots=True)
class Correction:
    """What the wearer says they did in [from_s, to_s)."""

    from_s: int
    to_s: int
    state: PostureState


@dataclass(frozen=True, slots=True)
class Revised:
    """A stretch that is judged again, as a revision replaces it.

    Attributes:
        from_s, to_s: the stretch [from_s, to_s).
        seconds: every second that was handed in, with its new state.
        bouts: the bouts of the new states.
        changed_s: how many seconds got another state.
    """

    from_s: int
    to_s: int
    seconds: list[Second]
    bouts: list[Bout]
    changed_s: int


def frames_of(events: Sequence[Event]) -> dict[str, WearerFrame]:
    """Return the wearer's frame of every calibration that was recorded."""
    frames = {}
    for event in events:
        if event.kind != "calibration":
            continue
        data = event.data
        up, forward = (
            np.array([float(data[f"{name}_{axis}"] or 0.0) for axis in "xyz"])
            for name in ("up", "forward")
        )
        known = bool(data.get("mediolateral_known"))
        frames[str(data["id"])] = WearerFrame.of(up, forward if known else None)
    return frames


def revise(
    seconds: Sequence[Second],
    frames: Mapping[str, WearerFrame],
    *,
    corrections: Sequence[Correction] = (),
    params: PostureParams = PARAMS,
) -> Revised:
    """Return a stretch judged again.

    Args:
        seconds: at least one, in order, of one position.
        frames: of the calibrations that the seconds name, see `frames_of`.
        corrections: what the wearer said.

    Seconds off the body stay what they are: that was decided by stillness, not by posture. The
    seconds before, as still as those, were off the body too: live that is noticed late.
    """
    seen = _put_down(seconds)
    posterior = _posterior(seconds, _odds(seconds, frames, corrections, params), params)
    judged = [_judged(s, p, params) for s, p in zip(seen, posterior, strict=True)]
    changed = sum(a.state is not b.state for a, b in zip(seconds, judged, strict=True))
    return Revised(seconds[0].t_s, seconds[-1].t_s + 1, judged, bouts_of(judged), changed)


def _put_down(seconds: Sequence[Second]) -> list[Second]:
    """Return the seconds with those off the body that lay still since the strap was put down."""
    found = list(seconds)
    for i in range(len(found) - 1, 0, -1):
        off = found[i].state
        if off is not PostureState.OFF_BODY or found[i - 1].state is off:
            continue
        lying = [s.acc_sd_ms2 for s in found[i : i + PUT_DOWN_S] if s.state is off]
        for j in range(i - 1, max(-1, i - 1 - PUT_DOWN_S), -1):
            gap = found[j + 1].t_s - found[j].t_s > 1
            if gap or found[j].acc_sd_ms2 > AS_STILL * median(lying):
                break
            found[j] = msgspec.structs.replace(found[j], state=off)
    return found


def _odds(
    seconds: Sequence[Second],
    frames: Mapping[str, WearerFrame],
    corrections: Sequence[Correction],
    params: PostureParams,
) -> Floats:
    """Return the likelihoods (n, 4) of the seconds."""
    odds = SecondOdds(params)
    rows = np.ones((len(seconds), 4))
    moving = np.zeros(len(seconds))
    for i, seen in enumerate(_observed(seconds, frames, params)):
        if i and seconds[i].t_s - seconds[i - 1].t_s > 1:
            odds.reset()
        if seconds[i].state is PostureState.OFF_BODY:
            odds.doubt.reworn = True
        doubted = odds.doubt.doubted
        rows[i] = odds.likelihood(seen)
        if odds.doubt.doubted and not doubted:
            rows[max(0, i + 1 - STRANGE_S) : i, [SIT, LIE]] = 1.0
        moving[i] = odds.moving(seen)
    padded = np.concatenate((moving[:1], moving, moving[-1:]))
    middle = np.median(np.stack((padded[:-2], padded[1:-1], padded[2:])), axis=0)
    rows[:, MOVE] = np.exp(middle)
    for correction in corrections:
        t_s = np.array([s.t_s for s in seconds])
        told = (t_s >= correction.from_s) & (t_s < correction.to_s)
        others = [i for i, state in enumerate(STATES) if state is not correction.state]
        for i in others:
            rows[told, i] *= TOLD
    return rows


def _observed(
    seconds: Sequence[Second], frames: Mapping[str, WearerFrame], params: PostureParams
) -> list[Observed]:
    following: WearerFrame | None = None
    observed = []
    for second in reversed(seconds):
        following = frames.get(second.calibration or "", following)
        upright = None if following is None else following.up
        # without any reference live has only told lying, from how the strap lay before
        lying = second.log_odds[LIE] - second.log_odds[SIT]
        observed.append(Observed.of(second.up, second.acc_sd_ms2, upright, params, lying=lying))
    return observed[::-1]


def _posterior(seconds: Sequence[Second], likelihood: Floats, params: PostureParams) -> Floats:
    """Return the probabilities (n, 4) given everything before and after."""
    quiet, unseen = (np.array(transition(travel_m, params)) for travel_m in (0.0, None))
    matrices = [quiet] * len(seconds)
    likelihood = likelihood.copy()
    for i, second in enumerate(seconds):
        gap_s = second.t_s - seconds[i - 1].t_s - 1 if i else 0
        if gap_s > 0:
            matrices[i] = np.linalg.matrix_power(_stochastic(unseen), gap_s)
            if gap_s >= SILENCE_S:
                matrices[i] = np.tile(PRIOR, (4, 1))
        elif second.travel_m:
            lean = _lean_deg(seconds, i)
            if is_loud(second.travel_m, lean):
                loud = likelihood[i : i + LOUD_S, MOVE]
                np.minimum(loud, 1.0, out=loud)
            matrices[i] = np.array(transition(second.travel_m, params, lean_odds(lean)))
    forward = np.empty_like(likelihood)
    alpha = np.array(PRIOR)
    for i, matrix in enumerate(matrices):
        alpha = (alpha @ matrix) * likelihood[i]
        alpha = alpha / alpha.sum()
        forward[i] = alpha
    beta = np.ones(4)
    for i in range(len(seconds) - 1, -1, -1):
        forward[i] *= beta
        beta = matrices[i] @ (likelihood[i] * beta)
        beta = beta / beta.sum()
    return np.asarray(forward / forward.sum(axis=1, keepdims=True))


def _lean_deg(seconds: Sequence[Second], i: int) -> float | None:
    first, last = i - REACH_S, i + REACH_S
    whole = first >= 0 and last < len(seconds)
    if not whole or seconds[last].t_s - seconds[first].t_s != last - first:
        return None
    ups: list[Vector | None] = [second.up for second in seconds[first : last + 1]]
    return lean_deg(ups)


def _stochastic(matrix: Floats) -> Floats:
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))


def _judged(second: Second, posterior: Floats, params: PostureParams) -> Second:
    best = int(posterior.argmax())
    confidence = round(float(posterior[best]), 3)
    if second.state is PostureState.OFF_BODY:
        return msgspec.structs.replace(second, rule=HISTORY_RULE)
    state = STATES[best] if confidence >= params.known_from else PostureState.UNKNOWN
    return msgspec.structs.replace(
        second, state=state, confidence=min(1.0, confidence), rule=HISTORY_RULE
    )


def bouts_of(seconds: Sequence[Second]) -> list[Bout]:
    """Return the bouts of seconds that were judged again; at least one is needed."""
    bouts: list[Bout] = []
    tracker = BoutTracker(seconds[0].session, seconds[0].position, HISTORY_RULE)
    for second in seconds:
        bouts += tracker.feed(second)
    return bouts + tracker.close()
