"""The dashboard in a real browser: opened, read, answered by keyboard, photographed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from browser import chromium

from sensor.recording import RecordingHeader, RecordingWriter
from sensor.virtual.day import SimulatedDay
from sensor.virtual.day_script import Step

ROOT = Path(__file__).parents[2]
SOON_NUDGED = """
[nudges]
nudge_min = 1
hint_min = 0
firm_min = 0
moment_s = 0
lifetime_min = 60
"""
KEYBOARD_THERE = "document.activeElement.className === 'xterm-helper-textarea'"


def artefacts() -> Path:
    """Return where a build machine picks up what tests produced; outside version control."""
    return Path(os.environ.get("LUMBAR_ARTEFACTS", ROOT / "build" / "artefacts"))


def seated(path: Path, *, minutes: float) -> Path:
    """Record a wearer who stands for a moment and then sits."""
    script = (Step("stand", 20.0), Step("sit", minutes * 60.0))
    day = SimulatedDay(script, seed=5, start_s=1_700_000_000.0)
    header = RecordingHeader(profile="simulated", serial=day.serial, rate_hz=50.0, has_gyro=True)
    with RecordingWriter(path, header) as writer:
        for event in day.batches():
            writer.write(event)
    return path


def test_a_nudge_is_answered_by_keyboard_in_a_browser(lumbar, tmp_path):
    (tmp_path / "lumbar.toml").write_text(SOON_NUDGED)
    recording = seated(tmp_path / "seated.lumbar", minutes=25)
    with chromium(tmp_path) as page:
        started = lumbar.run("up", "--no-dashboard", "--replay", str(recording), "--speed", "8")
        assert started.returncode == 0, started.stderr
        with lumbar.served() as (port, _process):
            page.call("Page.navigate", url=f"http://127.0.0.1:{port}/")
            page.wait_for("Sitting")
            page.wait_for("Time for a break")
            page.screenshot(artefacts() / "browser-nudge.png")
            page.wait_until(KEYBOARD_THERE)  # by itself: nobody should have to click first
            page.press("z")
            page.wait_for("Put off for 5 min.")
            page.screenshot(artefacts() / "browser-answered.png")
            answers = "SELECT data FROM event WHERE kind = 'snooze'"
            lumbar.wait_for(lambda: len(lumbar.rows(answers)) == 1)
            assert {urlsplit(url).netloc for url in page.asked} == {f"127.0.0.1:{port}"}
    assert json.loads(lumbar.rows(answers)[0][0])
