"""A session at the prompt, with everything real behind it: look, answer, look back, delete."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tui.exits import Exit


def test_a_session_at_the_prompt(lumbar, recording):
    assert lumbar.run("status").returncode == Exit.NOT_RUNNING
    started = lumbar.run("up", "--no-dashboard", "--replay", str(recording), "--speed", "4")
    assert started.returncode == Exit.OK, started.stderr
    try:
        lumbar.wait_for(lambda: lumbar.json("status")["state"] is not None)
        now = lumbar.json("status")
        assert now["running"]
        assert now["freshness"] in ("live", "uncalibrated", "off_body")
        assert json.loads(lumbar.run("status", "--waybar").stdout)["class"] != "off"
        assert lumbar.json("pause", "30m")["accepted"]
        assert lumbar.json("status")["paused_s"] > 0
        assert lumbar.json("pause", "--end")["accepted"]
        refused = lumbar.run("snooze")
        assert (refused.returncode, refused.stderr) == (
            Exit.REFUSED,
            "lumbar: there is no prompt to answer\n",
        )
        assert lumbar.run("mark", "left side").stdout == "saved\n"
        assert "is measuring" in lumbar.run("wipe", "--yes").stderr
        lumbar.wait_for(lambda: lumbar.rows("SELECT 1 FROM event WHERE kind = 'mark'"))
    finally:
        stopped = lumbar.run("up", "--stop")
    assert stopped.returncode == Exit.OK, stopped.stderr
    today = datetime.now(UTC).date().isoformat()
    day = lumbar.json("today", "--date", today)
    assert sum(day["seconds_by_state"].values()) == 86_400
    assert day["worn_s"] > 0
    assert [event["data"]["note"] for event in day["events"] if event["kind"] == "mark"] == [
        "left side"
    ]
    page = lumbar.run("report", "--days", "1", "--until", today, "--output", "-").stdout
    assert "left side" in page
    assert lumbar.json("wipe", "--yes")["deleted"]
    assert lumbar.run("today").returncode == Exit.UNAVAILABLE
