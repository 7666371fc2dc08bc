"""From measured seconds to decided ones: travel, wear and posture, `posture.LAG_S` later."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from ingest.measurement.calibration import Calibration
from ingest.measurement.evidence import UNSEEN_LYING, angle_deg, lying_odds
from ingest.measurement.features import Measured
from ingest.measurement.posture import (
    LAG_S,
    PARAMS,
    SIT,
    STAND,
    STATES,
    Four,
    Observed,
    PostureEstimator,
    PostureParams,
)
from ingest.measurement.swing import MovingOdds
from ingest.measurement.travel import Travel, TravelMeter
from ingest.measurement.wear import WearDetector
from ingest.records import PostureState, Second

RULE: Final = "r1"
SILENCE_S: Final = 15  # long enough to get up or to sit down unseen
UPRIGHT_FROM: Final = 0.9  # probability of sitting or standing that shows roughly what is upright
NO_ODDS: Final = (0.0, 0.0, 0.0, 0.0)
WORN_CONFIDENCE: Final = 0.95  # of "off the body": no worn recording has ever been that still


class Waiting(msgspec.Struct, frozen=True):
    """A second on its way to a decision, under the calibration of its time."""

    t_s: int
    measured: Measured | None
    calibration: Calibration | None
    seen: Observed | None


class Decided(msgspec.Struct, frozen=True):
    """A second that is decided.

    Attributes:
        waiting: what was measured in it.
        travel: its vertical movement.
        posterior: probabilities of `posture.STATES`.
        state, confidence: as published.
        rose, sat: probability that it holds a rise from sitting, or a sit-down.
    """

    waiting: Waiting
    travel: Travel
    posterior: Four
    state: PostureState
    confidence: float
    rose: float = 0.0
    sat: float = 0.0


class Decider:
    """Streams closed seconds and returns each one decided, in order."""

    def __init__(self, params: PostureParams = PARAMS) -> None:
        self._params = params
        self._meter = TravelMeter()
        self._wear = WearDetector()
        self._estimator = PostureEstimator(params)
        self._waiting: deque[Waiting] = deque()
        self._silent_s = 0
        self._moving = MovingOdds()
        self._roughly_up: tuple[float, float, float] | None = None

    def learn(self, params: PostureParams) -> None:
        """Judge the tilt of seconds from now on by other parameters."""
        self._params = params
        self._estimator.learn(params)

    def travels(self, seconds: Sequence[Measured | None]) -> list[Travel]:
        """Return the vertical movements that the next seconds decide, one for each to feed."""
        return self._meter.feed(seconds)

    def feed(
        self,
        t_s: int,
        measured: Measured | None,
        calibration: Calibration | None,
        travel: Travel,
    ) -> Decided | None:
        """Take the next second and its entry of `travels`; return the one that is decided by it."""
        seen = None if measured is None else self._seen(measured, calibration)
        self._waiting.append(Waiting(t_s, measured, calibration, seen))
        self._wear.feed(None if measured is None else measured.up)
        self._estimator.feed(seen)
        return self._decide(travel) if len(self._waiting) > LAG_S else None

    def _seen(self, measured: Measured, calibration: Calibration | None) -> Observed:
        upright = None if calibration is None else calibration.frame.up
        lying = UNSEEN_LYING
        if upright is None and self._roughly_up is not None:
            lying = lying_odds(angle_deg(measured.up, self._roughly_up), self._params)
        moving = self._moving.of(measured, self._params)
        return Observed.of(
            measured.up, measured.acc_sd, upright, self._params, lying=lying, moving=moving
        )

    def flush(self) -> list[Decided]:
        """Decide everything that waits, as if nothing came after it, and forget the rest."""
        if not self._waiting:
            return []
        early = LAG_S - len(self._waiting)
        travels = self._meter.feed([None] * LAG_S)[early:]
        for _ in range(early):
            self._wear.feed(None)
        decided = []
        for travel in travels:
            self._wear.feed(None)
            decided.append(self._decide(travel))
        return decided

    def standing(self, seconds: int) -> None:
        """Take the wearer's word that the last seconds were standing."""
        self._estimator.standing(seconds)

    def _decide(self, travel: Travel) -> Decided:
        waiting = self._waiting.popleft()
        seen = waiting.measured is not None
        self._silent_s = 0 if seen else self._silent_s + 1
        if self._silent_s == SILENCE_S:
            self._forget()
        posterior = self._estimator.decide(travel.metres if seen else None)
        if waiting.calibration is None:
            self._look_upright(waiting.measured, posterior)
        off = self._wear.oldest()
        state, confidence = published(posterior, self._params)
        if off is None:
            state, confidence = PostureState.UNKNOWN, 0.5
        elif off:
            state, confidence = PostureState.OFF_BODY, WORN_CONFIDENCE
            self._forget()
            self._estimator.took_off()
        rose, sat = (
            (0.0, 0.0) if off or off is None else (self._estimator.rose, self._estimator.sat)
        )
        return Decided(waiting, travel, posterior, state, confidence, rose, sat)

    def _look_upright(self, measured: Measured | None, posterior: Four) -> None:
        """Keep how the strap lies when the wearer stands or, until that is seen, sits."""
        if measured is None or measured.acc_sd > self._params.settled_sd_ms2:
            return
        sitting = self._roughly_up is None and posterior[SIT] > UPRIGHT_FROM
        if sitting or posterior[STAND] > UPRIGHT_FROM:
            self._roughly_up = measured.up

    def _forget(self) -> None:
        """Know nothing any more: nobody saw the wearer for a while."""
        self._estimator.forget()
        self._roughly_up = None

    def newest(self) -> tuple[PostureState, float]:
        """Return the state of the newest second and its confidence, as far as is known now."""
        if self._wear.newest():
            return PostureState.UNKNOWN, 0.5
        return published(self._estimator.newest(), self._params)

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values; undecided seconds are told again from their records."""
        return {
            "meter": self._meter.checkpoint(),
            "wear": self._wear.checkpoint(),
            "estimator": self._estimator.checkpoint(),
            "waiting": [_plain(w) for w in self._waiting],
            "moving": self._moving.checkpoint(),
            "roughly_up": self._roughly_up,
        }

    def restore(self, saved: dict[str, Any], calibration: Calibration | None) -> None:
        """Take up a checkpoint; what waits is judged under `calibration`."""
        self._meter.restore(saved["meter"])
        self._wear.restore(saved["wear"])
        self._estimator.restore(saved["estimator"])
        self._moving.restore(saved["moving"])
        up = saved["roughly_up"]
        self._roughly_up = None if up is None else tuple(up)
        for t_s, plain in saved["waiting"]:
            measured = None if plain is None else _measured(plain)
            seen = None if measured is None else self._seen(measured, calibration)
            self._waiting.append(Waiting(t_s, measured, calibration, seen))


def published(posterior: Four, params: PostureParams) -> tuple[PostureState, float]:
    """Return the state to publish and its confidence: unknown where the posterior is undecided."""
    confidence = max(posterior)
    if confidence < params.known_from:
        return PostureState.UNKNOWN, confidence
    return STATES[posterior.index(confidence)], confidence


def second_of(decided: Decided, measured: Measured, *, session_ms: int, position: str) -> Second:
    """Return the record of a decided second."""
    calibration = decided.waiting.calibration
    angles = None if calibration is None else calibration.frame.angles_deg(measured.up)
    seen = decided.waiting.seen
    sit, stand, move, lie = NO_ODDS if seen is None else seen.odds
    top = max(sit, stand, move, lie)
    return Second(
        t_s=measured.t_s,
        session=session_ms,
        position=position,
        rule=RULE,
        calibration=None if calibration is None else calibration.id,
        state=decided.state,
        confidence=round(decided.confidence, 3),
        sagittal_deg=None if angles is None else round(angles[0], 2),
        frontal_deg=None if angles is None else round(angles[1], 2),
        up=measured.up,
        acc_sd_ms2=measured.acc_sd,
        gyro_rms_rads=measured.gyro_rms,
        travel_m=decided.travel.metres,
        log_odds=(
            round(sit - top, 3),
            round(stand - top, 3),
            round(move - top, 3),
            round(lie - top, 3),
        ),
        coverage=measured.coverage,
    )


def _plain(waiting: Waiting) -> list[Any]:
    measured = waiting.measured
    if measured is None:
        return [waiting.t_s, None]
    values = {name: getattr(measured, name) for name in Measured.__struct_fields__}
    values["vertical"], values["ups"] = measured.vertical.tolist(), measured.ups.tolist()
    return [waiting.t_s, msgspec.to_builtins(values)]


def _measured(plain: dict[str, Any]) -> Measured:
    values = {**plain, "up": tuple(plain["up"])}
    values["vertical"], values["ups"] = np.array(plain["vertical"]), np.array(plain["ups"])
    return Measured(**values)
