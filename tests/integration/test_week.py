"""A week in a real terminal, key by key, on shortened, replayed days; it is kept as text."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest
from tmux import Tmux, tmux

from sensor.recording import RecordingHeader, RecordingWriter
from sensor.virtual.day import SimulatedDay
from sensor.virtual.day_script import Step

ROOT = Path(__file__).parents[2]
DAY_S = 86_400
SPEED = "20"
WORN_DAY = r"[A-Z][a-z]{2} \d\d [▄▆█]"
STILL = {"still": 1.0}
ROUND = (Step("stand", 60.0, STILL), Step("sit", 110.0, STILL), Step("walk", 80.0))
SOON = {
    "LUMBAR_NUDGES_NUDGE_MIN": "1",
    "LUMBAR_NUDGES_HINT_MIN": "0",
    "LUMBAR_NUDGES_FIRM_MIN": "0",
    "LUMBAR_NUDGES_MOMENT_S": "0",
    "LUMBAR_NUDGES_COOLDOWN_MIN": "1",
    "LUMBAR_NUDGES_BUDGET": "100",
    "LUMBAR_NUDGES_FULL_BREAK_MIN": "1",
    "LUMBAR_NUDGES_SHORT_BREAK_MIN": "0.5",
}


def recorded(path: Path, rounds: int, *, days_ago: int) -> Path:
    """Record a wearer who gets up again and again, some days ago."""
    start_s = time.time() - days_ago * DAY_S - 3600
    day = SimulatedDay(ROUND * rounds, seed=5, start_s=start_s)
    header = RecordingHeader(profile="simulated", serial=day.serial, rate_hz=50.0, has_gyro=True)
    with RecordingWriter(path, header) as writer:
        for event in day.batches():
            writer.write(event)
    return path


def keep(pages: list[str]) -> None:
    """Put the transcript where a build machine picks it up; outside version control."""
    folder = Path(os.environ.get("LUMBAR_ARTEFACTS", ROOT / "build" / "artefacts"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "week.txt").write_text(("\n" + "=" * 120 + "\n").join(pages))


@pytest.mark.timeout(300)  # a day goes by at its own speed
def test_a_week_of_replayed_days_from_the_first_run_to_the_report(lumbar, tmp_path):
    lumbar.environ |= SOON
    past = [recorded(tmp_path / f"day{ago}.lumbar", 2, days_ago=ago) for ago in (2, 1)]
    today = recorded(tmp_path / "today.lumbar", 20, days_ago=0)
    with tmux(lumbar._environ()) as seen:
        try:
            first_run(seen)
            earlier_days(seen, past)
            calibrate(seen, today)
            work_until_a_break(seen)
            practise(seen)
            look_back(seen, tmp_path / "week.html")
        finally:
            keep([*seen.transcript, seen.screen])
    kinds = [kind for (kind,) in lumbar.rows("SELECT kind FROM event ORDER BY t_ms")]
    assert "break" in kinds[kinds.index("nudge") :]
    assert {"calibration", "drill", "response"} <= set(kinds)
    (drill,) = lumbar.rows("SELECT data FROM event WHERE kind = 'drill'")
    assert json.loads(drill[0])["rating"] == "fine"
    assert "<svg" in (tmp_path / "week.html").read_text()


def first_run(seen: Tmux) -> None:
    seen.lumbar("setup", "--no-scan")
    seen.wait_for("Enter keeps")
    seen.press("Enter", "C-d")
    seen.wait_for("written:")
    seen.lumbar("pair", "--simulated")
    seen.wait_for("paired:")


def earlier_days(seen: Tmux, recordings: list[Path]) -> None:
    for recording in recordings:
        seen.type("clear")
        seen.lumbar("replay", str(recording), "--into", "me")
        seen.wait_for("records digest")
    seen.type("clear")


def calibrate(seen: Tmux, recording: Path) -> None:
    seen.lumbar("up", "--replay", str(recording), "--speed", SPEED)
    seen.wait_for("live, ")
    seen.press("5", "n")
    seen.wait_for("Stand upright")
    while "taken" not in seen.screen:
        seen.wait_for("still enough", "taken")
        seen.press("Space")
        seen.wait_for("taken", "try again", "Nobody answered")  # who moves is told so
    seen.press("Escape")
    seen.wait_for("Link")
    seen.press("1")


def work_until_a_break(seen: Tmux) -> None:
    seen.wait_for("Sitting")
    seen.wait_for("Time for a break")
    seen.wait_until(lambda screen: "Time for a break" not in screen, "the nudge to go")
    seen.wait_until(
        lambda screen: re.search(r"[1-9]\d* breaks? today", screen) is not None, "a break"
    )


def practise(seen: Tmux) -> None:
    seen.press("4", "Down", "Down", "Down", "Enter")
    seen.wait_for("Get ready")
    seen.press("n", "Space")
    seen.wait_for("aused")
    seen.press("Space", "n", "n", "n", "n", "n")
    seen.wait_for("How was it?")
    seen.press("1")
    seen.wait_for("Written into the journal")
    seen.wait_for("Wall pelvic tilt, ")


def look_back(seen: Tmux, report: Path) -> None:
    seen.press("2")
    seen.wait_for("longest sitting")
    seen.press("3", "w")
    seen.wait_until(lambda screen: len(re.findall(WORN_DAY, screen)) >= 3, "three days worn")
    seen.press("q")
    seen.wait_for("$ ")
    seen.type("clear")
    seen.lumbar("report", "--days", "7", "--output", str(report))
    seen.wait_for("week.html")
    seen.lumbar("up", "--stop")
    seen.wait_for("stopped measuring")
