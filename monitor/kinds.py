"""The kinds of events that the monitor records; the recorder refuses what is not declared."""

from __future__ import annotations

from typing import Final

from ingest.records import EventKind

_FieldType = type[str] | type[int] | type[float] | type[bool]

_NUDGE_INPUTS: Final[dict[str, _FieldType]] = {
    "topic": str,
    "now_s": float,
    "record_s": float,
    "loaded": bool,
    "load_s": float,
    "break_s": float,
    "break_end_s": float,
    "hint_s": float,
    "nudge_s": float,
    "firm_s": float,
    "repeat_s": float,
    "rung_shown": str,
    "prompts_in_bout": int,
    "max_per_bout": int,
    "prompts_today": int,
    "budget": int,
    "last_prompt_s": float,
    "cooldown_s": float,
    "snoozed_until_s": float,
    "muted_until_s": float,
    "paused_until_s": float,
    "enabled": bool,
    "open": bool,
    "quiet": bool,
    "hold": str,
    "held": bool,
    "moment_until_s": float,
}


def _kind(name: str, required: dict[str, _FieldType], **optional: _FieldType) -> EventKind:
    return EventKind(name, {**required, **optional}, frozenset(required))


def _prompt(name: str) -> EventKind:
    """Return the kind of a prompt: the decision and everything it depended on."""
    required: dict[str, _FieldType] = {"nudge": str, "rung": str, "cause": str, **_NUDGE_INPUTS}
    return _kind(name, required, max_age_s=float, charge=float, reason=str, drill=str, shown_by=str)


_KINDS: Final = (
    _prompt("hint"),
    _prompt("nudge"),
    _kind(
        "response",
        {"nudge": str, "rung": str, "topic": str, "stood_up": bool, "now_s": float},
        after_s=float,
        answer=str,
    ),
    _kind(
        "break",
        {"start_s": float, "end_s": float, "up_s": float, "share": float, "before_s": float},
        after_s=float,
        nudge=str,
        now_s=float,
        half_s=float,
        full_s=float,
        cap_s=float,
    ),
    _kind("snooze", {"nudge": str, "until_s": float, "now_s": float}, count=int, screen=str),
    _kind("skip", {"until_s": float, "now_s": float}, nudge=str, screen=str),
    _kind("done", {"now_s": float}, nudge=str, screen=str),
    _kind("pause", {"until_s": float, "now_s": float}, screen=str),
    _kind("resume", {"now_s": float}, screen=str),
    _kind(
        "hold",
        {"source": str, "active": bool, "now_s": float},
        until_s=float,
        screen=str,
    ),
    _kind(
        "mark",
        {"from_s": float, "to_s": float, "now_s": float},
        note=str,
        state=str,
        load_s=float,
        sagittal_mean_deg=float,
        sagittal_min_deg=float,
        sagittal_max_deg=float,
        known_s=float,
        sitting_s=float,
        calibration=str,
        screen=str,
    ),
    _kind(
        "drill",
        {"drill": str, "now_s": float},
        start_s=float,
        duration_s=float,
        reps=int,
        reps_fast=int,
        hold_s=float,
        sets=int,
        rating=str,
        note=str,
        stopped=str,
        level=int,
        in_band=int,
        steadiness_deg=float,
        absolute_deg=float,
        constant_deg=float,
        variable_deg=float,
        rms_deg=float,
        lag_s=float,
        trials=int,
        screen=str,
    ),
    _kind(
        "slump",
        {"start_s": float, "end_s": float, "slumped_s": float, "now_s": float},
        enter_percent=float,
        leave_percent=float,
        charge=float,
    ),
    _kind(
        "reminder",
        {"nudge": str, "topic": str, "reason": str, "now_s": float},
        record_s=float,
        battery_percent=int,
    ),
    _kind(
        "experiment",
        {"experiment": str, "action": str, "now_s": float},
        setting=str,
        first=str,
        second=str,
        first_day=str,
        days=int,
        screen=str,
    ),
    _kind("check_in", {"answer": str, "now_s": float}, drill=str, day=str, screen=str),
)

EVENT_KINDS: Final[dict[str, EventKind]] = {kind.name: kind for kind in _KINDS}
