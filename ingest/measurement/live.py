"""What screens see while it happens: the newest second, the live trace, the calibration."""

from __future__ import annotations

from ingest.measurement.bouts import OpenBout
from ingest.measurement.calibration import Calibration
from ingest.measurement.features import Measured
from ingest.measurement.inclination import angles_of
from ingest.measurement.orientation import Oriented
from ingest.messages import AngleMessage, CalibrationMessage, PostureMessage
from ingest.records import PostureState


def posture_message(
    newest: Measured,
    judged: tuple[PostureState, float],
    calibration: Calibration | None,
    bout: OpenBout | None,
    *,
    session_ms: int,
    position: str,
) -> PostureMessage:
    """Return the live view of the newest second; `judged` is its state and confidence."""
    state, confidence = judged
    angles = None if calibration is None else calibration.frame.angles_deg(newest.up)
    percent = None
    if calibration is not None and angles is not None:
        percent = calibration.range_percent(angles[0])
    return PostureMessage(
        t_ms=(newest.t_s + 1) * 1000,
        session=session_ms,
        position=position,
        state=state,
        confidence=round(confidence, 3),
        sagittal_deg=None if angles is None else round(angles[0], 2),
        frontal_deg=None if angles is None else round(angles[1], 2),
        range_percent=None if percent is None else round(percent, 1),
        bout_state=None if bout is None else bout.state,
        bout_start_ms=None if bout is None else bout.start_s * 1000,
        calibration=None if calibration is None else calibration.id,
    )


def angle_message(newest: Oriented, calibration: Calibration) -> AngleMessage:
    """Return the live trace at the newest sample."""
    up = calibration.frame.components(newest.newest_up)
    sagittal, frontal = angles_of(up)
    return AngleMessage(
        t_ms=round(newest.t.item(-1) * 1000),
        sagittal_deg=round(sagittal, 2),
        frontal_deg=round(frontal, 2),
        up=up,
    )


def calibration_message(current: Calibration) -> CalibrationMessage:
    """Return the calibration in force."""
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
