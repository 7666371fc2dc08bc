"""Which state the body is in: a hidden Markov chain over seconds, decided a few seconds late.

Movement and lying show in every second. Sitting against standing hardly does: the angle of a spell
is one piece of evidence, however long the spell lasts, so it is counted once per posture. What
moves the chain between the two is the change itself, seen as signed vertical travel.
"""

from __future__ import annotations

from collections import deque
from math import exp
from typing import Any, Final

import msgspec

from ingest.measurement.evidence import (
    LIE,
    MOVE,
    PARAMS,
    SIT,
    STAND,
    Four,
    Observed,
    PostureParams,
    movement_odds,
)
from ingest.measurement.inclination import Vector
from ingest.measurement.lean import LOUD_DEG, REACH_S, SPAN_S, lean_deg, lean_odds
from ingest.measurement.news import SecondOdds
from ingest.records import PostureState

__all__ = [
    "LIE",
    "MOVE",
    "PARAMS",
    "SIT",
    "STAND",
    "Four",
    "Observed",
    "PostureEstimator",
    "PostureParams",
    "movement_odds",
]

STATES: Final = (
    PostureState.SITTING,
    PostureState.STANDING,
    PostureState.MOVING,
    PostureState.LYING,
)
PRIOR: Final = (0.4, 0.35, 0.2, 0.05)  # of a worn strap that nobody has looked at
TOLD_STANDING: Final = (1e-3, 1.0, 1e-3, 1e-3)  # likelihoods under the wearer's word
ONES: Final[Four] = (1.0, 1.0, 1.0, 1.0)
LOUD_M: Final = 0.1  # travel of a change whose own restlessness is no walking
LOUD_S: Final = 2  # how long that lasts from the middle second on
LAG_S: Final = 4  # a second is decided when this many after it have been seen

Matrix = tuple[Four, Four, Four, Four]  # from each of STATES to each of STATES


def change_density(travel_m: float, params: PostureParams = PARAMS) -> float:
    """Return the density of a travel (+ in the change's direction) in a change's middle second."""
    short = max(0.0, params.travel_m - travel_m) / params.travel_sd_m
    return (1 - params.unseen) * exp(-0.5 * short * short) / 0.4 + params.unseen


def other_density(travel_m: float, per_s: float, scale_m: float, far: float) -> float:
    """Return the density of a travel in a second without a change.

    Args:
        per_s: how many movements a second has.
        scale_m: their typical size.
        far: density of movements of any size.
    """
    return per_s * (0.5 * exp(-abs(travel_m) / scale_m) / scale_m + far)


def transition(travel_m: float | None, params: PostureParams = PARAMS, lean: float = 1.0) -> Matrix:
    """Return how likely each change is in a second in which the body travelled so far.

    `lean` is how much likelier the trunk's lean makes a rise or a sit-down.

    Entries are likelihoods relative to staying in a still state, so rows do not add up to one: a
    rise also says that the wearer sat before. Rates are per second and rough; None stands for a
    travel that is not known yet.
    """
    rise = descent = turn = step = lie = 1.0
    if travel_m == 0:
        rise = descent = params.unseen
    elif travel_m is not None:
        far = params.far_per_m
        still = other_density(travel_m, params.fidgets_per_s, params.fidget_m, far)
        rise = lean * change_density(travel_m, params) / still
        descent = lean * change_density(-travel_m, params) / still
        beyond = max(0.0, abs(travel_m) - params.stairs_m) / params.stairs_sd_m
        stairs = max(far, params.stairs_per_m * exp(-0.5 * beyond * beyond))
        steps = other_density(travel_m, params.steps_per_s, params.step_m, stairs)
        # a first or a last stair travels like any other
        step = steps / still
        lie = other_density(travel_m, params.turns_per_s, params.turn_m, far) / still
        turn = 4 * exp(-0.5 * (travel_m / params.lie_down_m) ** 2) / still
    to_stand, to_move, to_lie = 4e-3 * rise, 1e-4 + 1e-3 * rise, 5e-4 * turn
    sit_down, stop_and_sit = 4e-3 * descent, 1e-4 + 1e-2 * descent
    start, stop = 6e-4 * step, 5e-2 * step
    get_up = 2e-3 * turn, 1e-4 * turn, 3e-4 * turn
    return (
        (_stays(to_stand, to_move, to_lie), to_stand, to_move, to_lie),
        (sit_down, _stays(sit_down, start, 1e-4 * turn), start, 1e-4 * turn),
        (stop_and_sit, stop, step * _stays(stop_and_sit, stop, to_lie), to_lie),
        (*get_up, lie * _stays(*get_up)),
    )


