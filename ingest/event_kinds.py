"""The kinds of events that the pipeline emits."""

from __future__ import annotations

from typing import Final

from ingest.records import EventKind

EVENT_KINDS: Final[dict[str, EventKind]] = {
    kind.name: kind
    for kind in (
        EventKind(
            name="transition",
            fields={
                "from_state": str,
                "to_state": str,
                "travel_m": float,
                "duration_s": float,
                "confidence": float,
            },
            required=frozenset({"from_state", "to_state"}),
        ),
        EventKind(
            name="calibration",
            fields={
                "id": str,
                "method": str,
                "reason": str,
                "quality": float,
                "shift_deg": float,
                "mediolateral_known": bool,
                "lean_back_deg": float,
                "slump_deg": float,
                "up_x": float,
                "up_y": float,
                "up_z": float,
                "forward_x": float,
                "forward_y": float,
                "forward_z": float,
            },
            required=frozenset({"id", "method", "reason"}),
        ),
        EventKind(
            name="slip",
            fields={
                "kind": str,
                "shift_deg": float,
                "asked": bool,
                "before": str,
                "calibration": str,
            },
            required=frozenset({"kind", "shift_deg", "before", "calibration"}),
        ),
        EventKind(
            name="labelled",  # what a correction teaches, see ingest.past.habits
            fields={"state": str, "tilt_deg": float, "from_s": int, "to_s": int},
            required=frozenset({"state", "tilt_deg", "from_s", "to_s"}),
        ),
        EventKind(
            name="calibration_refused",
            fields={"step": str, "reason": str},
            required=frozenset({"step", "reason"}),
        ),
    )
}
