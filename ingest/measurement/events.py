"""The pipeline's events as records: a changed calibration, a slipped strap, a rise."""

from __future__ import annotations

from ingest.measurement.reference import Change
from ingest.measurement.transitions import Transition
from ingest.records import Event


def changed(change: Change, position: str) -> list[Event]:
    """Return the events of a change of the calibration: itself and, where it tells one, a slip."""
    new, slip = change.calibration, change.slip
    up, forward = new.frame.up, new.frame.forward
    calibration = _event(
        "calibration",
        new.made_s,
        position,
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
    if slip is None:
        return [calibration]
    slipped = _event(
        "slip",
        new.made_s,
        position,
        kind=slip.kind,
        shift_deg=round(slip.shift_deg, 2),
        asked=slip.asked,
        before=slip.before,
        calibration=new.id,
    )
    return [calibration, slipped]


def refusal(step: str, reason: str, at_s: float, position: str) -> Event:
    """Return the event of a calibration step that was not taken."""
    return _event("calibration_refused", at_s, position, step=step, reason=reason)


def transition(seen: Transition, position: str) -> Event:
    """Return the event of a change between sitting and being up."""
    return _event(
        "transition",
        seen.at_s,
        position,
        from_state=seen.before.value,
        to_state=seen.after.value,
        travel_m=seen.travel_m,
        duration_s=seen.duration_s,
        confidence=round(seen.confidence, 3),
    )


def _event(name: str, at_s: float, place: str, /, **data: str | float | bool | None) -> Event:
    return Event(kind=name, t_ms=round(at_s * 1000), position=place, data=data)