def _stays(*changes: float) -> float:
    """Return the probability of no change beside those of changes, which may be far too large."""
    return max(0.5, 1 - sum(min(change, 0.02) for change in changes))


def is_loud(travel_m: float, lean: float | None) -> bool:
    """Return whether a second's restlessness is that of a rise or a sit-down, and no walking."""
    return abs(travel_m) >= LOUD_M and lean is not None and lean > LOUD_DEG


class PostureEstimator:
    """Streams observed seconds; each is decided when `LAG_S` more have been seen.

    The travel of a second becomes known when it is decided; for the younger ones the chain reckons
    with any.

    Attributes:
        rose, sat: probability that the second that was decided last holds a rise or a sit-down.
    """

    def __init__(self, params: PostureParams = PARAMS) -> None:
        self.rose = self.sat = 0.0
        self._params = params
        self._quiet = transition(0.0, params)
        self._open = transition(None, params)
        self._alpha: Four = PRIOR
        self._pending: deque[Four] = deque()
        self._ups: deque[Vector | None] = deque(maxlen=REACH_S + 1 + LAG_S)
        self._moving: deque[float] = deque(maxlen=3)
        self._odds = SecondOdds(params)

    def __len__(self) -> int:
        return len(self._pending)

    def feed(self, seen: Observed | None) -> None:
        """Take the next second; None where there is no data."""
        moving, likelihood = 0.0, ONES
        self._ups.append(None if seen is None else seen.up)
        if seen is None:
            self._odds.reset()
        else:
            moving = self._odds.moving(seen)
            doubted = self._odds.doubt.doubted
            likelihood = self._odds.likelihood(seen)
            if self._odds.doubt.doubted and not doubted:
                self._take_back()
        self._moving.append(moving)
        if self._pending and len(self._moving) == 3:
            # a burst of a second or two is a change or a fidget, not a walk
            self._pending[-1] = _with_moving(self._pending[-1], sorted(self._moving)[1])
        self._pending.append(_with_moving(likelihood, moving))

    def _take_back(self) -> None:
        """Take back what the tilt has said of late: upright is not where it was believed to be."""
        self.forget()
        self._pending = deque((1.0, 1.0, move, 1.0) for _, _, move, _ in self._pending)

    def took_off(self) -> None:
        """Know no more how exactly the strap sits: it was off the body."""
        self._odds.doubt.reworn = True

    def learn(self, params: PostureParams) -> None:
        """Judge the tilt of seconds from now on by other parameters."""
        self._odds.learn(params)

    def standing(self, seconds: int) -> None:
        """Take the wearer's word that the last seconds were standing."""
        self._odds.doubt.reworn = False
        for i in range(max(0, len(self._pending) - seconds), len(self._pending)):
            self._pending[i] = _times(self._pending[i], TOLD_STANDING)

    def forget(self) -> None:
        """Know nothing of the state any more: nobody saw the wearer for a while."""
        self._alpha = PRIOR

    def decide(self, travel_m: float | None) -> Four:
        """Return the probabilities of the oldest undecided second, given all after it.

        `travel_m` is the travel of that second, or None where nobody could see it.
        """
        if travel_m is None:
            matrix = self._open
        else:
            matrix = self._quiet if travel_m == 0 else self._changing(travel_m)
        before, likelihood = self._alpha, self._pending.popleft()
        self._alpha = _onwards(before, matrix, likelihood)
        beta = self._later()
        self.rose = self.sat = 0.0
        if travel_m:
            self._tell_change(before, matrix, _times(likelihood, beta))
        return _normal(_times(self._alpha, beta))

    def _changing(self, travel_m: float) -> Matrix:
        """Return the matrix of a second with travel, and hear no walking in a loud change."""
        missing = REACH_S + 1 + LAG_S - len(self._ups)
        ups = [None] * missing + list(self._ups)
        lean = lean_deg(ups[:SPAN_S])
        if is_loud(travel_m, lean):
            for i in range(min(LOUD_S, len(self._pending))):
                sit, stand, move, lie = self._pending[i]
                self._pending[i] = sit, stand, min(1.0, move), lie
        return transition(travel_m, self._params, lean_odds(lean))

    def _later(self) -> Four:
        """Return how well each state goes with what was seen after the second being decided."""
        (aa, ab, ac, ad), (ba, bb, bc, bd), (ca, cb, cc, cd), (da, db, dc, dd) = self._open
        a = b = c = d = 1.0
        for sit, stand, move, lie in reversed(self._pending):
            w, x, y, z = a * sit, b * stand, c * move, d * lie
            a = aa * w + ab * x + ac * y + ad * z
            b = ba * w + bb * x + bc * y + bd * z
            c = ca * w + cb * x + cc * y + cd * z
            d = da * w + db * x + dc * y + dd * z
        return a, b, c, d

    def _tell_change(self, before: Four, matrix: Matrix, after: Four) -> None:
        """Take what each state before and after the second that is being decided speaks for."""
        joint = [_times(row, after) for row in matrix]
        total = sum(a * sum(row) for a, row in zip(before, joint, strict=True))
        self.rose = before[SIT] * (joint[SIT][STAND] + joint[SIT][MOVE]) / total
        self.sat = (before[STAND] * joint[STAND][SIT] + before[MOVE] * joint[MOVE][SIT]) / total

    def newest(self) -> Four:
        """Return the probabilities of the newest second, given all before it."""
        alpha = self._alpha
        for likelihood in self._pending:
            alpha = _onwards(alpha, self._open, likelihood)
        return alpha

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "alpha": self._alpha,
            "pending": list(self._pending),
            "moving": list(self._moving),
            "ups": list(self._ups),
            "odds": self._odds.checkpoint(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self._alpha = msgspec.convert(saved["alpha"], Four)
        self._pending = deque(msgspec.convert(saved["pending"], list[Four]))
        self._moving.extend(saved["moving"])
        self._ups.extend(None if up is None else tuple(up) for up in saved["ups"])
        self._odds.restore(saved["odds"])


# Sums over four states are written out: on so little NumPy takes ten times as long.


def _times(a: Four, b: Four) -> Four:
    return a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]


def _normal(a: Four) -> Four:
    total = a[0] + a[1] + a[2] + a[3]
    return a[0] / total, a[1] / total, a[2] / total, a[3] / total


def _onwards(alpha: Four, matrix: Matrix, likelihood: Four) -> Four:
    """Return the probabilities a second after `alpha`, in which something this likely was seen."""
    a, b, c, d = alpha
    p, q, r, s = matrix
    sit = (a * p[0] + b * q[0] + c * r[0] + d * s[0]) * likelihood[0]
    stand = (a * p[1] + b * q[1] + c * r[1] + d * s[1]) * likelihood[1]
    move = (a * p[2] + b * q[2] + c * r[2] + d * s[2]) * likelihood[2]
    lie = (a * p[3] + b * q[3] + c * r[3] + d * s[3]) * likelihood[3]
    total = sit + stand + move + lie
    return sit / total, stand / total, move / total, lie / total


def _with_moving(likelihood: Four, moving: float) -> Four:
    sit, stand, _, lie = likelihood
    return sit, stand, exp(moving), lie
