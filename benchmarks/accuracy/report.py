"""Prints the figures beside the goals of docs/accuracy.md."""

from __future__ import annotations

from typing import Any

ROWS = (
    ("inclination live, RMSE °", "orientation.live_rmse_deg", "<=", 0.75),
    ("inclination history, RMSE °", "orientation.history_rmse_deg", "<=", 0.60),
    ("1 % of packets lost, RMSE °", "orientation.lossy_rmse_deg", "<=", 1.5),
    ("rate off by 1.3 %, RMSE °", "orientation.wrong_rate_rmse_deg", "<=", 0.85),
    ("any mounting, change °", "mounting.max_change_deg", "<", 0.01),
    ("walking F1, labelled sessions", "walking.waist_activities_f1", ">=", 0.995),
    ("walking F1, daily recording", "walking.lowerback_daily_f1", None, None),
    ("states, macro F1", "states.macro_f1", ">=", 0.965),
    ("states, worst person", "states.worst_macro_f1", ">=", 0.82),
    ("sit-minutes error", "states.sit_minutes_error", "<=", 0.06),
    ("accuracy of known", "states.known_accuracy", ">=", 0.97),
    ("unknown share", "states.unknown_share", "<=", 0.10),
    ("Brier score", "states.brier", None, None),
    ("without a pose: macro F1", "states_without_pose.macro_f1", None, None),
    ("without a pose: accuracy of known", "states_without_pose.known_accuracy", None, None),
    ("without a pose: unknown share", "states_without_pose.unknown_share", None, None),
    ("rises, waist: sensitivity", "rises.waist_activities.sensitivity", ">=", 0.90),
    ("rises, waist: PPV", "rises.waist_activities.ppv", ">=", 0.80),
    ("rises, waist: median |s|", "rises.waist_activities.median_abs_s", None, None),
    ("rises, pelvis: sensitivity", "rises.pelvis_seatplate.sensitivity", ">=", 0.95),
    ("rises, pelvis: PPV", "rises.pelvis_seatplate.ppv", ">=", 0.95),
    ("rises, pelvis: median |s|", "rises.pelvis_seatplate.median_abs_s", None, None),
    ("walk against standing, median °", "calibration.walk_to_standing_median_deg", None, None),
    ("standing again, median °", "calibration.standing_again_median_deg", None, None),
)


def table(figures: dict[str, Any]) -> str:
    """Return the table of goals with what was reached; rows without recordings are left out."""
    lines = [f"{'what':34} {'reached':>9} {'goal':>9}"]
    for title, path, relation, goal in ROWS:
        value = _at(figures, path)
        if value is None:
            continue
        wanted = "" if relation is None else f"{relation} {goal:g}"
        lines.append(f"{title:34} {value:9.4f} {wanted:>9} {_verdict(value, relation, goal)}")
    states = figures.get("states")
    return "\n".join(lines + (_people(states) if states else []))


def _verdict(value: float, relation: str | None, goal: float | None) -> str:
    if relation is None or goal is None:
        return ""
    reached = {"<=": value <= goal, ">=": value >= goal, "<": value < goal}[relation]
    return "reached" if reached else "MISSED"


def _people(states: dict[str, Any]) -> list[str]:
    people = sorted(states["macro_f1_by_person"].items(), key=lambda item: item[1])
    by_state = ", ".join(f"{k} {v:.3f}" for k, v in states["f1_by_state"].items())
    lowest = ", ".join(f"{name} {value:.3f}" for name, value in people[:5])
    middle = people[len(people) // 2][1]
    lines = [f"F1 by state: {by_state}"]
    lines.append(f"macro F1 by person: lowest {lowest}; median {middle:.3f}; n = {len(people)}")
    lines.append("confidence said -> right (share of ticks):")
    lines += [
        f"  {row['said']:.3f} -> {row['right']:.3f} ({row['share']:.3f})"
        for row in states["calibration_curve"]
    ]
    return lines


def _at(figures: dict[str, Any], path: str) -> float | None:
    value: Any = figures
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
