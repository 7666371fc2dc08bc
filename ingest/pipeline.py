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

from ingest.bouts import BoutTracker
from ingest.calibration import POSE_S, Calibration
from ingest.decision import RULE, Decided, Decider, second_of
from ingest.event_kinds import EVENT_KINDS
from ingest.features import Measured
from ingest.intake import GRACE_S, Closed, Intake
from ingest.messages import AngleMessage, CalibrationMessage, PostureMessage
from ingest.orientation import Oriented
from ingest.output import Output
from ingest.posture import PARAMS, PostureParams, movement_odds
from ingest.records import DEFAULT_POSITION, Event, Record
from ingest.reference import Change, Reference
from ingest.transitions import TransitionTracker
from sensor.sample import Floats, ImuBatch

__all__ = ["EVENT_KINDS", "RULE", "Pipeline"]

RESUME_S: Final = 3600.0  # a checkpoint older than this resumes no bout and no state
CHECKPOINT_VERSION: Final = 1


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

    def calibrate(self, step: str, now_s: float) -> tuple[bool, str]:
        """Do a calibration step with the last seconds before `now_s`.

        Returns:
            Whether it was taken, and why not. The record of either comes with the next output.
        """
        self._close(self._intake.orient())
        result = self._reference.calibrate(step, now_s)
        if isinstance(result, str):
            self._event("calibration_refused", now_s, step=step, reason=result)
            return False, result
        if step == "upright":
            self._decider.standing(POSE_S)
        self._changed(result)
        return True, f"{step}: taken"

    def _told(self, closed: list[Closed]) -> Output:
        self._close(closed)
        calibration = self._reference.current
        changed = calibration is not self._announced
        self._announced = calibration
        newest, self._newest = self._newest, None
        return Output(
            records=self._taken(),
            posture=None if newest is None else self._posture(newest.t_s, newest.up),
            angle=self._angle(self._intake.newest),
            calibration=_calibration_message(calibration) if changed and calibration else None,
        )

    def _taken(self) -> tuple[Record, ...]:
        records, self._records = tuple(self._records), []
        return records

    def _close(self, closed: Sequence[Closed]) -> None:
        """Take closed seconds; what needs no judgement is reckoned for all of them at once."""
        if not closed:
            return
        travels = self._decider.travels([measured for _, measured in closed])
        for (t_s, measured), travel in zip(closed, travels, strict=True):
            if measured is not None:
                self._newest = measured
                walking = movement_odds(measured.acc_sd) > 0
                change = self._reference.feed(measured, walking=walking)
                if change is not None:
                    self._changed(change)
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
        self._note_transition(decided)
        if decided.travel.metres:
            at_s = float(second.t_s + 1)
            change = self._reference.lean(decided.travel, measured.acc_sd, at_s)
            if change is not None:
                self._changed(change)

    def _note_transition(self, decided: Decided) -> None:
        """Tell a change between sitting and being up."""
        seen = self._transitions.feed(decided)
        if seen is None:
            return
        self._event(
            "transition",
            seen.at_s,
            from_state=seen.before.value,
            to_state=seen.after.value,
            travel_m=seen.travel_m,
            duration_s=seen.duration_s,
            confidence=round(seen.confidence, 3),
        )

    def _changed(self, change: Change) -> None:
        new = change.calibration
        up, forward = new.frame.up, new.frame.forward
        self._event(
            "calibration",
            new.made_s,
            id=new.id,
            method=new.method,
            reason=change.reason,
            quality=new.quality,
            shift_deg=None if change.shift_deg is None else round(change.shift_deg, 2),
            mediolateral_known=new.frame.mediolateral_known,
            lean_back_deg=new.lean_back_deg,
            slump_deg=new.slump_deg,
            **{f"up_{axis}": round(v, 6) for axis, v in zip("xyz", up, strict=True)},
            **{f"forward_{axis}": round(v, 6) for axis, v in zip("xyz", forward, strict=True)},
        )
        slip = change.slip
        if slip is not None:
            self._event(
                "slip",
                new.made_s,
                kind=slip.kind,
                shift_deg=round(slip.shift_deg, 2),
                asked=slip.asked,
                before=slip.before,
                calibration=new.id,
            )

    def _event(self, name: str, at_s: float, /, **data: str | float | bool | None) -> None:
        event = Event(kind=name, t_ms=round(at_s * 1000), position=self._position, data=data)
        self._records.append(event)

    def _posture(self, t_s: int, up: tuple[float, float, float]) -> PostureMessage:
        """Return the live view of the newest second."""
        state, confidence = self._decider.newest()
        calibration = self._reference.current
        angles = None if calibration is None else calibration.frame.angles_deg(up)
        percent = None
        if calibration is not None and angles is not None:
            percent = calibration.range_percent(angles[0])
        bout = self._bouts.open
        return PostureMessage(
            t_ms=(t_s + 1) * 1000,
            session=self._session_ms,
            position=self._position,
            state=state,
            confidence=round(confidence, 3),
            sagittal_deg=None if angles is None else round(angles[0], 2),
            frontal_deg=None if angles is None else round(angles[1], 2),
            range_percent=None if percent is None else round(percent, 1),
            bout_state=None if bout is None else bout.state,
            bout_start_ms=None if bout is None else bout.start_s * 1000,
            calibration=None if calibration is None else calibration.id,
        )

    def _angle(self, newest: Oriented | None) -> AngleMessage | None:
        """Return the newest point of the live trace."""
        self._intake.newest = None
        calibration = self._reference.current
        if newest is None or calibration is None or not self._intake.live_trace:
            return None
        up = newest.newest_up
        sagittal, frontal = calibration.frame.angles_deg(up)
        return AngleMessage(
            t_ms=round(float(newest.t[-1]) * 1000),
            sagittal_deg=round(sagittal, 2),
            frontal_deg=round(frontal, 2),
            up=calibration.frame.components(up),
        )

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
        return made

    @classmethod
    def restored(cls, blob: bytes, *, session_ms: int, now_s: float) -> Pipeline:
        """Return a pipeline that goes on from a checkpoint; an old one gives only what lasts.

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
            live_trace=saved["live_trace"],
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


def _calibration_message(current: Calibration) -> CalibrationMessage:
    flexion: tuple[float, float] | None = None
    if current.lean_back_deg is not None and current.slump_deg is not None:
        flexion = (current.lean_back_deg, current.slump_deg)
    made_ms = round(current.made_s * 1000)
    return CalibrationMessage(
        t_ms=made_ms,
        id=current.id,
        made_ms=made_ms,
        method=current.method,
        quality=current.quality,
        mediolateral_known=current.frame.mediolateral_known,
        flexion_range_deg=flexion,
    )
