"""From batches to records: the pure core of this stage, without a clock and without I/O.

Samples are oriented as they come; everything after that happens once per closed second, so that any
split of the same samples into batches gives the same records. A second is closed by a sample after
its end or by `advance`, and decided when the fourth second after it is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from ingest.event_kinds import EVENT_KINDS
from ingest.measurement import events
from ingest.measurement.bouts import BoutTracker
from ingest.measurement.calibration import POSE_S, Calibration
from ingest.measurement.decision import RULE, Decided, Decider, second_of
from ingest.measurement.features import Measured
from ingest.measurement.intake import GRACE_S, Closed, Intake
from ingest.measurement.live import angle_message, calibration_message, posture_message
from ingest.measurement.posture import PARAMS, PostureParams, movement_odds
from ingest.measurement.reference import Change, Reference
from ingest.measurement.transitions import TransitionTracker
from ingest.messages import AngleMessage, PostureMessage
from ingest.output import Output
from ingest.records import DEFAULT_POSITION, Record
from sensor.sample import Floats, ImuBatch

__all__ = ["EVENT_KINDS", "RULE", "Pipeline"]

RESUME_S: Final = 3600.0  # a checkpoint older than this resumes no bout and no state
CHECKPOINT_VERSION: Final = 4
NOTHING: Final = Output()


class Pipeline:
    """Feeds on batches of one strap and says what they mean.

    Args:
        session_ms: the session of the clock, part of every record's identity.
        position: where the strap is worn.
        bias: (3,) gyroscope bias of the strap's last session in rad/s, or None.
        live_trace: whether every batch yields an angle; without it batches are merged, which is
            cheaper and gives the same records.
        params: what the posture estimator assumes of bodies.
        observer: is shown every decided second with its probabilities, for scoring.
    """

    def __init__(
        self,
        *,
        session_ms: int,
        position: str = DEFAULT_POSITION,
        bias: Floats | None = None,
        live_trace: bool = True,
        params: PostureParams = PARAMS,
        observer: Callable[[Decided], None] | None = None,
    ) -> None:
        self._observer = observer
        self._session_ms = session_ms
        self._position = position
        self._intake = Intake(bias=bias, live_trace=live_trace)
        self._reference = Reference(session_ms)
        self._params = params
        self._decider = Decider(params)
        self._bouts = BoutTracker(session_ms, position, RULE)
        self._transitions = TransitionTracker()
        self._records: list[Record] = []
        self._newest: Measured | None = None
        self._announced: Calibration | None = None

    @property
    def bias(self) -> Floats | None:
        """Gyroscope bias in rad/s to keep for the strap's next session, or None."""
        return self._intake.orientation.bias

    @property
    def calibration(self) -> Calibration | None:
        """The calibration in force."""
        return self._reference.current

    def feed(self, batch: ImuBatch) -> Output:
        """Take the next batch; samples that are not newer than what was fed are dropped."""
        return self._told(self._intake.feed(batch))

    def advance(self, now_s: float) -> Output:
        """Close and decide what can receive no more samples at `now_s`."""
        return self._told(self._intake.advance(now_s))

    def finish(self) -> Output:
        """Decide every second that has samples and end the open bout: the source has ended."""
        output = self._told(self._intake.finish())
        for decided in self._decider.flush():
            self._record(decided)
        self._records += self._bouts.close()
        return Output(
            records=(*output.records, *self._taken()),
            posture=output.posture,
            angle=output.angle,
            calibration=output.calibration,
        )

    def learn(self, params: PostureParams) -> None:
        """Assume of this body from now on what its wearer has taught."""
        self._params = params
        self._decider.learn(params)

    def calibrate(self, step: str, now_s: float) -> tuple[bool, str]:
        """Do a calibration step with the last seconds before `now_s`.

        Returns:
            Whether it was taken, and why not. The record of either comes with the next output.
        """
        closed = self._intake.orient()
        if closed:
            self._close(closed)
        result = self._reference.calibrate(step, now_s)
        if isinstance(result, str):
            self._records.append(events.refusal(step, result, now_s, self._position))
            return False, result
        if step == "upright":
            self._decider.standing(POSE_S)
        self._changed(result)
        return True, f"{step}: taken"

    def _told(self, closed: list[Closed]) -> Output:
        if closed:
            self._close(closed)
        calibration, angle = self._reference.current, self._angle()
        if not closed and not self._records and calibration is self._announced:
            return NOTHING if angle is None else Output(angle=angle)
        changed = calibration is not self._announced
        self._announced = calibration
        return Output(
            records=self._taken(),
            posture=self._posture(),
            angle=angle,
            calibration=calibration_message(calibration) if changed and calibration else None,
        )

    def _taken(self) -> tuple[Record, ...]:
        records, self._records = tuple(self._records), []
        return records

    def _posture(self) -> PostureMessage | None:
        """Return the live view of the newest second, if there is a new one."""
        newest, self._newest = self._newest, None
        if newest is None:
            return None
        return posture_message(
            newest,
            self._decider.newest(),
            self._reference.current,
            self._bouts.open,
            session_ms=self._session_ms,
            position=self._position,
        )

    def _angle(self) -> AngleMessage | None:
        """Return the newest point of the live trace."""
        newest, self._intake.newest = self._intake.newest, None
        calibration = self._reference.current
        if newest is None or calibration is None or not self._intake.live_trace:
            return None
        return angle_message(newest, calibration)

    def _close(self, closed: Sequence[Closed]) -> None:
        """Take closed seconds; what needs no judgement is reckoned for all of them at once."""
        travels = self._decider.travels([measured for _, measured in closed])
        for (t_s, measured), travel in zip(closed, travels, strict=True):
            if measured is not None:
                self._newest = measured
                walking = movement_odds(measured.acc_sd, PARAMS) > 0
                self._changed(self._reference.feed(measured, walking=walking))
            decided = self._decider.feed(t_s, measured, self._reference.current, travel)
            if decided is not None:
                self._record(decided)

    def _record(self, decided: Decided) -> None:
        measured = decided.waiting.measured
        if measured is None:
            return
        if self._observer is not None:
            self._observer(decided)
        second = second_of(decided, measured, session_ms=self._session_ms, position=self._position)
        self._records.append(second)
        self._records += self._bouts.feed(second)
        seen = self._transitions.feed(decided)
        if seen is not None:
            self._records.append(events.transition(seen, self._position))
        if decided.travel.metres:
            at_s = float(second.t_s + 1)
            self._changed(self._reference.lean(decided.travel, measured.acc_sd, at_s))

    def _changed(self, change: Change | None) -> None:
        if change is not None:
            self._records += events.changed(change, self._position)

    def checkpoint(self) -> bytes:
        """Return what `restored` needs to go on from here."""
        return msgspec.json.encode(
            {
                "v": CHECKPOINT_VERSION,
                "position": self._position,
                "live_trace": self._intake.live_trace,
                "transitions": self._transitions.checkpoint(),
                "intake": self._intake.checkpoint(),
                "reference": self._reference.checkpoint(),
                "decider": self._decider.checkpoint(),
                "bouts": self._bouts.checkpoint(),
            }
        )

    def fork(self) -> Pipeline:
        """Return a pipeline that goes on from the same samples and leaves this one alone."""
        open_s = self._intake.open_s
        now_s = 0.0 if open_s is None else float(open_s)
        made = Pipeline.restored(self.checkpoint(), session_ms=self._session_ms, now_s=now_s)
        made._intake.share(self._intake)
        made.learn(self._params)
        return made

    @classmethod
    def restored(
        cls, blob: bytes, *, session_ms: int, now_s: float, live_trace: bool | None = None
    ) -> Pipeline:
        """Return a pipeline that goes on from a checkpoint; an old one gives only what lasts.

        `live_trace` is of this run; None keeps to that of the checkpoint.

        Bias, calibration and what was learned of the accelerometer last; the state and the open
        bout are taken up within `RESUME_S`, and nothing that has a time of its own when the clock
        was set back meanwhile. Raises ValueError for another version's checkpoint.
        """
        saved: dict[str, Any] = msgspec.json.decode(blob)
        if saved.get("v") != CHECKPOINT_VERSION:
            raise ValueError("the checkpoint was written by another version of Lumbar")
        bias = saved["intake"]["orientation"]["bias"]
        made = cls(
            session_ms=session_ms,
            position=saved["position"],
            bias=None if bias is None else np.array(bias),
            live_trace=saved["live_trace"] if live_trace is None else live_trace,
        )
        made._reference.restore(saved["reference"])
        open_s = saved["intake"]["open_s"]
        if open_s is not None and open_s > now_s + GRACE_S:
            return made
        made._intake.restore(saved["intake"])
        made._decider.restore(saved["decider"], made._reference.current)
        if open_s is not None and now_s - open_s <= RESUME_S:
            made._bouts.restore(saved["bouts"])
            made._transitions.restore(saved["transitions"])
        return made
