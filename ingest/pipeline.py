"""From batches to records: the pure core of this stage, without a clock and without I/O.

Samples are oriented as they come; everything after that happens once per closed second, so that any
split of the same samples into batches gives the same records. A second is closed by a sample after
its end or by `advance`, and decided while the fifth second from its start is closed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import acos, degrees, floor
from typing import Any, Final

import msgspec
import numpy as np

from ingest import calibration as cal
from ingest.bouts import BoutTracker
from ingest.calibration import Calibration
from ingest.features import Measured, measure
from ingest.inclination import WearerFrame, dot
from ingest.messages import AngleMessage, CalibrationMessage, PostureMessage
from ingest.orientation import START_S, Orientation, Oriented
from ingest.output import Output
from ingest.posture import PARAMS, STATES, Observed, PostureEstimator, log_odds
from ingest.records import DEFAULT_POSITION, Event, EventKind, PostureState, Record, Second
from ingest.travel import TravelMeter
from ingest.wear import WearDetector
from sensor.sample import Floats, ImuBatch

RULE: Final = "r1"
MIN_COVERAGE: Final = 0.5  # a second with less gives no record
GRACE_S: Final = 1.0  # a live second may still receive samples this long after its end
DECIDE_AFTER: Final = 2  # seconds after one, with their travel, before it is decided
LONG_GAP_S: Final = 60  # nothing is carried over a longer silence but the bias and the calibration
RESUME_S: Final = 3600.0  # a checkpoint older than this resumes no bout
WALK_REFERENCE_S: Final = 10  # seconds of walking that make a reference
CHUNK_SAMPLES: Final = 200  # without a live trace batches are merged up to this

EVENT_KINDS: Final[dict[str, EventKind]] = {
    kind.name: kind
    for kind in (
        EventKind(
            name="transition",
            fields={"from_state": str, "to_state": str, "travel_m": float, "confidence": float},
            required=frozenset({"from_state", "to_state"}),
        ),
        EventKind(
            name="calibration",
            fields={"id": str, "method": str, "quality": float, "step": str},
            required=frozenset({"id", "method"}),
        ),
        EventKind(
            name="calibration_refused",
            fields={"step": str, "reason": str},
            required=frozenset({"step", "reason"}),
        ),
    )
}


@dataclass(slots=True)
class _Waiting:
    """A closed second on its way to a decision."""

    t_s: int
    measured: Measured | None
    calibration: Calibration | None
    travel_m: float = 0.0


class Pipeline:
    """Feeds on batches of one strap and says what they mean.

    Args:
        session_ms: the session of the clock, part of every record's identity.
        position: where the strap is worn.
        bias: (3,) gyroscope bias of the strap's last session in rad/s, or None.
        live_trace: whether every batch yields an angle; without it batches are merged, which is
            cheaper and gives the same records.
    """

    def __init__(
        self,
        *,
        session_ms: int,
        position: str = DEFAULT_POSITION,
        bias: Floats | None = None,
        live_trace: bool = True,
    ) -> None:
        self._session_ms = session_ms
        self._position = position
        self._live_trace = live_trace
        self._orientation = Orientation(bias=bias)
        self._raw: list[ImuBatch] = []
        self._raw_samples = 0
        self._started = False
        self._pieces: list[Oriented] = []
        self._open_s: int | None = None
        self._recent: deque[Measured] = deque(maxlen=15)
        self._walking: deque[Measured] = deque(maxlen=WALK_REFERENCE_S)
        self._meter = TravelMeter()
        self._wear = WearDetector()
        self._estimator = PostureEstimator()
        self._to_travel: deque[_Waiting] = deque()
        self._to_decide: deque[_Waiting] = deque()
        self._bouts = BoutTracker(session_ms, position, RULE)
        self._calibration: Calibration | None = None
        self._calibration_changed = False
        self._last_state: PostureState | None = None
        self._records: list[Record] = []
        self._angle: AngleMessage | None = None
        self._posture: PostureMessage | None = None

    @property
    def bias(self) -> Floats | None:
        """Gyroscope bias in rad/s to keep for the strap's next session, or None."""
        return self._orientation.bias

    def feed(self, batch: ImuBatch) -> Output:
        """Take the next batch; samples older than what was closed are dropped."""
        self._raw.append(batch)
        self._raw_samples += len(batch)
        if not self._started:
            self._started = float(batch.t[-1] - self._raw[0].t[0]) >= START_S
        if self._started and (self._live_trace or self._raw_samples >= CHUNK_SAMPLES):
            self._orient()
        return self._output()

    def advance(self, now_s: float) -> Output:
        """Close and decide what can receive no more samples at `now_s`."""
        closed_s = floor(now_s - GRACE_S)
        if self._raw and self._raw[0].t[0] < closed_s:
            self._orient()
        if self._open_s is not None and closed_s > self._open_s:
            self._close_until(closed_s)
        return self._output()

    def finish(self) -> Output:
        """Decide every second that has samples and end the open bout: the source has ended."""
        self._orient()
        if self._open_s is not None:
            end_s = floor(self._pieces[-1].t[-1]) + 1 if self._pieces else self._open_s
            self._close_until(end_s)
            self._flush()
        self._records += self._bouts.close()
        return self._output()

    def calibrate(self, step: str, now_s: float) -> tuple[bool, str]:
        """Calibrate from the last seconds; return whether it was accepted and why not."""
        if step not in cal.STEPS:
            return False, f"Unknown step {step!r}; there are {', '.join(cal.STEPS)}."
        self.advance_partially(now_s)
        refusal = self._calibrate(step, now_s)
        if refusal is None:
            return True, f"{step}: taken"
        self._event("calibration_refused", now_s, {"step": step, "reason": refusal})
        return False, refusal

    def advance_partially(self, now_s: float) -> None:
        """Orient what is waiting, so that a calibration sees the newest samples."""
        if self._raw and self._raw[0].t[0] <= now_s:
            self._orient()

    def _calibrate(self, step: str, now_s: float) -> str | None:
        if step == "upright":
            pose = list(self._recent)[-cal.POSE_S :]
            refusal = cal.refuse_pose(pose)
            if refusal is None:
                old = self._calibration
                forward = None
                if old is not None and old.frame.mediolateral_known:
                    forward = np.array(old.frame.forward)
                frame = WearerFrame.of(cal.mean_up(pose), forward)
                self._set(cal.Calibration(self._new_id(now_s), now_s, "upright", 0.8, frame), step)
            return refusal
        if self._calibration is None:
            return "Stand upright first: there is no upright pose yet."
        if step == "bend":
            bend = cal.find_bend(list(self._recent)[-cal.BEND_S :], np.array(self._upright()))
            refusal = cal.refuse_bend(bend)
            if refusal is None:
                new = cal.with_bend(self._calibration, bend, new=self._new_id(now_s), at_s=now_s)
                self._set(new, step)
            return refusal
        return self._calibrate_range(step, now_s)

    def _calibrate_range(self, step: str, now_s: float) -> str | None:
        return "Not available yet."

    def _upright(self) -> tuple[float, float, float]:
        assert self._calibration is not None  # noqa: S101 - narrowed by the caller
        return self._calibration.frame.up

    def _new_id(self, at_s: float) -> str:
        return cal.new_id(self._session_ms, at_s)

    def _set(self, new: Calibration, step: str) -> None:
        self._calibration = new
        self._calibration_changed = True
        data: dict[str, str | float] = {
            "id": new.id,
            "method": new.method,
            "quality": new.quality,
            "step": step,
        }
        self._event("calibration", new.made_s, data)

    def _event(self, kind: str, at_s: float, data: Mapping[str, str | float]) -> None:
        event = Event(kind=kind, t_ms=round(at_s * 1000), position=self._position, data={**data})
        self._records.append(event)

    def _orient(self) -> None:
        """Run the filter over what has arrived and close the seconds that are complete."""
        if not self._raw:
            return
        batches, self._raw, self._raw_samples, self._started = self._raw, [], 0, True
        for oriented in self._orientation.feed(*_joined(batches)):
            self._pieces.append(oriented)
            if self._open_s is None:
                self._open_s = floor(oriented.t[0] + 1e-7)
            newest_s = floor(oriented.t[-1] + 1e-7)
            if newest_s > self._open_s:
                self._close_until(newest_s)
        if self._live_trace and self._pieces and self._calibration is not None:
            self._trace(self._pieces[-1])

    def _trace(self, piece: Oriented) -> None:
        frame = self._calibration.frame if self._calibration else None
        if frame is None:
            return
        up = (float(piece.up[-1, 0]), float(piece.up[-1, 1]), float(piece.up[-1, 2]))
        sagittal, frontal = frame.angles_deg(up)
        self._angle = AngleMessage(
            t_ms=round(float(piece.t[-1]) * 1000),
            sagittal_deg=round(sagittal, 2),
            frontal_deg=round(frontal, 2),
            up=frame.components(up),
        )

    def _close_until(self, end_s: int) -> None:
        """Close every second before `end_s`."""
        assert self._open_s is not None  # noqa: S101 - both callers have checked
        measured = {m.t_s: m for m in self._take(end_s)}
        while self._open_s < end_s:
            if not measured and end_s - self._open_s > LONG_GAP_S:
                self._flush()
                self._open_s = end_s
                return
            upcoming = min(measured) if measured else end_s
            if upcoming - self._open_s > LONG_GAP_S:
                self._flush()
                self._open_s = upcoming
            second = measured.pop(self._open_s, None)
            if second is not None and second.coverage < MIN_COVERAGE:
                second = None
            self._close(self._open_s, second)
            self._open_s += 1

    def _take(self, end_s: int) -> list[Measured]:
        """Measure the collected samples before `end_s`."""
        before, after = [], []
        for piece in self._pieces:
            cut = int(np.searchsorted(piece.t, end_s - 1e-7))
            if cut:
                before.append(_slice(piece, 0, cut))
            if cut < piece.t.shape[0]:
                after.append(_slice(piece, cut, piece.t.shape[0]))
        self._pieces = after
        return measure(before, self._orientation.period_s) if before else []

    def _close(self, t_s: int, measured: Measured | None) -> None:
        if measured is not None:
            self._recent.append(measured)
            self._learn_walking(measured)
        self._wear.feed(t_s, measured)
        self._to_travel.append(_Waiting(t_s, measured, self._calibration))
        travel = self._meter.feed(measured)
        if travel is not None:
            self._observe(travel)
        self._show()

    def _learn_walking(self, measured: Measured) -> None:
        """Take walking as upright while nothing better is known."""
        if log_odds(Observed(measured.acc_sd, 0.0, None, None)).argmax() != 2:
            self._walking.clear()
            return
        self._walking.append(measured)
        if self._calibration is None and len(self._walking) == WALK_REFERENCE_S:
            frame = WearerFrame.of(cal.mean_up(list(self._walking)), None)
            at_s = float(measured.t_s + 1)
            self._set(Calibration(self._new_id(at_s), at_s, "walking", 0.5, frame), "walking")

    def _observe(self, travel: float) -> None:
        """Hand the second whose travel has become known to the estimator."""
        waiting = self._to_travel.popleft()
        if waiting.calibration is None:
            waiting.calibration = self._calibration
        waiting.travel_m = travel
        self._to_decide.append(waiting)
        self._estimator.feed(self._observed(waiting))
        if len(self._to_decide) >= DECIDE_AFTER:
            self._decide()

    def _observed(self, waiting: _Waiting) -> Observed | None:
        measured = waiting.measured
        if measured is None:
            return None
        if waiting.calibration is None:
            return Observed(measured.acc_sd, waiting.travel_m, None, None)
        frame = waiting.calibration.frame
        sagittal, _ = frame.angles_deg(measured.up)
        tilt = degrees(acos(min(1.0, max(-1.0, dot(measured.up, frame.up)))))
        return Observed(measured.acc_sd, waiting.travel_m, sagittal, tilt)

    def _decide(self) -> None:
        waiting = self._to_decide.popleft()
        posterior = self._estimator.decide()
        measured = waiting.measured
        if measured is None:
            return
        state, confidence = _published(posterior)
        if self._wear.off_body(waiting.t_s):
            state, confidence = PostureState.OFF_BODY, 0.95
        second = self._second(waiting, measured, state, confidence)
        self._records.append(second)
        self._records += self._bouts.feed(second)
        self._last_state = state

    def _second(
        self, waiting: _Waiting, measured: Measured, state: PostureState, confidence: float
    ) -> Second:
        calibration = waiting.calibration
        angles = None if calibration is None else calibration.frame.angles_deg(measured.up)
        seen = self._observed(waiting)
        odds = np.zeros(4) if seen is None else log_odds(seen)
        odds = odds - odds.max()
        return Second(
            t_s=waiting.t_s,
            session=self._session_ms,
            position=self._position,
            rule=RULE,
            calibration=None if calibration is None else calibration.id,
            state=state,
            confidence=round(confidence, 3),
            sagittal_deg=None if angles is None else round(angles[0], 2),
            frontal_deg=None if angles is None else round(angles[1], 2),
            up=measured.up,
            acc_sd_ms2=measured.acc_sd,
            gyro_rms_rads=measured.gyro_rms,
            travel_m=waiting.travel_m,
            log_odds=(
                round(float(odds[0]), 3),
                round(float(odds[1]), 3),
                round(float(odds[2]), 3),
                round(float(odds[3]), 3),
            ),
            coverage=measured.coverage,
        )

    def _flush(self) -> None:
        """Decide everything that waits, as if nothing came after it."""
        while self._to_travel:
            travel = self._meter.feed(None)
            self._observe(travel or 0.0)
        while self._to_decide:
            self._decide()

    def _show(self) -> None:
        """Make the live view of the newest second."""
        if not self._recent:
            return
        newest = self._recent[-1]
        posterior = self._estimator.newest()
        state, confidence = _published(posterior)
        if self._wear.off_body(newest.t_s):
            state, confidence = PostureState.OFF_BODY, 0.95
        calibration = self._calibration
        angles = None if calibration is None else calibration.frame.angles_deg(newest.up)
        percent = None
        if calibration is not None and angles is not None:
            percent = calibration.range_percent(angles[0])
        bout = self._bouts.open
        self._posture = PostureMessage(
            t_ms=(newest.t_s + 1) * 1000,
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

    def _output(self) -> Output:
        records, posture, angle = tuple(self._records), self._posture, self._angle
        message = self._calibration_message() if self._calibration_changed else None
        self._records, self._posture, self._angle = [], None, None
        self._calibration_changed = False
        return Output(records=records, posture=posture, angle=angle, calibration=message)

    def _calibration_message(self) -> CalibrationMessage | None:
        current = self._calibration
        if current is None:
            return None
        flexion = None
        if current.lean_back_deg is not None and current.slump_deg is not None:
            flexion = (current.lean_back_deg, current.slump_deg)
        return CalibrationMessage(
            t_ms=round(current.made_s * 1000),
            id=current.id,
            made_ms=round(current.made_s * 1000),
            method=current.method,
            quality=current.quality,
            mediolateral_known=current.frame.mediolateral_known,
            flexion_range_deg=flexion,
        )

    def checkpoint(self) -> bytes:
        """Return what `restored` needs to go on from here."""
        calibration = None if self._calibration is None else asdict(self._calibration)
        return msgspec.json.encode(
            {
                "v": 1,
                "position": self._position,
                "live_trace": self._live_trace,
                "open_s": self._open_s,
                "orientation": self._orientation.checkpoint(),
                "calibration": calibration,
                "bouts": self._bouts.checkpoint(),
                "meter": self._meter.checkpoint(),
                "estimator": self._estimator.checkpoint(),
            }
        )

    @classmethod
    def restored(cls, blob: bytes, *, session_ms: int, now_s: float) -> Pipeline:
        """Return a pipeline that goes on from a checkpoint; an old one gives only what lasts."""
        saved: dict[str, Any] = msgspec.json.decode(blob)
        made = cls(
            session_ms=session_ms, position=saved["position"], live_trace=saved["live_trace"]
        )
        made._orientation = Orientation.restored(saved["orientation"])
        made._started = made._orientation.period_s > 0
        if saved["calibration"] is not None:
            frame = WearerFrame(**_tuples(saved["calibration"].pop("frame")))
            made._calibration = Calibration(**saved["calibration"], frame=frame)
        open_s = saved["open_s"]
        if open_s is not None and now_s - open_s <= RESUME_S:
            made._bouts.restore(saved["bouts"])
            made._meter.restore(saved["meter"])
        return made


def _published(posterior: Floats) -> tuple[PostureState, float]:
    best = int(posterior.argmax())
    confidence = float(posterior[best])
    if confidence < PARAMS.known_from:
        return PostureState.UNKNOWN, confidence
    return STATES[best], confidence


def _joined(batches: list[ImuBatch]) -> tuple[Floats, Floats, Floats | None]:
    """Return the samples of some batches in one piece; a batch that overlaps is cut."""
    if len(batches) == 1:
        return batches[0].t, batches[0].acc, batches[0].gyro
    gyros = [b.gyro for b in batches if b.gyro is not None]
    t = np.concatenate([b.t for b in batches])
    acc = np.concatenate([b.acc for b in batches])
    gyro = np.concatenate(gyros) if len(gyros) == len(batches) else None
    newer = t > np.concatenate(([-np.inf], np.maximum.accumulate(t)[:-1]))
    if newer.all():
        return t, acc, gyro
    return t[newer], acc[newer], None if gyro is None else gyro[newer]


def _slice(piece: Oriented, start: int, stop: int) -> Oriented:
    gyro = None if piece.gyro is None else piece.gyro[start:stop]
    return Oriented(piece.t[start:stop], piece.acc[start:stop], gyro, piece.up[start:stop])


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
